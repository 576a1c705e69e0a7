// connection_actor: bytes to requests.

#include "platform/http/incomplete_head.hpp"
#include "platform/server/connection.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <utility>

namespace troupe::server {

namespace {

// A session's share of a turn. Once all together have had theirs, each still there gets a small read, so that many that send a lot
// do not make those wait that send a little.
constexpr int reads_a_turn = 4;
constexpr std::size_t small_read = 4096;
constexpr std::string_view head_end = "\r\n\r\n";

} // namespace

// Back-pressure: a session with its depth of requests in flight or with one that stands alone, or whose output is blocked, has no more taken from it;
// and it is not read while it has bytes that wait to be taken, so that the client's window fills.
bool connection_actor::may_take(const session& s) const noexcept {
  return s.in_flight < limits_.pipeline_depth && !s.is(session::blocked) &&
         (s.last_exchange == none || !exchanges_[s.last_exchange].is_alone) &&
         (s.websocket == none || may_take_frames(websockets_[s.websocket]));
}

bool connection_actor::may_read(const session& s) const noexcept {
  const bool has_waiting =
      s.websocket == none ? s.intake != none && !s.is(session::gathering) : s.intake != none || websockets_[s.websocket].has_waiting();
  return !has_waiting && may_take(s);
}

void connection_actor::read(std::uint32_t index) {
  auto& s = sessions_[index];
  if (s.is(session::lingering)) return drop_input(index);
  if (s.is(session::expects_proxy_header) && !take_proxy_header(index)) return;
  if (plane_->tls && s.tls == none) return begin_tls(index); // what follows a PROXY header
  if (s.tls != none && !tls_streams_[s.tls].is_open()) return queue_handshake(index);
  const bool is_late = received_in_turn_ >= bytes_a_turn;
  const std::span<char> buffer(scratch_.data(), is_late ? small_read : scratch_.size());
  const int reads = !is_late ? reads_a_turn : s.tls == none ? 1 : 0;
  for (int round = 0;; ++round) {
    // Asked before a further turn is: a session that may not be read is called when it may be again (`settle`).
    if (!may_read(s) || s.is(session::no_more_requests)) return s.set(session::readable);
    if (round == reads) return read_next_turn(index);
    const auto got = s.tls == none ? ::recv(s.fd, buffer.data(), buffer.size(), 0) : receive_tls(s, buffer);
    if (!take_received(index, buffer, got < 0 ? -errno : got)) return;
  }
}

void connection_actor::read_next_turn(std::uint32_t index) {
  sessions_[index].set(session::readable);
  resume_later(index);
}

// What one receive into `buffer` has brought: bytes, 0 at their end, or a negative error number. True when there may be more to read now.
bool connection_actor::take_received(std::uint32_t index, std::span<char> buffer, ssize_t got) {
  auto& s = sessions_[index];
  if (got > 0) {
    const auto generation = s.generation;
    const auto bytes = buffer.first(static_cast<std::size_t>(got));
    received_in_turn_ += bytes.size();
    // A short read: the next bytes bring a new edge (source: epoll(7)), unless the end has been announced already or TLS holds some.
    const bool is_short =
        bytes.size() < buffer.size() && !s.is(session::peer_finishes) && (s.tls == none || tls_streams_[s.tls].is_drained());
    if (is_short) s.clear(session::readable); // before they are looked at: a refusal sets it again
    if (s.websocket == none) {
      take(index, {bytes.data(), bytes.size()});
    } else {
      take_frames(index, bytes);
    }
    return !is_short && s.fd >= 0 && s.generation == generation && !s.is(session::lingering);
  }
  if (got == -EINTR) return true;
  s.clear(session::readable);
  if (got < 0) {
    if (got != -EAGAIN) close_session(index);
    return false;
  }
  s.set(session::peer_finished);
  drop_incomplete(s);
  const bool owes_frames = s.websocket != none && websockets_[s.websocket].owes_client();
  if (s.in_flight == 0 && s.intake == none && s.output == none && !owes_frames) close_session(index);
  return false;
}

// Half-close: what was asked completely is still answered; an incomplete request never will be.
void connection_actor::drop_incomplete(session& s) {
  if (s.is(session::gathering)) return_intake(s);
}

// New bytes of a session: they continue what it has borrowed an intake for, or begin requests.
void connection_actor::take(std::uint32_t index, std::string_view bytes) {
  auto& s = sessions_[index];
  if (s.intake == none) return take_requests(index, bytes);
  auto& in = *intakes_[s.intake];
  if (in.in_body) {
    if (take_body(index, bytes) && !bytes.empty()) take_requests(index, bytes);
    return;
  }
  in.bytes += bytes;
  count_held(in);
  take_waiting(index);
}

// Requests that wait in the intake: because they were beyond the depth, or because the head was incomplete.
void connection_actor::take_waiting(std::uint32_t index) {
  auto& s = sessions_[index];
  if (s.websocket != none) return take_held(index);
  if (s.intake == none || intakes_[s.intake]->in_body || !may_take(s)) return;
  auto& in = *intakes_[s.intake];
  if (s.is(session::gathering)) {
    // Look only at what is new, so that a head that comes byte by byte costs no more than one look at each.
    const auto from = in.searched < head_end.size() ? 0 : in.searched - (head_end.size() - 1);
    if (in.bytes.find(head_end, from) == std::string::npos) return judge(index, in);
  }
  // The bytes are taken out, parsed, and what is left is put back.
  const auto [served, generation, head_due] = std::tuple(s.served, s.generation, s.is(session::gathering) ? in.head_due : timing_wheel::never);
  std::string waiting;
  waiting.swap(in.bytes);
  return_intake(s);
  take_requests(index, waiting);
  if (s.fd < 0 || s.generation != generation) return;
  // Empty lines before it do not give a head more time.
  if (s.served == served && s.is(session::gathering) && !intakes_[s.intake]->in_body) {
    auto& head = *intakes_[s.intake];
    head.head_due = s.due = std::min(head.head_due, head_due);
    wheel_.at_most(index, s.due);
  }
}

// Parses whole requests out of bytes that stay where they are until this returns.
void connection_actor::take_requests(std::uint32_t index, std::string_view bytes) {
  auto& s = sessions_[index];
  const auto generation = s.generation;
  while (!bytes.empty()) {
    // What follows `Connection: close` is ignored; more of it may be on its way, so the close is a gentle one.
    if (s.is(session::no_more_requests) && s.websocket == none) return s.set(session::readable);
    if (!may_take(s)) return keep_for_later(index, bytes, false);
    // Empty lines are kept while nothing else is there, so that they are counted however they come.
    const auto with_empty_lines = bytes;
    if (bytes.front() == '\r' && (!http::skip_empty_lines(bytes, limits_.request) || bytes.empty() || bytes == "\r"))
      return keep_for_later(index, with_empty_lines, true);
    parser_.reset();
    std::size_t consumed = 0;
    switch (parser_.parse(bytes, consumed)) {
    case http::request_parser::status::refused: return refuse(index, parser_.why_refused(), bytes);
    case http::request_parser::status::need_more:
      if (parser_.head_complete()) return begin_body(index, bytes);
      return keep_for_later(index, with_empty_lines, true);
    case http::request_parser::status::complete: break;
    }
    dispatch(index, parser_.request());
    if (s.fd < 0 || s.generation != generation) return;
    bytes.remove_prefix(consumed);
  }
}

// The head is complete and the body is not: the head moves to an intake, whose parser goes on as the body comes.
void connection_actor::begin_body(std::uint32_t index, std::string_view bytes) {
  auto& s = sessions_[index];
  auto* in = borrow_intake(s);
  if (!in) return refuse(index, {503, "too many incomplete requests at once"}, bytes);
  const auto head_bytes = bytes.find(head_end) + head_end.size();
  in->head.assign(bytes.substr(0, head_bytes));
  in->in_body = true;
  in->parser.reset();
  std::size_t consumed = 0;
  // The same bytes have just been accepted: this cannot be refused.
  static_cast<void>(in->parser.parse(in->head, consumed));
  s.set(session::gathering);
  begin_body_time(index);
  count_held(*in);
  bytes.remove_prefix(head_bytes);
  if (bytes.empty() && in->parser.request().expects_continue) {
    in->owes_continue = true;
    if (s.in_flight == 0) flush(index); // not later in this turn: the client's end may be the next that is read
    return;
  }
  static_cast<void>(take_body(index, bytes));
}

// Body bytes for the intake's parser. True when the request is complete and was dispatched: `bytes` is then what follows it. The bytes
// may lie in the scratch buffer only.
bool connection_actor::take_body(std::uint32_t index, std::string_view& bytes) {
  auto& s = sessions_[index];
  auto& in = *intakes_[s.intake];
  const auto generation = s.generation;
  in.owes_continue = false; // the client did not wait
  in.body_received += bytes.size();
  std::string joined;
  if (!in.bytes.empty()) { // the torn end of a chunk line or trailer
    joined = std::move(in.bytes);
    in.bytes.clear();
    joined += bytes;
    bytes = joined;
  }
  std::size_t consumed = 0;
  const auto status = bytes.empty() ? http::request_parser::status::need_more : in.parser.parse(bytes, consumed);
  bytes.remove_prefix(consumed);
  if (status == http::request_parser::status::refused) {
    refuse(index, in.parser.why_refused(), in.head);
    return false;
  }
  if (status == http::request_parser::status::need_more) {
    in.bytes.assign(bytes);
    bytes = {};
    count_held(in);
    if (held_bytes_ > limits_.held_bytes) refuse(index, {503, "too many incomplete requests at once"}, in.head);
    return false;
  }
  // Complete. The rest may lie in `joined`, which ends with this function, so it is taken from here.
  s.clear(session::gathering);
  const auto owned = s.intake;
  s.intake = none; // kept aside while the request's views are in use
  metrics_.intakes->add(-1);
  dispatch(index, in.parser.request());
  recycle(owned);
  if (s.fd < 0 || s.generation != generation) return false;
  if (!joined.empty()) {
    take_requests(index, bytes);
    bytes = {};
  }
  return true;
}

void connection_actor::begin_body_time(std::uint32_t index) {
  auto& s = sessions_[index];
  intakes_[s.intake]->body_began = ticks(now_);
  time_request(index);
}

// What is left of an incomplete request's time: more of a body's when bytes have come, and all of it while the client waits for our 100.
void connection_actor::time_request(std::uint32_t index) {
  auto& s = sessions_[index];
  const auto& in = *intakes_[s.intake];
  s.due = !in.in_body ? in.head_due : in.owes_continue ? tick_in(limits_.body_timeout) : body_due(in);
  wheel_.at_most(index, s.due);
}

// When the body must be complete or, by the least rate, have more bytes than now.
std::uint32_t connection_actor::body_due(const intake& in) const {
  auto allowed = limits_.body_timeout;
  if (limits_.body_rate > 0) {
    const std::chrono::milliseconds paid_for(in.body_received * 1000 / limits_.body_rate);
    allowed = std::min(allowed, std::max(limits_.body_rate_after, paid_for));
  }
  return in.body_began + static_cast<std::uint32_t>(allowed / tick) + 1;
}

void connection_actor::keep_for_later(std::uint32_t index, std::string_view bytes, bool incomplete_head) {
  auto& s = sessions_[index];
  auto* in = borrow_intake(s);
  if (!in && s.websocket != none) return close_session(index); // what follows the upgrade is no request
  if (!in) return refuse(index, {503, "too many incomplete requests at once"}, bytes);
  in->bytes.assign(bytes);
  count_held(*in);
  if (!incomplete_head) return;
  s.set(session::gathering);
  set_due(s, index, limits_.head_timeout);
  in->head_due = s.due;
  judge(index, *in);
}

// A head that is not complete, and has grown.
void connection_actor::judge(std::uint32_t index, intake& in) {
  auto why = in.parser.look(in.bytes);
  in.searched = in.bytes.size();
  if (why.detail.empty() && held_bytes_ > limits_.held_bytes) why = {503, "too many incomplete requests at once"};
  if (!why.detail.empty()) refuse(index, why, in.bytes);
}

// The client is told why, in its turn after the answers to what it asked before, and the connection closes: where this request ends
// and the next begins is not known any more. `head` is what there is of it.
void connection_actor::refuse(std::uint32_t index, http::refusal why, std::string_view head) {
  auto& s = sessions_[index];
  http::request broken;
  broken.keep_alive = false;
  head.remove_prefix(std::min(head.find_first_not_of("\r\n"), head.size()));
  if (head.starts_with("HEAD ")) broken.method = http::method::head; // answered without a body. RFC 9110 section 9.3.2
  return_intake(s);
  const auto exchange_index = open_exchange(index, broken);
  if (exchange_index == none) return close_session(index);
  s.set(session::readable); // unread bytes may be there: close gently
  complete(exchange_index, http::problem(why.status, why.detail, exchanges_[exchange_index].trace.request_id()));
}

intake* connection_actor::borrow_intake(session& s) {
  if (s.intake != none) return intakes_[s.intake].get();
  if (held_bytes_ > limits_.held_bytes) return nullptr;
  auto& from = free_intakes_.empty() ? intake_places_ : free_intakes_;
  if (from.empty()) {
    intakes_.emplace_back();
    intake_places_.reserve(intakes_.capacity()); // so that giving one back takes no memory
    from.push_back(static_cast<std::uint32_t>(intakes_.size() - 1));
  }
  auto& place = intakes_[from.back()];
  if (!place) place = std::make_unique<intake>(limits_.request);
  s.intake = from.back();
  from.pop_back();
  metrics_.intakes->add(1);
  return place.get();
}

// Whoever gathers has an intake.
void connection_actor::return_intake(session& s) {
  s.clear(session::gathering);
  if (s.intake == none) return;
  recycle(std::exchange(s.intake, none));
  metrics_.intakes->add(-1);
}

void connection_actor::recycle(std::uint32_t intake_index) {
  auto& in = *intakes_[intake_index];
  in.clear();
  count_held(in);
  if (free_intakes_.size() < kept_buffers) return free_intakes_.push_back(intake_index);
  intakes_[intake_index].reset(); // a crowd that has passed is not kept for
  intake_places_.push_back(intake_index);
}

void connection_actor::count_held(intake& in) noexcept {
  held_bytes_ -= in.counted;
  in.counted = in.size();
  held_bytes_ += in.counted;
}

} // namespace troupe::server
