#pragma once

#include "platform/actor/service.hpp"
#include "platform/actor/turn_actor.hpp"
#include "platform/http/gzip.hpp"
#include "platform/http/response_writer.hpp"
#include "platform/net/ring.hpp"
#include "platform/net/tls_source.hpp"
#include "platform/net/tls_stream.hpp"
#include "platform/policy/in_flight_limit.hpp"
#include "platform/server/call_batches.hpp"
#include "platform/server/exchange.hpp"
#include "platform/server/http_metrics.hpp"
#include "platform/server/intake.hpp"
#include "platform/server/limits.hpp"
#include "platform/server/messages.hpp"
#include "platform/server/output.hpp"
#include "platform/server/peer_counts.hpp"
#include "platform/server/proxies.hpp"
#include "platform/server/routes.hpp"
#include "platform/server/session.hpp"
#include "platform/server/slab.hpp"
#include "platform/server/stream.hpp"
#include "platform/server/timing_wheel.hpp"
#include "platform/server/tls_metrics.hpp"
#include "platform/server/websocket_metrics.hpp"
#include "platform/server/websocket_session.hpp"
#include "platform/websocket/message_deflater.hpp"
#include "platform/websocket/message_inflater.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace troupe::server {

/// What the connection actors and acceptors of one listener share. Immutable while they run, but for the credits and the counts of peers.
struct plane {
  std::string name; ///< label of its metrics: "public", "admin"
  server::limits limits;
  response_options responses;
  server::routes* routes = nullptr;
  metrics::registry* registry = nullptr;
  net::poller* poller = nullptr;
  server::proxies proxies;
  std::unique_ptr<peer_counts> peers;
  const net::tls_source* tls = nullptr; ///< sessions begin with its current context; null: plain
  std::vector<std::unique_ptr<net::ring>> rings; ///< by connection actor, which takes its own; none: a system call for each receive and send
  std::size_t least_batch = 1; ///< with fewer sessions ready at once, a system call for each all the same
  /// By connection actor: how many more sessions it takes. The acceptor takes a credit, the connection actor gives it back on close.
  std::vector<std::unique_ptr<policy::in_flight_limit>> credits;
};

/// Drives many sessions from one epoll instance: reads, parses, sends requests to services, writes their answers, in turns
/// (see `actor::turn_actor`). One request's way through it: accept -> read (reading.cpp) -> parse -> admit -> route -> decode -> call (dispatch.cpp) ->
/// encode -> write -> keep (writing.cpp).
class connection_actor final : public actor::turn_actor {
 public:
  connection_actor(caf::actor_config& config, std::shared_ptr<plane> plane, std::size_t number);
  ~connection_actor() override;

  const char* name() const override { return "troupe.connection"; }

 private:
  static constexpr std::uint32_t none = slab<int>::none;
  static constexpr std::chrono::milliseconds tick{50};
  static constexpr std::size_t kept_buffers = 64; // free intakes, and outputs, that keep their memory
  class dispatch_site;

  // connection.cpp: the actor's turns and the sessions' lives
  void on_message(caf::mailbox_element& element) override;
  verdict on_turn(std::size_t messages) override;
  void adopt(std::vector<accepted_socket>& sockets);
  void on_event(std::uint32_t index, std::uint32_t events);
  void on_deadline(std::uint32_t index);
  void resume_sessions();
  void begin_drain(std::chrono::milliseconds grace);
  void register_with_epoll(std::uint32_t index);
  void close_session(std::uint32_t index);
  void close_gently(std::uint32_t index);
  void drop_input(std::uint32_t index);
  void set_due(session& s, std::uint32_t index, std::chrono::milliseconds from_now);
  [[nodiscard]] std::uint32_t ticks(base::time_point at) const { return static_cast<std::uint32_t>((at - epoch_) / tick); }
  // Rounded up, so that nothing ends before its time.
  [[nodiscard]] std::uint32_t tick_in(std::chrono::milliseconds from_now) const { return ticks(now_ + from_now) + 1; }
  void publish_due();

