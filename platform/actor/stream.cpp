#include "platform/actor/stream.hpp"

#include <string>
#include <utility>

namespace troupe::actor {

open_streams::open_streams(metrics::registry& registry, std::string_view service, std::size_t replica, std::size_t most)
    : most_(most) {
  const std::string name(service);
  open_ = &registry.gauge("troupe_service_streams", "Streams that a service has opened and not ended.", {{"service", name}}, replica);
  const auto ended = [&](const char* how) {
    return &registry.counter("troupe_service_streams_ended_total", "Streams of a service by how they ended.",
                             {{"service", name}, {"how", how}}, replica);
  };
  completed_ = ended("completed");
  cancelled_ = ended("cancelled");
}

open_streams::~open_streams() { open_->add(-static_cast<std::int64_t>(sources_.size())); }

base::result<stream_opened> open_streams::open(source next) {
  if (sources_.size() >= most_)
    return base::fail(base::errc::unavailable, "the service streams as many answers as it may; try again later");
  sources_.emplace(++last_, std::move(next));
  open_->add(1);
  return stream_opened{last_};
}

base::result<stream_chunk> open_streams::next(const next_chunk& request) {
  const auto found = sources_.find(request.stream);
  if (found == sources_.end()) return base::fail(base::errc::not_found, "there is no such stream");
  auto chunk = found->second();
  if (chunk.is_last) {
    sources_.erase(found);
    open_->add(-1);
    completed_->add();
  }
  return chunk;
}

void open_streams::cancel(const cancel_stream& request) {
  if (sources_.erase(request.stream) == 0) return;
  open_->add(-1);
  cancelled_->add();
}

} // namespace troupe::actor
