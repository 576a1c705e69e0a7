#pragma once

#include "platform/actor/envelope.hpp"
#include "platform/actor/error_bridge.hpp"
#include "platform/actor/service.hpp"
#include "platform/actor/stream.hpp"
#include "platform/base/result.hpp"
#include "platform/http/request.hpp"
#include "platform/http/response.hpp"
#include "platform/websocket/handshake.hpp"

#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <caf/response_type.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

namespace troupe::server {

class channel_endpoint;
class channel_link;

/// What an endpoint may do while a request is handled: the connection actor's side of one exchange.
class call_site {
 public:
  /// The request's envelope; moved into the message by whoever sends it.
  virtual actor::envelope& envelope() = 0;

  /// Sends to a replica of the service; its answer ends the exchange. Fails, with nothing sent, with `unavailable` when no
  /// replica is up and when the service has its bound of requests in flight.
  [[nodiscard]] virtual base::result<void> send(actor::service_slot& slot, caf::message content) = 0;

  /// Whether the messages of a channel may be compressed here, by the listener's settings and the route's rules.
  [[nodiscard]] virtual bool may_compress_messages() const { return false; }

  /// Makes the session a WebSocket if the exchange is answered with 101; called before `send`. `agreed`: what that answer says.
  /// Fails with `unavailable` when the server stops, and with `unimplemented` where there is no session.
  [[nodiscard]] virtual base::result<std::shared_ptr<channel_link>> begin_channel(const channel_endpoint&, websocket::handshake::verdict /*agreed*/) {
    return base::fail(base::errc::unimplemented, "no channel can be opened here");
  }

 protected:
  ~call_site() = default;
};

/// What a route does. Shared by all connection actors and immutable. Thread: any.
class endpoint {
 public:
  virtual ~endpoint() = default;

  /// Handles a request: answers at once, or has sent to a service and returns nothing.
  [[nodiscard]] virtual std::optional<http::response> start(call_site& site, const http::request& request) const = 0;

  /// Turns the service's reply (never an error) into the answer.
  [[nodiscard]] virtual http::response finish(const caf::message& reply) const = 0;

  /// The number of the stream that the service has opened with this reply; 0: none.
  [[nodiscard]] virtual std::uint64_t opened_stream(const caf::message&) const { return 0; }

  /// Whether answers hold something scarce until their client has taken them. Such a route is `one_at_a_time`.
  [[nodiscard]] virtual bool holds_while_sent() const { return false; }
};

namespace detail {

template <class F>
struct function_of : function_of<decltype(&F::operator())> {};
template <class R, class C, class A>
struct function_of<R (C::*)(A) const> {
  using result = R;
  using argument = std::remove_cvref_t<A>;
};
template <class R, class A>
struct function_of<R (*)(A)> {
  using result = R;
  using argument = std::remove_cvref_t<A>;
};

template <class Handle, class Decode, class Encode>
class service_call : public endpoint {
 public:
  using request_type = typename function_of<Decode>::result::value_type;
  using reply_type = typename function_of<Encode>::argument;
  static_assert(caf::response_type<typename Handle::signatures, actor::envelope, request_type>::valid,
                "the service's contract has no signature for this request");

  service_call(actor::service<Handle> target, Decode decode, Encode encode)
      : target_(std::move(target)), decode_(std::move(decode)), encode_(std::move(encode)) {}

  std::optional<http::response> start(call_site& site, const http::request& request) const override {
    auto message = decode_(request);
    if (message.has_error()) return http::problem(message.error(), site.envelope().trace.request_id());
    const auto id = site.envelope().trace;
    auto sent = site.send(*target_.slot(), caf::make_message(std::move(site.envelope()), std::move(*message)));
    if (sent.has_error()) return http::problem(sent.error(), id.request_id());
    return std::nullopt;
  }

  http::response finish(const caf::message& reply) const override {
    return encode_(reply.get_as<reply_type>(0));
  }

 private:
  actor::service<Handle> target_;
  Decode decode_;
  Encode encode_;
};

template <class Handle, class Decode, class Encode>
class service_stream final : public service_call<Handle, Decode, Encode> {
 public:
  using base_type = service_call<Handle, Decode, Encode>;
  using reply_type = typename base_type::reply_type;
  static_assert(caf::response_type<typename Handle::signatures, actor::envelope, actor::next_chunk>::valid,
                "the service's contract has no signature for the chunks of a stream");
  static_assert(caf::response_type<typename Handle::signatures, actor::cancel_stream>::valid,
                "the service's contract has no signature for the end of a stream");
  using base_type::base_type;

  http::response finish(const caf::message& reply) const override {
    auto head = base_type::finish(reply);
    head.is_streamed = true;
    return head;
  }
  std::uint64_t opened_stream(const caf::message& reply) const override {
    return reply.match_elements<reply_type>() ? reply.get_as<reply_type>(0).stream : 0;
  }
  bool holds_while_sent() const override { return true; }
};

template <class F>
class immediate final : public endpoint {
 public:
  explicit immediate(F answer) : answer_(std::move(answer)) {}
  std::optional<http::response> start(call_site&, const http::request& request) const override { return answer_(request); }
  http::response finish(const caf::message&) const override { return {}; }

 private:
  F answer_;
};

} // namespace detail

/// A route that asks a service. `decode`: `base::result<Message>(const http::request&)`, which copies what it keeps;
/// `encode`: `http::response(const Reply&)`. Deadline, errors, limits and measuring are the platform's.
template <class Handle, class Decode, class Encode>
[[nodiscard]] std::shared_ptr<endpoint> call(actor::service<Handle> service, Decode decode, Encode encode) {
  return std::make_shared<detail::service_call<Handle, Decode, Encode>>(std::move(service), std::move(decode),
                                                                        std::move(encode));
}

/// A route whose answer a service streams. The reply that `encode_head` gets has a member `stream`, as `actor::stream_opened` has: the service has
/// opened a stream of that number (see `actor::open_streams`) and is asked for one chunk after the other, as fast as the client takes
/// them and with at most two on their way. Each chunk has the route's time. When the client leaves, the service is told.
/// A service that fails before the head is answered as by `call`; after it the connection is cut, so that the client sees that the end is missing.
template <class Handle, class Decode, class Encode>
[[nodiscard]] std::shared_ptr<endpoint> stream_from(actor::service<Handle> service, Decode decode, Encode encode_head) {
  return std::make_shared<detail::service_stream<Handle, Decode, Encode>>(std::move(service), std::move(decode),
                                                                          std::move(encode_head));
}

/// A route that answers at once from the connection actor: `http::response(const http::request&)`. Must not block.
template <class F>
[[nodiscard]] std::shared_ptr<endpoint> respond(F answer) {
  return std::make_shared<detail::immediate<F>>(std::move(answer));
}

} // namespace troupe::server
