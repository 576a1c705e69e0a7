#include "services/catalog/batch_endpoint.hpp"

#include "platform/json/message.hpp"
#include "services/catalog/model.hpp"

#include <string>
#include <utility>

namespace troupe::catalog {

namespace {

// The entries hold the JSON of each product already.
std::string to_json(const product_set& set) {
  std::size_t size = 64;
  for (const auto& entry : set.found) size += entry->body.size() + 1;
  std::string out;
  out.reserve(size);
  out += R"({"products":[)";
  for (const auto& entry : set.found) {
    if (out.back() != '[') out += ',';
    out += entry->body.view();
  }
  out += R"(],"missing":[)";
  for (const auto& id : set.missing) {
    if (out.back() != '[') out += ',';
    json::append_string(out, id);
  }
  return out += "]}";
}

class batch_endpoint final : public server::endpoint {
 public:
  batch_endpoint(actor::service<catalog_actor> replicas, actor::service<catalog_store_actor> store)
      : replicas_(std::move(replicas)), store_(std::move(store)) {}

  std::optional<http::response> start(server::call_site& site, const http::request& request) const override {
    const auto id = site.envelope().trace;
    auto sent = send(site, request);
    if (sent.has_error()) return http::problem(sent.error(), id.request_id());
    return std::nullopt;
  }

  http::response finish(const caf::message& reply) const override {
    if (reply.match_elements<product_set>())
      return http::json_response(200, to_json(reply.get_as<product_set>(0)));
    return http::json_response(200, json::encode(reply.get_as<v1::BatchPutProductsReply>(0)));
  }

 private:
  base::result<void> send(server::call_site& site, const http::request& request) const {
    v1::BatchProductsRequest body;
    if (auto decoded = json::decode(request.body, body); decoded.has_error()) return decoded.error();
    if (body.ids().empty() == body.products().empty()) {
      return base::fail(base::errc::invalid_argument,
                        "the body must have either ids (to read products) or products (to write them)");
    }
    if (!body.ids().empty()) {
      v1::BatchGetProductsRequest get;
      get.mutable_ids()->Swap(body.mutable_ids());
      return site.send(*replicas_.slot(), caf::make_message(std::move(site.envelope()), std::move(get)));
    }
    v1::BatchPutProductsRequest put;
    put.mutable_products()->Swap(body.mutable_products());
    if (auto checked = check_batch(put); checked.has_error()) return checked.error();
    return site.send(*store_.slot(), caf::make_message(std::move(site.envelope()), std::move(put)));
  }

  actor::service<catalog_actor> replicas_;
  actor::service<catalog_store_actor> store_;
};

} // namespace

std::shared_ptr<server::endpoint> batch(actor::service<catalog_actor> replicas,
                                        actor::service<catalog_store_actor> store) {
  return std::make_shared<batch_endpoint>(std::move(replicas), std::move(store));
}

} // namespace troupe::catalog