  // reading.cpp: bytes to requests
  // Then plain sessions get small reads, and TLS sessions, whose small read may be of many records, wait. Those that have waited have as
  // much again.
  static constexpr std::size_t bytes_a_turn = 1024 * 1024;
  void read(std::uint32_t index);
  void read_next_turn(std::uint32_t index);
  [[nodiscard]] bool take_received(std::uint32_t index, std::span<char> buffer, ssize_t got);
  void drop_incomplete(session& s);
  void take(std::uint32_t index, std::string_view bytes);
  [[nodiscard]] bool take_body(std::uint32_t index, std::string_view& bytes);
  void take_requests(std::uint32_t index, std::string_view bytes);
  void begin_body(std::uint32_t index, std::string_view bytes);
  void keep_for_later(std::uint32_t index, std::string_view bytes, bool incomplete_head);
  void judge(std::uint32_t index, intake& in);
  void take_waiting(std::uint32_t index);
  void refuse(std::uint32_t index, http::refusal why, std::string_view head);
  [[nodiscard]] intake* borrow_intake(session& s);
  void return_intake(session& s);
  void recycle(std::uint32_t intake_index);
  void count_held(intake& in) noexcept;
  [[nodiscard]] bool may_take(const session& s) const noexcept;
  [[nodiscard]] bool may_read(const session& s) const noexcept;
  void begin_body_time(std::uint32_t index);
  void time_request(std::uint32_t index);
  [[nodiscard]] std::uint32_t body_due(const intake& in) const;

  // client.cpp: whom a request comes from
  [[nodiscard]] bool take_proxy_header(std::uint32_t index);
  [[nodiscard]] base::ip_address client_of(std::uint32_t exchange_index);

  // dispatch.cpp: requests to services and back
  void dispatch(std::uint32_t index, http::request& request);
  [[nodiscard]] std::optional<http::response> handle(std::uint32_t exchange_index, http::request& request);
  [[nodiscard]] std::uint32_t open_exchange(std::uint32_t index, const http::request& request);
  void complete(std::uint32_t exchange_index, http::response&& response);
  [[nodiscard]] http::response failed(std::uint32_t exchange_index, std::string_view event, const std::exception& why);
  void on_reply(const caf::mailbox_element& element);
  void answer_bounced();
  void on_answer(std::uint64_t number, const caf::message& answer, const caf::strong_actor_ptr& replica);
  void expire_exchanges(std::uint32_t index);
  void release_exchange(std::uint32_t exchange_index);
  [[nodiscard]] actor::trace_context new_trace() noexcept;

  // streaming.cpp: answers whose body comes from a service
  void begin_stream(std::uint32_t exchange_index, const caf::message& answer, const caf::strong_actor_ptr& replica, actor::service_slot& slot,
                    http::response& response);
  void forget_stream(const exchange& x, const caf::message& answer, const caf::strong_actor_ptr& replica);
  void on_chunk(std::uint32_t exchange_index, const caf::message& payload);
  void pull(std::uint32_t exchange_index);
  [[nodiscard]] bool render_stream(std::uint32_t exchange_index);
  void end_stream(exchange& x);
  void cut_stream(std::uint32_t index);
  [[nodiscard]] bool can_render(const exchange& x) noexcept;

  // writing.cpp: answers to bytes
  void mark_dirty(std::uint32_t index);
  void flush_dirty();
  void flush(std::uint32_t index);
  [[nodiscard]] bool render_answers(std::uint32_t index);
  void render(session& s);
  [[nodiscard]] bool owes_continue(const session& s) const noexcept;
  void render_continue(std::uint32_t index);
  void after_write(std::uint32_t index, output::progress progress);
  void keep_output(std::uint32_t index);
  void return_output(session& s);
  void write_unfinished();
  void settle(std::uint32_t index);

  // batches.cpp: the bytes of many sessions in one system call
  [[nodiscard]] bool joins_batch(const session& s) const noexcept;
  void receive_batches();
  void flush_batches();
  void register_unless_busy(std::uint32_t index, std::uint32_t generation);
  void give_up_ring();

  // handshake.cpp: what a session on a TLS listener does otherwise
  void begin_tls(std::uint32_t index);
  void queue_handshake(std::uint32_t index);
  void shake_hands();
  void step_handshake(std::uint32_t index);
  [[nodiscard]] ssize_t receive_tls(session& s, std::span<char> buffer);
  [[nodiscard]] output::progress transmit_tls(session& s, output& o);
  [[nodiscard]] output::progress transmit(session& s, output& o) { return s.tls == none ? o.write_to(s.fd) : transmit_tls(s, o); }
  void end_tls(session& s, bool in_order);

  // websocket_session.cpp: a WebSocket's life
  [[nodiscard]] std::shared_ptr<channel_link> begin_websocket(std::uint32_t exchange_index, const channel_endpoint& endpoint,
                                                             websocket::handshake::verdict&& agreed);
  void open_websocket(std::uint32_t index);
  void finish_websocket(websocket_session& w, std::uint16_t code, std::string_view reason, bool awaits_peer);
  void leave_websocket(session& s);
  void count_waiting(websocket_session& w) noexcept;
  void tell_service_of_end(websocket_session& w, std::uint16_t code, std::string_view reason);
  void on_websocket_deadline(std::uint32_t index);
  void on_ping_due(std::uint32_t index);
  void watch_replica(const caf::strong_actor_ptr& replica);
  void on_replica_down(const caf::actor_addr& replica);
  [[nodiscard]] actor::envelope channel_envelope(const websocket_session& w);
  [[nodiscard]] websocket_session* find_websocket(const channel_link& link);

