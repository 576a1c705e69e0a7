#pragma once

#include "platform/actor/type_ids.hpp"
#include "platform/base/bytes.hpp"
#include "platform/base/result.hpp"
#include "platform/metrics/registry.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <unordered_map>

namespace troupe::actor {

/// The streams that one replica has opened and not ended: what a service that streams keeps in its state. Its contract has, beside the
/// request that opens a stream and is answered `stream_opened`, these two signatures, which go to `next` and `cancel`:
///
///     caf::result<actor::stream_chunk>(actor::envelope, actor::next_chunk),
///     caf::result<void>(actor::cancel_stream)
///
/// Whoever has opened a stream asks for its chunks one by one, and either takes the last one or cancels; so a stream never stays behind.
/// Thread: its owner.
class open_streams {
 public:
  /// Makes the next chunk, of at most `stream_chunk::most_bytes` and, but for the last, at least one byte. It owns what the stream needs.
  using source = std::function<stream_chunk()>;

  /// `most`: streams at once.
  open_streams(metrics::registry& registry, std::string_view service, std::size_t replica, std::size_t most);
  ~open_streams();
  open_streams(const open_streams&) = delete;
  open_streams& operator=(const open_streams&) = delete;

  /// Errors: unavailable when as many streams are open as may be.
  [[nodiscard]] base::result<stream_opened> open(source next);
  /// The next chunk; with the last one the stream is forgotten. Errors: not_found when there is no such stream.
  [[nodiscard]] base::result<stream_chunk> next(const next_chunk& request);
  /// Forgets the stream, if it is there.
  void cancel(const cancel_stream& request);

  [[nodiscard]] std::size_t size() const noexcept { return sources_.size(); }

 private:
  std::unordered_map<std::uint64_t, source> sources_;
  std::uint64_t last_ = 0;
  std::size_t most_;
  metrics::gauge* open_;
  metrics::counter* completed_;
  metrics::counter* cancelled_;
};

} // namespace troupe::actor
