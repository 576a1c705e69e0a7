#pragma once

#include "platform/actor/system.hpp"
#include "platform/app/tier.hpp"
#include "platform/http/target.hpp"
#include "services/payment/contract.hpp"
#include "services/payment/service.hpp"
#include "tests/platform/store/scratch_directory.hpp"
#include "tests/services/payment/testing_system.hpp"

#include <caf/actor_cast.hpp>
#include <caf/scoped_actor.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::payment::test {

/// The connection actor's part, played by a thread that waits.
class waiting_site final : public server::call_site {
 public:
  waiting_site(caf::actor_system& system, std::string key)
      : self_(system), envelope_(with_key(std::move(key))) {
    envelope_.trace.trace_low = 1;
  }

  actor::envelope& envelope() override { return envelope_; }

  base::result<void> send(actor::service_slot& slot, caf::message content) override {
    const auto handle = slot.handles().front();
    if (!handle) return base::fail(base::errc::unavailable, "the replica is down");
    const auto target = caf::actor_cast<payment_actor>(handle);
    const bool is_known = ask<v1::CreatePaymentRequest, v1::Outcome>(target, content) ||
                          ask<v1::GetPaymentRequest, v1::Document>(target, content) ||
                          ask<v1::CreateRefundRequest, v1::Outcome>(target, content) ||
                          ask<v1::CreateCreditRequest, v1::Outcome>(target, content) ||
                          ask<v1::GetBalanceRequest, v1::Document>(target, content);
    if (!is_known) return base::fail(base::errc::internal, "a message that the contract does not have");
    return {};
  }

  caf::message reply;
  std::optional<base::error> error;

 private:
  template <class Request, class Reply>
  bool ask(const payment_actor& target, const caf::message& content) {
    if (!content.match_elements<actor::envelope, Request>()) return false;
    self_
        ->request(target, std::chrono::seconds(60), content.get_as<actor::envelope>(0),
                  content.get_as<Request>(1))
        .receive([this](const Reply& answer) { reply = caf::make_message(answer); },
                 [this](const caf::error& e) { error = actor::from_caf(e); });
    return true;
  }

  caf::scoped_actor self_;
  actor::envelope envelope_;
};

/// An actor system of two workers.
class real_system {
 public:
  real_system() : poller_(opened_poller()), config_({.workers = 2}, *poller_), system(config_) {}

 private:
  static std::unique_ptr<net::poller> opened_poller() {
    register_all_types();
    auto poller = net::poller::open();
    REQUIRE(poller.has_value());
    return std::move(*poller);
  }

  std::unique_ptr<net::poller> poller_;
  actor::system_config config_;

 public:
  caf::actor_system system;
};

/// The whole service in a tier, and requests to it without a socket. May be stopped and started again on the
/// same file.
class running_payment {
 public:
  using field_list = std::vector<std::pair<std::string, std::string>>;

  running_payment() { start_service(); }
  running_payment(const running_payment&) = delete;
  running_payment& operator=(const running_payment&) = delete;
  ~running_payment() { tier->stop(); }

  void restart() {
    tier->stop();
    start_service();
  }

  /// Routes the request, asks the service if the route does, and returns the answer; an error as a problem.
  http::response ask(http::method method, std::string_view target, std::string_view key = {},
                     const field_list& fields = {}, std::string_view body = {}) {
    std::string scratch;
    const auto parts = http::split_target(target, scratch);
    // No assertions here: several threads may ask, and Catch2's are for one.
    if (!parts.refusal.empty()) return http::problem(400, parts.refusal, "");
    std::vector<http::header_field> views;
    for (const auto& [name, value] : fields) views.push_back({name, value});
    http::request request;
    request.method = method;
    request.target = target;
    request.path = parts.path;
    request.query = parts.query;
    request.fields = views;
    request.body = body;
    const auto match = tier->routes().table().match(method, parts.path, request.parameters);
    if (match.outcome != http::router::outcome::found) return http::problem(404, "no route", "");
    const auto& endpoint = *tier->routes().at(match.route).target;
    waiting_site site(system, std::string(key));
    if (auto answer = endpoint.start(site, request)) return std::move(*answer);
    if (site.error) return http::problem(*site.error, "");
    return endpoint.finish(site.reply);
  }

  http::response get(std::string_view target) { return ask(http::method::get, target); }
  http::response post(std::string_view target, std::string_view key, std::string_view body) {
    return ask(http::method::post, target, key, {{"Content-Type", "application/json"}}, body);
  }

  store::test::scratch_directory dir;
  metrics::registry registry;

 private:
  void start_service() {
    tier.emplace(system, registry, dir.path(), 2, 2);
    start(*tier);
  }

  real_system world_;

 public:
  caf::actor_system& system = world_.system;
  std::optional<app::tier> tier;
};

} // namespace troupe::payment::test
