// connection_actor: requests to services and back.

#include "platform/base/log.hpp"
#include "platform/http/accept_encoding.hpp"
#include "platform/http/compression.hpp"
#include "platform/http/forwarded.hpp"
#include "platform/http/idempotency_key.hpp"
#include "platform/http/unchecked_fields.hpp"
#include "platform/policy/in_flight_place.hpp"
#include "platform/server/channel_endpoint.hpp"
#include "platform/server/connection.hpp"

#include <caf/error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace troupe::server {

namespace {

constexpr std::uint64_t place_mask = (std::uint64_t{1} << exchange_place_bits) - 1;

// Sebastiano Vigna's splitmix64 finaliser: distinct counters give distinct, well mixed ids.
std::uint64_t mix(std::uint64_t x) noexcept {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

} // namespace

class connection_actor::dispatch_site final : public call_site, public http::client_source {
 public:
  dispatch_site(connection_actor& actor, std::uint32_t place, actor::priority priority)
      : actor_(actor), place_(place), priority_(priority) {
    envelope_.priority = priority;
  }

  actor::envelope& envelope() override { return envelope_; }

  base::ip_address client() const override { return actor_.client_of(place_); }

  base::result<void> send(actor::service_slot& slot, caf::message content) override {
    policy::in_flight_place taken(slot.in_flight);
    if (!taken) return base::fail(base::errc::unavailable, "service " + slot.name() + " has as many requests in flight as it may");
    auto* replica = actor_.services_.find(slot, actor_.number_);
    if (!replica) return base::fail(base::errc::unavailable, "service " + slot.name() + " is not running");
    auto& x = actor_.exchanges_[place_];
    auto handle = x.upgrades ? caf::actor_cast<caf::strong_actor_ptr>(replica) : nullptr;
    if (handle) actor_.watch_replica(handle);
    const auto number = number_of(place_, x.generation);
    if (priority_ != actor::priority::high) {
      x.batch = actor_.calls_.add(slot, *replica, number, std::move(content));
    } else { // overtakes the others
      const auto id = actor::request_id(number).with_high_priority();
      actor::deliver(*replica, actor::make_element(actor_.ctrl(), id, std::move(content)), actor_.context());
    }
    // It is on its way: the exchange owns the place, and the channel has begun for the service.
    x.awaits = &slot;
    taken.keep();
    if (handle) actor_.websockets_[actor_.sessions_[x.session].websocket].replica = std::move(handle);
    return {};
  }

  // The route's rule is about secrets: a message that holds one beside a client's text betrays it by its length, as an answer does.
  bool may_compress_messages() const override {
    return actor_.limits_.websocket.compression && actor_.plane_->routes->at(actor_.exchanges_[place_].route).may_compress;
  }

  base::result<std::shared_ptr<channel_link>> begin_channel(const channel_endpoint& endpoint, websocket::handshake::verdict agreed) override {
    auto link = actor_.begin_websocket(place_, endpoint, std::move(agreed));
    if (!link) return base::fail(base::errc::unavailable, "no further WebSocket can be opened now");
    return link;
  }

