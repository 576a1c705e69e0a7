#include "tests/services/catalog/running_catalog.hpp"

#include "platform/http/target.hpp"
#include "services/catalog/contract.hpp"
#include "services/stats/contract.hpp"

#include <caf/actor_cast.hpp>
#include <caf/init_global_meta_objects.hpp>
#include <caf/scoped_actor.hpp>

#include <chrono>

namespace troupe::catalog::test {

namespace {

constexpr std::chrono::seconds patience{60};

/// The connection actor's part, played by a thread that waits.
class waiting_site final : public server::call_site {
 public:
  waiting_site(caf::actor_system& system, std::size_t replica) : self_(system), replica_(replica) {
    envelope_.sent = base::clock::now();
    envelope_.trace.trace_low = 1;
  }

  actor::envelope& envelope() override { return envelope_; }

  base::result<void> send(actor::service_slot& slot, caf::message content) override {
    const auto handles = slot.handles();
    const auto& handle = handles[replica_ % handles.size()];
    if (!handle) return base::fail(base::errc::unavailable, "the replica is down");
    const auto target = caf::actor_cast<caf::actor>(handle);
    const bool is_known = ask<v1::GetProductRequest, product_view>(target, content) ||
                          ask<v1::BatchGetProductsRequest, product_set>(target, content) ||
                          ask<v1::PutProductRequest, stored_product>(target, content) ||
                          ask<v1::BatchPutProductsRequest, v1::BatchPutProductsReply>(target, content) ||
                          (slot.name() == "catalog" ? ask<v1::SearchProductsRequest, product_page>(target, content)
                                                    : ask<v1::SearchProductsRequest, v1::SearchProductsReply>(target, content));
    if (!is_known) return base::fail(base::errc::internal, "a message that the contract does not have");
    return {};
  }

  caf::message reply;
  std::optional<base::error> error;

 private:
  template <class Request, class Reply>
  bool ask(const caf::actor& target, const caf::message& content) {
    if (!content.match_elements<actor::envelope, Request>()) return false;
    self_->request(target, patience, content.get_as<actor::envelope>(0), content.get_as<Request>(1))
        .receive([this](const Reply& answer) { reply = caf::make_message(answer); },
                 [this](const caf::error& e) { error = actor::from_caf(e); });
    return true;
  }

  caf::scoped_actor self_;
  std::size_t replica_;
  actor::envelope envelope_;
};

} // namespace

void register_all_types() {
  [[maybe_unused]] static const bool done = [] {
    actor::register_platform_types();
    register_types();
    caf::init_global_meta_objects<caf::id_block::troupe_stats>();
    return true;
  }();
}

actor_world::actor_world()
    : poller_((register_all_types(), net::poller::open().value())), config_({.workers = 2}, *poller_), system(config_) {}

running_catalog::running_catalog() {
  tier.emplace(world.system, world.registry, dir.path(), 2, 2);
  start(*tier);
}

running_catalog::~running_catalog() { tier->stop(); }

http::response running_catalog::ask(http::method method, std::string_view target, const field_list& fields,
                                    std::string_view body) {
  std::string scratch;
  const auto parts = http::split_target(target, scratch);
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
  if (match.outcome != http::router::outcome::found) {
    http::response none;
    none.status = match.outcome == http::router::outcome::not_found ? 404 : 405;
    return none;
  }
  const auto& endpoint = *tier->routes().at(match.route).target;
  waiting_site site(world.system, next_replica_++);
  if (auto answer = endpoint.start(site, request)) return std::move(*answer);
  if (site.error) return http::problem(*site.error, "");
  return endpoint.finish(site.reply);
}

http::response running_catalog::put(std::string_view target, std::string_view body, field_list fields) {
  fields.emplace_back("Content-Type", "application/json");
  return ask(http::method::put, target, fields, body);
}

http::response running_catalog::post(std::string_view target, std::string_view body) {
  return ask(http::method::post, target, {{"Content-Type", "application/json"}}, body);
}

std::string field_of(const http::response& response, std::string_view name) {
  const auto lines = std::string(response.shared_fields.view()).append(response.own_fields());
  const auto start = std::string(name) + ": ";
  for (std::size_t at = 0; at < lines.size();) {
    const auto end = lines.find("\r\n", at);
    if (lines.compare(at, start.size(), start) == 0)
      return lines.substr(at + start.size(), end - at - start.size());
    at = end + 2;
  }
  return {};
}

} // namespace troupe::catalog::test
