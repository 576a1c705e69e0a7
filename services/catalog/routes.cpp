#include "services/catalog/routes.hpp"

#include "platform/http/target.hpp"
#include "platform/json/message.hpp"
#include "platform/server/json_only.hpp"
#include "services/catalog/batch_endpoint.hpp"
#include "services/catalog/browse_endpoint.hpp"
#include "services/catalog/model.hpp"

#include <string>

namespace troupe::catalog {

namespace {

using base::errc;

base::result<v1::GetProductRequest> decode_get(const http::request& request) {
  v1::GetProductRequest message;
  const auto id = request.parameter("id");
  message.set_id(id.data(), id.size());
  if (auto tags = request.list_field("If-None-Match"); !tags.empty())
    message.set_if_none_match(std::move(tags));
  return message;
}

http::response encode_view(const product_view& view) {
  http::response r;
  r.shared_fields = view.entry->fields;
  if (view.not_modified) {
    r.status = 304;
    return r;
  }
  r.content_type = "application/json";
  r.body = view.entry->body;
  return r;
}

base::result<v1::PutProductRequest> decode_put(const http::request& request) {
  v1::PutProductRequest message;
  auto& product = *message.mutable_product();
  if (auto decoded = json::decode(request.body, product); decoded.has_error()) return decoded.error();
  const auto id = request.parameter("id");
  if (!product.id().empty() && product.id() != id) {
    return base::fail(errc::invalid_argument, "id: must be left out, or be the one in the path");
  }
  product.set_id(id.data(), id.size());
  if (auto checked = check_product(product); checked.has_error()) return checked.error();
  if (auto tags = request.list_field("If-Match"); !tags.empty()) message.set_if_match(std::move(tags));
  if (auto tags = request.list_field("If-None-Match"); !tags.empty())
    message.set_if_none_match(std::move(tags));
  return message;
}

/// The id is one segment: it holds no slash.
std::string path_of(std::string_view id) {
  std::string out = "/v1/products/";
  http::append_path(out, id);
  return out;
}

http::response encode_stored(const stored_product& stored) {
  auto r = http::json_response(stored.created ? 201 : 200, stored.entry->body);
  r.shared_fields = stored.entry->fields;
  if (stored.created) r.add_field("Location", path_of(stored.entry->product.id()));
  return r;
}

base::result<v1::ExportProductsRequest> decode_export(const http::request&) { return v1::ExportProductsRequest{}; }

http::response encode_export(const actor::stream_opened&) {
  http::response r;
  r.content_type = "application/jsonl";
  return r;
}

} // namespace

void add_routes(server::routes& routes, const catalog_services& services) {
  using namespace std::chrono_literals;
  routes.get("/v1/products/{id}", server::call(services.replicas, &decode_get, &encode_view)).never_compressed();
  routes.put("/v1/products/{id}", server::json_only(server::call(services.store, &decode_put, &encode_stored)))
      .within(5s);
  routes.get("/v1/products", browse(services.replicas, services.search))
      .within(5s)
      .with_priority(actor::priority::low)
      .one_at_a_time();
  routes.get("/v1/products:export", server::stream_from(services.replicas, &decode_export, &encode_export))
      .within(5s)
      .with_priority(actor::priority::low);
  routes.post("/v1/products:batch", server::json_only(batch(services.replicas, services.store))).within(10s);
}

} // namespace troupe::catalog