 private:
  connection_actor& actor_;
  std::uint32_t place_;
  actor::envelope envelope_;
  actor::priority priority_;
};

actor::trace_context connection_actor::new_trace() noexcept {
  actor::trace_context trace;
  trace.trace_high = trace_high_;
  trace.trace_low = mix(++trace_count_);
  trace.span = trace.trace_low;
  return trace;
}

std::uint32_t connection_actor::open_exchange(std::uint32_t index, const http::request& request) {
  const auto place = exchanges_.acquire();
  if (place == none) return none;
  auto& s = sessions_[index];
  auto& x = exchanges_[place];
  x.session = index;
  x.next = none;
  ++x.generation;
  if (x.generation == 0) x.generation = 1; // a request id is never 0
  x.route = exchange::no_route;
  x.started = now_;
  x.due = timing_wheel::never;
  x.trace = new_trace();
  x.client = s.is(session::from_trusted_proxy) ? http::forwarded_client(request.fields, plane_->proxies.trusted) : base::ip_address();
  x.answered = false;
  x.is_alone = x.may_compress = false;
  x.upgrades = false;
  x.head_only = request.method == http::method::head;
  x.http_1_1 = request.http_1_1;
  x.keep_alive = request.keep_alive && !draining_ && ++s.served < limits_.requests_per_session;
  if (!x.keep_alive) s.set(session::no_more_requests);
  // Close gently when the client did not ask for the end, so that it may send on, or has answers before this one to lose.
  if (!x.keep_alive && (request.keep_alive || s.served > 0)) s.set(session::readable);
  if (s.last_exchange == none) {
    s.first_exchange = place;
  } else {
    exchanges_[s.last_exchange].next = place;
  }
  s.last_exchange = place;
  ++s.in_flight;
  return place;
}

void connection_actor::dispatch(std::uint32_t index, http::request& request) {
  const auto place = open_exchange(index, request);
  if (place == none) return close_session(index); // twice the bound is in flight: nothing is left to answer with
  if (!sessions_[index].is(session::from_trusted_proxy)) request.drop_claims();
  try {
    if (auto answer = handle(place, request)) {
      exchanges_[place].is_alone = answer->file != nullptr; // anything else holds nothing
      return complete(place, std::move(*answer));
    }
  } catch (const std::exception& e) {
    return complete(place, failed(place, "decode_failed", e));
  }
  wheel_.at_most(index, exchanges_[place].due);
}

// A route's own code threw: its request is answered, and everything else goes on.
http::response connection_actor::failed(std::uint32_t place, std::string_view event, const std::exception& why) {
  const auto id = exchanges_[place].trace.request_id();
  base::log::error(event, {{"request_id", id}, {"reason", why.what()}});
  return http::problem({base::errc::internal, "the server failed while it handled this request"}, id);
}

std::optional<http::response> connection_actor::handle(std::uint32_t place, http::request& request) {
  auto& x = exchanges_[place];
  const auto id = [&x] { return x.trace.request_id(); };
  const auto found = plane_->routes->table().match(request.method, request.path, request.parameters);
  if (found.outcome != http::router::outcome::found) {
    if (request.method == http::method::options &&
        (found.outcome == http::router::outcome::wrong_method || request.path == "*")) {
      http::response r;
      r.status = 204;
      r.add_field("Allow", found.allowed ? http::router::allow_value(found.allowed) : "GET, HEAD, POST, PUT, OPTIONS");
      return r;
    }
    if (found.outcome == http::router::outcome::not_found) return http::problem(404, "no route for this path", id());
    auto r = http::problem(405, "the path does not know this method", id());
    r.add_field("Allow", http::router::allow_value(found.allowed));
    return r;
  }
  x.route = found.route;
  const auto& rule = plane_->routes->at(found.route);
  if (exchanges_.in_use() > limits_.in_flight)
    return http::problem({base::errc::unavailable, "too many requests are in flight"}, id());

  dispatch_site site(*this, place, rule.priority);
  auto& envelope = site.envelope();
  if (rule.needs_idempotency_key) {
    const auto name = std::string_view("Idempotency-Key");
    if (!request.field(name)) return http::problem(400, "this request needs an Idempotency-Key field", id());
    const auto field = request.only_field(name);
    if (!field) return http::problem(400, "Idempotency-Key is there more than once", id());
    auto key = http::parse_idempotency_key(*field);
    if (!key) return http::problem(400, "Idempotency-Key must be one string of 1 to 255 printable characters", id());
    envelope.idempotency_key = std::move(*key);
  }
  x.is_alone = rule.is_alone;
  x.may_compress = rule.may_compress && plane_->responses.gzip;
  x.accepts_gzip = x.may_compress && http::accepts_gzip(request);
  x.due = tick_in(rule.timeout);
  envelope.deadline = now_ + rule.timeout;
  envelope.sent = now_;
  envelope.trace = x.trace;
  if (const auto tls = sessions_[x.session].tls; tls != none) envelope.principal = tls_streams_[tls].peer();
  request.source = &site;
  return rule.target->start(site, request);
}

// When it throws, nothing has been counted and the exchange is still open: it may be completed with something else.
void connection_actor::complete(std::uint32_t place, http::response&& response) {
  auto& x = exchanges_[place];
  x.response = std::move(response);
  // Any other number would leave the client waiting for another answer, or split the stream of them.
  if (const auto status = x.response.status; (status < 200 && !(x.upgrades && status == 101)) || status > 599)
    x.response = http::problem({base::errc::internal, "the service answered with a status that is none"}, x.trace.request_id());
  if (x.may_compress) http::compress(x.response, gzip_, x.accepts_gzip);
  auto held = x.response.body.size() + x.response.own_fields().size();
  if (answer_bytes_ + held > limits_.answer_bytes) {
    x.response = http::problem({base::errc::unavailable, "too many answers wait for their clients"}, x.trace.request_id());
    held = x.response.body.size();
  }
  if (x.stream != none && !x.response.is_streamed) end_stream(x); // an error has taken the stream's place
  if (x.upgrades) {
    auto& s = sessions_[x.session];
    if (x.response.status == 101) {
      http::unchecked_fields::of(x.response) = std::move(websockets_[s.websocket].handshake_fields);
    } else {
      leave_websocket(s);
      x.upgrades = false;
    }
  }
  if (x.response.status == 500 || x.response.status == 504) {
    base::log::warn("request_failed", {{"request_id", x.trace.request_id()},
                                       {"route", x.route == exchange::no_route ? std::string_view("none")
                                                                               : std::string_view(plane_->routes->at(x.route).pattern)},
                                       {"status", x.response.status},
                                       {"client", client_of(place).text()}});
  }
  if (sessions_[x.session].first_exchange == place) mark_dirty(x.session);
  metrics_.answered(x.route, x.response.status, now_ - x.started);
  x.held_bytes = held;
  answer_bytes_ += held;
  x.answered = true;
}

void connection_actor::on_reply(const caf::mailbox_element& element) {
  const auto number = actor::answered_number(element.mid);
  if (number & channel_numbers) return on_channel_reply(number, element.payload);
  if (!(number & batch_numbers)) return on_answer(number, element.payload, element.sender);
  if (element.payload.match_elements<actor::answer_batch>()) {
    for (const auto& [of_request, answer] : element.payload.get_as<actor::answer_batch>(0).answers) on_answer(of_request, answer, element.sender);
    return;
  }
  bounced_.push_back({static_cast<std::uint32_t>(number), element.payload, element.sender});
}

// Replicas have ended before they took batches: that is the answer to each request of these. One look at all exchanges in a turn at most.
void connection_actor::answer_bounced() {
  std::ranges::sort(bounced_, {}, &bounced_batch::number);
  for (std::uint32_t place = 0; place < exchanges_.capacity(); ++place) {
    const auto batch = exchanges_[place].batch;
    if (batch == 0) continue;
    const auto found = std::ranges::lower_bound(bounced_, batch, {}, &bounced_batch::number);
    if (found != bounced_.end() && found->number == batch) on_answer(number_of(place, exchanges_[place].generation), found->answer, found->replica);
  }
  bounced_.clear();
}

void connection_actor::on_answer(std::uint64_t number, const caf::message& payload, const caf::strong_actor_ptr& replica) {
  const auto place = static_cast<std::uint32_t>(number & place_mask);
  auto& x = exchanges_[place];
  if (x.generation != number >> exchange_place_bits || !x.awaits) return;
  if (x.stream != none) return on_chunk(place, payload);
  x.batch = 0;
  auto& slot = *std::exchange(x.awaits, nullptr);
  slot.in_flight.leave();
  if (x.answered) {
    // The exchange has expired, or its session is gone.
    metrics_.late->add();
    forget_stream(x, payload, replica);
    if (x.session == none) release_exchange(place);
    return;
  }
  try {
    if (payload.match_elements<caf::error>())
      return complete(place, http::problem(actor::from_caf(payload.get_as<caf::error>(0)), x.trace.request_id()));
    auto response = plane_->routes->at(x.route).target->finish(payload);
    if (response.is_streamed) begin_stream(place, payload, replica, slot, response);
    complete(place, std::move(response));
  } catch (const std::exception& e) {
    if (x.stream == none) forget_stream(x, payload, replica);
    complete(place, failed(place, "encode_failed", e));
  }
}

void connection_actor::expire_exchanges(std::uint32_t index) {
  const auto now = ticks(now_);
  for (auto i = sessions_[index].first_exchange; i != none; i = exchanges_[i].next) {
    auto& x = exchanges_[i];
    if (x.due > now || (x.answered && x.stream == none)) continue;
    if (x.stream != none) return cut_stream(index);
    complete(i, http::problem({base::errc::deadline_exceeded, "the service did not answer in time"}, x.trace.request_id()));
  }
}

void connection_actor::release_exchange(std::uint32_t place) {
  answer_bytes_ -= std::exchange(exchanges_[place].held_bytes, 0);
  exchanges_[place].response.clear();
  exchanges_.release(place);
}

} // namespace troupe::server