  // websocket_reading.cpp: bytes to a service's messages
  void take_frames(std::uint32_t index, std::span<char> bytes);
  void take_held(std::uint32_t index);
  void parse_frames(std::uint32_t index, std::span<char>& bytes);
  void after_frames(std::uint32_t index);
  void deliver(std::uint32_t index, websocket_session& w);
  [[nodiscard]] bool inflate(websocket_session& w);
  void on_close_frame(websocket_session& w);
  void resume_later(std::uint32_t index);
  [[nodiscard]] bool may_take_frames(const websocket_session& w) const noexcept;
  [[nodiscard]] bool may_inflate() const noexcept;

  // websocket_writing.cpp: a service's messages to frames
  void on_channel_reply(std::uint64_t number, const caf::message& reply);
  void on_push(const channel_push& push);
  void on_channel_end(const channel_end& end);
  void make_room(const channel_link& link, std::int64_t bytes);
  void count_queue(websocket_session& w);
  void render_frames(session& s);
  void write_message(const websocket_session& w, const outgoing& message);
  [[nodiscard]] std::string_view deflated(const base::shared_bytes& message, int window_bits);
  void settle_websocket(std::uint32_t index);

  std::shared_ptr<plane> plane_;
  std::size_t number_;
  const limits& limits_;
  int epoll_fd_ = -1;
  base::time_point epoch_; // tick 0
  base::time_point now_;   // read before the messages and before the events of a turn
  bool clock_is_fresh_ = false;

  slab<session> sessions_;
  slab<exchange> exchanges_;
  std::unordered_map<std::uint32_t, base::ip_address> clients_; // by session: those that a PROXY header has named
  slab<stream, 64> streams_;
  slab<net::tls_stream> tls_streams_;
  std::deque<std::pair<std::uint32_t, std::uint32_t>> handshakes_; // session and its generation, in the order of their turns
  std::string record_; // what a record is put together in
  std::vector<std::unique_ptr<intake>> intakes_;
  std::vector<std::uint32_t> free_intakes_;
  std::vector<std::uint32_t> intake_places_; // in `intakes_`, without one
  std::vector<std::unique_ptr<output>> outputs_;
  std::vector<std::uint32_t> free_outputs_;
  slab<websocket_session, 64> websockets_;
  std::vector<caf::actor_addr> watched_replicas_; ///< of services that channels belong to
  std::size_t held_bytes_ = 0;   // in intakes and incomplete messages
  std::size_t answer_bytes_ = 0; // in exchanges, queues of channels and blocked outputs
  std::size_t inflated_bytes_ = 0; // of messages that services have not answered
  timing_wheel wheel_{0};

  std::size_t received_in_turn_ = 0;
  std::size_t inflated_in_turn_ = 0;
  std::size_t deflated_in_turn_ = 0;
  std::vector<char> scratch_; // what a read brings; sessions keep none
  http::request_parser parser_;
  output out_;
  http::date_field date_;
  std::string_view date_line_; // in `date_`, of this turn
  http::gzip_encoder gzip_;
  websocket::message_inflater inflater_; // for all sessions: none keeps anything between its messages
  websocket::message_deflater deflater_;
  base::shared_bytes deflated_message_; // that was compressed last, at most 256 KiB
  int deflated_bits_ = 0;
  std::string_view deflated_;           // its outcome, in `deflater_`
  std::vector<std::uint32_t> dirty_;
  std::vector<std::uint32_t> resumable_;
  std::vector<std::uint32_t> resuming_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> unfinished_; // session and generation: files of which the socket may take more

  std::unique_ptr<net::ring> ring_; // null: a system call for each receive and send
  std::vector<std::pair<std::uint32_t, std::uint32_t>> to_receive_; // session and generation: readable in this turn
  std::vector<std::pair<std::uint32_t, std::uint32_t>> batched_;    // in the order of the ring's operations

  actor::service_cache services_;
  call_batches calls_{*this};
  struct bounced_batch {
    std::uint32_t number;
    caf::message answer;
    caf::strong_actor_ptr replica;
  };
  std::vector<bounced_batch> bounced_; // among this turn's messages
  http_metrics metrics_;
  std::optional<tls_metrics> tls_metrics_; // on a TLS listener
  websocket_metrics websocket_metrics_;
  std::uint64_t trace_high_;
  std::uint64_t trace_count_;
  bool draining_ = false;
  base::time_point drain_end_;
};

} // namespace troupe::server
