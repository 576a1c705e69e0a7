#pragma once

#include "platform/actor/envelope.hpp"
#include "platform/actor/error_bridge.hpp"
#include "platform/actor/request_batch.hpp"
#include "platform/base/log.hpp"
#include "platform/metrics/registry.hpp"

#include <caf/message_handler.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/unsafe_behavior_init.hpp>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace troupe::actor {

/// What is measured of one service replica. Cells of the process's registry; a restarted replica goes on with the same ones.
struct service_metrics {
  /// `replica` counts from 0.
  service_metrics(metrics::registry& registry, std::string_view service, std::size_t replica);

  std::string service;
  metrics::counter* handled;        ///< requests begun
  metrics::counter* expired;        ///< dropped at dequeue: their deadline had passed
  metrics::counter* crashed;        ///< a handler threw
  metrics::histogram* mailbox_wait; ///< from the send to the dequeue
};

namespace detail {

template <class T>
struct handler_result {
  using type = caf::result<T>;
};
template <class T>
struct handler_result<caf::result<T>> {
  using type = caf::result<T>;
};
template <class T>
struct handler_result<base::result<T>> {
  using type = caf::result<T>;
};
template <class... Ts>
struct handler_result<caf::typed_response_promise<Ts...>> {
  using type = caf::result<Ts...>;
};
template <class... Ts>
struct handler_result<caf::delegated<Ts...>> {
  using type = caf::result<Ts...>;
};

template <class Result, class T>
Result as_result(T&& value) {
  return Result{std::forward<T>(value)};
}
template <class Result, class T>
Result as_result(base::result<T>&& value) {
  if (value.has_error()) return to_caf(std::move(value).error());
  if constexpr (std::is_void_v<T>) {
    return Result{};
  } else {
    return Result{std::move(*value)};
  }
}

using shared_time = std::shared_ptr<base::time_point>;

// Checks, measures and guards one handler whose first parameter is the envelope.
template <class Self, class F, class R, class Envelope, class Request>
auto guard(Self self, const service_metrics& m, const shared_time& began, F handler, R (F::*)(Envelope&, Request) const) {
  using result = typename handler_result<R>::type;
  return [self, m, began, handler = std::move(handler)](Envelope& e, Request request) -> result {
    const auto now = *began = base::clock::now();
    m.mailbox_wait->record(now - e.sent);
    if (e.deadline <= now) {
      m.expired->add();
      return to_caf({base::errc::deadline_exceeded, "the request waited longer than its deadline allows"});
    }
    m.handled->add();
    try {
      if constexpr (std::is_void_v<R>) {
        handler(e, request);
        return result{};
      } else {
        return as_result<result>(handler(e, request));
      }
    } catch (const std::exception& x) {
      m.crashed->add();
      base::log::error("service_crashed",
                       {{"service", m.service}, {"reason", x.what()}, {"request_id", e.trace.request_id()}});
      // The state may be broken: this request is told, the actor ends, and its supervisor starts another.
      self->quit(to_caf({base::errc::internal, "crashed"}));
      return to_caf({base::errc::internal, "the service failed while it handled this request"});
    }
  };
}

template <class F>
struct takes_envelope : std::false_type {};
template <class F, class R, class Request>
struct takes_envelope<R (F::*)(const envelope&, Request) const> : std::true_type {};
template <class F, class R, class Request>
struct takes_envelope<R (F::*)(envelope&, Request) const> : std::true_type {};

template <class Self, class F>
auto guard_if_request(Self self, const service_metrics& m, const shared_time& began, F handler) {
  using call = decltype(&F::operator());
  if constexpr (takes_envelope<call>::value) {
    return guard(self, m, began, std::move(handler), &F::operator());
  } else {
    return handler; // a message of the service's own, such as a tick
  }
}

} // namespace detail

/// The behaviour of a service actor from its handlers: `[..](const envelope&, const Request&)` lambdas that return the reply, a
/// `base::result` of it, a promise, or nothing. Around each of them stands what no author has to write: a request whose deadline has passed is
/// never begun and answered `deadline_exceeded`; the wait in the mailbox is measured; an exception answers that request `internal`
/// and ends the actor, so that its supervisor starts it anew; requests that come as a batch (`request_batch`) are handled one by one. Handlers with another first parameter pass as they are.
/// Handlers keep state by capturing it (a shared_ptr to the state, by value). One that takes `envelope&` and `Request&` may move out of them.
template <class Handle, class... Handlers>
typename Handle::behavior_type serve(typename Handle::pointer self, const service_metrics& m, Handlers... handlers) {
  const auto began = std::make_shared<base::time_point>();
  typename Handle::behavior_type one{detail::guard_if_request(self, m, began, std::move(handlers))...};
  const auto batch = [self, one = one.unbox(), began](request_batch& requests) mutable { return take_batch(*self, one, requests, *began); };
  return {caf::unsafe_behavior_init, caf::message_handler(batch).or_else(one.unbox())};
}

} // namespace troupe::actor
