// connection_actor: answers whose body comes from a service, chunk by chunk.

#include "platform/base/log.hpp"
#include "platform/policy/in_flight_place.hpp"
#include "platform/server/connection.hpp"

#include <caf/abstract_actor.hpp>

#include <utility>

namespace troupe::server {

namespace {

void tell(const caf::strong_actor_ptr& replica, caf::message_id id, caf::message content, caf::strong_actor_ptr sender,
          actor::worker* worker) {
  actor::deliver(*replica->get(), actor::make_element(std::move(sender), id, std::move(content)), worker);
}

} // namespace

// The service has opened a stream with its reply. It keeps its place among the service's requests in flight until the end of the stream.
void connection_actor::begin_stream(std::uint32_t place, const caf::message& answer, const caf::strong_actor_ptr& replica, actor::service_slot& slot,
                                    http::response& response) {
  auto& x = exchanges_[place];
  if (x.head_only || !http::has_body(response.status)) return forget_stream(x, answer, replica); // there will be no body
  const auto within = plane_->routes->at(x.route).target->opened_stream(answer);
  policy::in_flight_place taken(slot.in_flight);
  const auto number = replica && taken ? streams_.acquire() : none;
  if (number == none) {
    forget_stream(x, answer, replica);
    response = http::problem({base::errc::unavailable, "too many answers are streamed at once"}, x.trace.request_id());
    return;
  }
  auto& opened = streams_[number];
  opened = {};
  opened.source = replica;
  opened.number = within;
  x.stream = number;
  x.awaits = &slot;
  taken.keep();
  x.due = timing_wheel::never;
  if (!x.http_1_1) { // the end of the connection is the end of the body
    auto& s = sessions_[x.session];
    if (x.keep_alive) s.set(session::readable); // its client may send on: close gently
    x.keep_alive = false;
    s.set(session::no_more_requests);
    drop_incomplete(s);
  }
  metrics_.streams->add(1);
}

// Nobody wants what the service has opened with this reply, if it has opened anything.
void connection_actor::forget_stream(const exchange& x, const caf::message& answer, const caf::strong_actor_ptr& replica) {
  const auto number = plane_->routes->at(x.route).target->opened_stream(answer);
  if (number != 0 && replica) tell(replica, {}, caf::make_message(actor::cancel_stream{number}), nullptr, context());
}

void connection_actor::pull(std::uint32_t place) {
  auto& x = exchanges_[place];
  auto& from = streams_[x.stream];
  const auto& rule = plane_->routes->at(x.route);
  actor::envelope envelope;
  envelope.sent = now_;
  envelope.deadline = now_ + rule.timeout;
  envelope.trace = x.trace;
  envelope.priority = rule.priority;
  from.is_pulling = true;
  x.due = tick_in(rule.timeout);
  wheel_.at_most(x.session, x.due);
  // A replica that has ended meanwhile answers with an error of its own.
  tell(from.source, actor::request_id(number_of(place, x.generation)),
       caf::make_message(std::move(envelope), actor::next_chunk{from.number}), ctrl(), context());
}

void connection_actor::on_chunk(std::uint32_t place, const caf::message& payload) {
  auto& x = exchanges_[place];
  auto& from = streams_[x.stream];
  from.is_pulling = false;
  x.due = timing_wheel::never;
  if (payload.match_elements<actor::stream_chunk>()) {
    const auto& chunk = payload.get_as<actor::stream_chunk>(0);
    const auto size = chunk.bytes.size();
    if (size <= actor::stream_chunk::most_bytes && (chunk.is_last || size > 0) && answer_bytes_ + size <= limits_.answer_bytes) {
      from.chunk = chunk.bytes;
      x.held_bytes += size;
      answer_bytes_ += size;
      from.is_complete = chunk.is_last;
      return mark_dirty(x.session);
    }
  }
  cut_stream(x.session);
}

// What has come of the first exchange's stream; asks for more. True when that was all.
bool connection_actor::render_stream(std::uint32_t place) {
  auto& x = exchanges_[place];
  auto& from = streams_[x.stream];
  from.has_begun = true;
  if (!x.http_1_1) sessions_[x.session].set(session::open_ended);
  if (!from.chunk.empty()) {
    if (x.http_1_1) http::write_chunk_line(out_.text(), from.chunk.size());
    out_.add_body(from.chunk);
    x.held_bytes -= from.chunk.size(); // counted with the output from here
    answer_bytes_ -= from.chunk.size();
    if (x.http_1_1) out_.text() += "\r\n";
    from.chunk = {};
  }
  if (from.is_complete) {
    if (x.http_1_1) out_.text() += http::last_chunk;
    end_stream(x);
    return true;
  }
  if (!from.is_pulling) pull(place);
  return false;
}

// Lets go of the stream. A service that has not ended it itself is told; while it still owes a chunk, its place is kept until that comes.
void connection_actor::end_stream(exchange& x) {
  auto& from = streams_[x.stream];
  if (!from.is_complete) tell(from.source, {}, caf::make_message(actor::cancel_stream{from.number}), nullptr, context());
  if (!from.is_pulling) std::exchange(x.awaits, nullptr)->in_flight.leave();
  from = {};
  streams_.release(std::exchange(x.stream, none));
  metrics_.streams->add(-1);
}

// The service cannot go on. The client sees it by the missing last chunk, or by the reset.
void connection_actor::cut_stream(std::uint32_t index) {
  auto& s = sessions_[index];
  const auto& x = exchanges_[s.first_exchange];
  metrics_.cut->add();
  base::log::warn("stream_cut", {{"request_id", x.trace.request_id()}, {"route", plane_->routes->at(x.route).pattern}});
  close_session(index);
}

bool connection_actor::can_render(const exchange& x) noexcept {
  return x.answered && (x.stream == none || !streams_[x.stream].is_pulling);
}

} // namespace troupe::server
