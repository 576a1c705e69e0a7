#include "services/catalog/json_body.hpp"

#include <utility>

namespace troupe::catalog {

namespace {

class json_only final : public server::endpoint {
 public:
  explicit json_only(std::shared_ptr<const server::endpoint> inner) : inner_(std::move(inner)) {}

  std::optional<http::response> start(server::call_site& site, const http::request& request) const override {
    if (is_json(request)) return inner_->start(site, request);
    return http::problem(415, "the body must be sent with Content-Type: application/json",
                         site.envelope().trace.request_id());
  }

  http::response finish(const caf::message& reply) const override { return inner_->finish(reply); }

 private:
  std::shared_ptr<const server::endpoint> inner_;
};

} // namespace

bool is_json(const http::request& request) noexcept {
  const auto field = request.field("Content-Type");
  if (!field) return false;
  auto type = field->substr(0, field->find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return http::same_field_name(type, "application/json"); // media types compare without case too
}

std::shared_ptr<server::endpoint> json_body(std::shared_ptr<const server::endpoint> inner) {
  return std::make_shared<json_only>(std::move(inner));
}

} // namespace troupe::catalog
