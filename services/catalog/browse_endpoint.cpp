#include "services/catalog/browse_endpoint.hpp"

#include "platform/json/message.hpp"
#include "services/catalog/search_plan.hpp"

#include <charconv>
#include <utility>

namespace troupe::catalog {

namespace {

v1::SearchProductsRequest decode(const http::request& request) {
  v1::SearchProductsRequest message;
  message.set_page_size(search_limits::default_page_size);
  if (auto query = request.query_parameter("q")) message.set_query(std::move(*query));
  if (auto token = request.query_parameter("page_token")) message.set_page_token(std::move(*token));
  if (const auto text = request.query_parameter("page_size")) {
    std::int32_t size = 0;
    const auto* end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, size);
    // What is no number is out of range too; the plan says so.
    message.set_page_size(read.ec == std::errc{} && read.ptr == end ? size : 0);
  }
  return message;
}

class browse_endpoint final : public server::endpoint {
 public:
  browse_endpoint(actor::service<catalog_actor> replicas, actor::service<catalog_search_actor> search)
      : replicas_(std::move(replicas)), search_(std::move(search)) {}

  std::optional<http::response> start(server::call_site& site, const http::request& request) const override {
    const auto id = site.envelope().trace;
    auto sent = send(site, decode(request));
    if (sent.has_error()) return http::problem(sent.error(), id.request_id());
    return std::nullopt;
  }

  http::response finish(const caf::message& reply) const override {
    if (reply.match_elements<product_page>()) return http::json_response(200, reply.get_as<product_page>(0).body);
    return http::json_response(200, json::encode(reply.get_as<v1::SearchProductsReply>(0)));
  }

 private:
  base::result<void> send(server::call_site& site, v1::SearchProductsRequest&& asked) const {
    // What is wrong is told here and waits for nobody; only the number of words is counted by the search.
    const auto plan = plan_search(asked);
    if (plan.has_error()) return plan.error();
    auto& slot = plan->query.empty() ? *replicas_.slot() : *search_.slot();
    return site.send(slot, caf::make_message(std::move(site.envelope()), std::move(asked)));
  }

  actor::service<catalog_actor> replicas_;
  actor::service<catalog_search_actor> search_;
};

} // namespace

std::shared_ptr<server::endpoint> browse(actor::service<catalog_actor> replicas,
                                         actor::service<catalog_search_actor> search) {
  return std::make_shared<browse_endpoint>(std::move(replicas), std::move(search));
}

} // namespace troupe::catalog
