#pragma once

#include "services/catalog/messages.hpp"

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace troupe::catalog::test {

/// A directory of the test's own, removed with the object.
class temporary_directory {
 public:
  temporary_directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "troupe-catalog-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("no temporary directory");
    path_ = pattern;
  }
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// A product that passes every check.
inline v1::Product sample(std::string id, std::string name = "WHITE HANGING HEART T-LIGHT HOLDER",
                          std::int64_t amount_minor = 255) {
  v1::Product product;
  product.set_id(std::move(id));
  product.set_name(std::move(name));
  product.mutable_price()->set_amount_minor(amount_minor);
  product.mutable_price()->set_currency("GBP");
  return product;
}

inline v1::PutProductRequest put_of(v1::Product product, std::string if_match = {},
                                    std::string if_none_match = {}) {
  v1::PutProductRequest request;
  *request.mutable_product() = std::move(product);
  request.set_if_match(std::move(if_match));
  request.set_if_none_match(std::move(if_none_match));
  return request;
}

inline v1::BatchPutProductsRequest batch_of(std::initializer_list<v1::Product> products) {
  v1::BatchPutProductsRequest batch;
  for (const auto& product : products) *batch.add_products() = product;
  return batch;
}

/// An entry as the store would make it.
inline entry_ptr entry_of(v1::Product product, std::int64_t version = 1) {
  product.set_version(version);
  product.set_updated_at("2026-11-22T10:00:00.000000Z");
  return make_entry(std::move(product));
}

inline entry_list list_of(std::vector<entry_ptr> entries) {
  return std::make_shared<const std::vector<entry_ptr>>(std::move(entries));
}

} // namespace troupe::catalog::test
