#pragma once

#include "platform/actor/envelope.hpp"
#include "platform/server/channel.hpp"
#include "platform/server/exchange.hpp"
#include "platform/server/frame_queue.hpp"
#include "platform/server/slab.hpp"
#include "platform/websocket/frame_parser.hpp"

#include <caf/actor_control_block.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace troupe::server {

class channel_endpoint;

/// What a session has beyond `session` while it is a WebSocket. It outlives its session when the service has messages unanswered: its place is kept until
/// they are.
struct websocket_session {
  enum class phase : std::uint8_t {
    opening,   ///< the service was asked whether it accepts the channel
    open,
    finishing, ///< `code` is decided: what is unanswered or queued leaves first, nothing is read
    closing,   ///< our close frame has left; the client's is awaited
    over,      ///< both have been said: the session ends
  };

  /// A message that the service has not answered.
  struct unanswered_message {
    std::uint8_t number = 0;
    bool was_compressed = false;
    std::uint32_t due = 0; ///< tick
    std::size_t bytes = 0; ///< as the service has got it
  };

  std::uint32_t session = slab<int>::none;
  std::uint32_t generation = 0;
  phase state = phase::opening;
  bool awaits_pong = false;
  bool awaits_peer = false;      ///< finishing: the client's close frame is waited for after ours
  bool has_given_up = false;     ///< finishing: the service is late, so its answers are not waited for
  bool service_was_told = false; ///< of the end
  std::uint8_t last_number = 0;
  std::uint8_t deflate_bits = 0; ///< of the window with which messages to the client are compressed; 0: permessage-deflate was not agreed on
  std::uint16_t code = 0;        ///< to close with; 0: not decided
  std::string reason;

  const channel_endpoint* endpoint = nullptr;
  std::size_t route = 0;
  caf::strong_actor_ptr replica; ///< that all messages of this channel go to; null before the opening was sent
  actor::trace_context trace;
  std::shared_ptr<channel_link> link;
  std::string handshake_fields;  ///< of the answer that switches the protocol

  websocket::frame_parser parser{0};
  std::vector<char> held;        ///< bytes that wait for their turn, from `held_begin`
  std::size_t held_begin = 0;
  std::size_t counted_bytes = 0; ///< its share of the connection actor's bound

  std::vector<unanswered_message> unanswered; ///< oldest first
  std::size_t unanswered_bytes = 0;
  std::string control;           ///< pings and pongs to write, rendered
  frame_queue queue;
  std::size_t counted_queue = 0; ///< its share of the connection actor's bound of answers
  std::uint64_t gap = 0;         ///< messages dropped since the last that was written

  std::uint32_t last_received = 0; ///< tick
  std::uint32_t ping_due = 0;      ///< tick of the next ping, or of the end when `awaits_pong`
  std::uint32_t message_due = 0;   ///< tick at which an incomplete message has taken too long; 0: there is none
  std::uint32_t close_due = 0;     ///< tick, when closing

  [[nodiscard]] bool has_begun() const noexcept { return state != phase::opening; }
  /// The next message's number: one that no unanswered message has, of which there are fewer than numbers. Cost: a look at each of them.
  [[nodiscard]] std::uint8_t next_number() noexcept {
    const auto is_taken = [this](const unanswered_message& m) { return m.number == last_number; };
    do ++last_number;
    while (std::any_of(unanswered.begin(), unanswered.end(), is_taken));
    return last_number;
  }
  /// Whether the close frame is what comes next.
  [[nodiscard]] bool may_say_close() const noexcept {
    return state == phase::finishing && queue.empty() && (unanswered.empty() || has_given_up);
  }
  /// Whether something is still to be written, or to be answered by the service, before the session may end.
  [[nodiscard]] bool owes_client() const noexcept { return !queue.empty() || !control.empty() || !unanswered.empty(); }
  [[nodiscard]] bool has_waiting() const noexcept { return held_begin < held.size(); }
  [[nodiscard]] std::span<char> waiting() noexcept { return std::span(held).subspan(held_begin); }
};

/// The number of a message id under which a channel's message is answered.
[[nodiscard]] constexpr std::uint64_t channel_number(std::uint32_t place, std::uint8_t number) noexcept {
  return channel_numbers | std::uint64_t{number} << 32 | place;
}

} // namespace troupe::server
