#pragma once

#include "platform/actor/type_ids.hpp"
#include "platform/base/bytes.hpp"

#include <caf/actor_addr.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/local_actor.hpp>

#include <atomic>
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace troupe::server {

/// One message that has come from a client: a view into the connection actor's buffer. Text is UTF-8.
/// Lifetime: until the route's decode function returns.
struct incoming {
  bool is_text = true;
  std::string_view bytes;
};

/// One message on its way to a client, encoded. Text must be UTF-8: the client ends the channel otherwise.
struct outgoing {
  bool is_text = true;
  base::shared_bytes bytes;
};

/// What all handles of one channel and its connection actor share. Thread: any.
class channel_link : public std::enable_shared_from_this<channel_link> {
 public:
  /// `bound`: bytes that may wait for the client, as `cost` counts them.
  channel_link(caf::actor_addr connection, std::uint32_t at, std::uint32_t use, std::size_t most) noexcept
      : place(at), generation(use), bound(static_cast<std::int64_t>(most)), connection_(std::move(connection)) {}

  /// Sends a message's bytes to the connection actor. False, with nothing sent, when the channel has ended, and when twice the bound waits
  /// already: the message then counts as lost. Never blocks.
  bool push(caf::local_actor& self, outgoing message);
  void end(caf::local_actor& self, std::uint16_t code, std::string reason);

  /// A message's share of the bound: its bytes and what surrounds them in a queue.
  [[nodiscard]] static std::int64_t cost(const base::shared_bytes& bytes) noexcept {
    return static_cast<std::int64_t>(bytes.size()) + 64;
  }

  const std::uint32_t place;      ///< of the connection actor's record
  const std::uint32_t generation; ///< of that place's use
  const std::int64_t bound;
  std::atomic<std::int64_t> waiting{0};  ///< bytes sent by handles and neither written nor dropped
  std::atomic<std::uint64_t> lost{0};    ///< messages that found no room, since the connection actor last looked
  std::atomic<bool> has_ended{false};

 private:
  caf::actor_addr connection_; // weak: a handle that is kept does not keep its connection actor
};

/// A service's end of one client's channel: sends typed messages to the client at any time, from any actor. A value; it may be
/// copied, kept and compared, and outlives its channel (then what is sent goes nowhere).
template <class Out>
class channel_handle {
 public:
  using encoder = outgoing (*)(const Out&);

  channel_handle() = default;
  channel_handle(std::shared_ptr<channel_link> link, encoder how) : link_(std::move(link)), encode_(how) {}

  /// Sends a message. False when it found no room or the channel has ended; whether it reaches the client is the route's overflow policy's to
  /// decide (see `channel_options`). Never blocks. `self`: the actor that calls. Cost: encoding and a mailbox.
  bool send(caf::local_actor* self, const Out& message) const { return link_ && link_->push(*self, encode_(message)); }

  /// The message as its bytes, to encode it once and send it to many channels of the route.
  [[nodiscard]] outgoing encode(const Out& message) const { return encode_(message); }
  bool send_encoded(caf::local_actor* self, outgoing encoded) const { return link_ && link_->push(*self, std::move(encoded)); }

  /// Closes the channel after what was sent before. `code`: 1000, 1001, 1003, 1007 to 1009, 1011 to 1014 or 3000 to 4999, another one becomes 1011;
  /// `reason`: at most 123 bytes of UTF-8, for people.
  void close(caf::local_actor* self, std::uint16_t code = 1000, std::string reason = {}) const {
    if (link_) link_->end(*self, code, std::move(reason));
  }

  /// Whether the client keeps up: fewer bytes wait for it than the route's queue holds. A publisher that can leave something out asks first.
  [[nodiscard]] bool has_credit() const noexcept {
    return link_ && !link_->has_ended.load(std::memory_order_relaxed) &&
           link_->waiting.load(std::memory_order_relaxed) < link_->bound;
  }

  /// Two handles are equal when they are of the same channel.
  friend bool operator==(const channel_handle& a, const channel_handle& b) noexcept { return a.link_ == b.link_; }
  friend auto operator<=>(const channel_handle& a, const channel_handle& b) noexcept { return a.link_ <=> b.link_; }

 private:
  std::shared_ptr<channel_link> link_;
  encoder encode_ = nullptr;
};

/// A client asks to open a channel: the reply accepts it, an error refuses it with the HTTP status of its code. Messages may be sent at once.
template <class Open, class Out>
struct channel_opened {
  channel_handle<Out> channel;
  Open request;
};

/// A client's message. The reply is the acknowledgement, without which no more than a few further messages are read; a reply
/// that is a message goes to the client, in the order of the replies. An error ends the channel.
template <class In, class Out>
struct channel_received {
  channel_handle<Out> channel;
  In message;
};

/// The channel has ended: the last message of it, exactly one for each `channel_opened` that was sent, even for one that the service refused or
/// never came to handle. `code`: the close code; 1005 when the client gave none, 1006 when the connection was lost.
template <class Out>
struct channel_closed {
  channel_handle<Out> channel;
  std::uint16_t code = 0;
  std::string reason;
};

/// A handle's message on its way to the connection actor.
struct channel_push {
  std::shared_ptr<channel_link> link;
  outgoing message;
};

/// A handle's close on its way to the connection actor.
struct channel_end {
  std::shared_ptr<channel_link> link;
  std::uint16_t code = 0;
  std::string reason;
};

} // namespace troupe::server

// The channel's messages stay in the process, whatever is in them: a service gives them ids and need say no more.
namespace caf {
template <class Open, class Out>
struct allowed_unsafe_message_type<troupe::server::channel_opened<Open, Out>> : std::true_type {};
template <class In, class Out>
struct allowed_unsafe_message_type<troupe::server::channel_received<In, Out>> : std::true_type {};
template <class Out>
struct allowed_unsafe_message_type<troupe::server::channel_closed<Out>> : std::true_type {};
} // namespace caf
