#include "services/payment/currency.hpp"
#include "services/payment/identifier.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <string>
#include <vector>

using namespace troupe::payment;

namespace {

constexpr troupe::base::hash_secret secret{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

} // namespace

TEST_CASE("an id leads back to the place that it was made of", "[unit][payment]") {
  const std::vector<operation_place> places{{1, 0},
                                            {1, 1},
                                            {2, 0xffffffffffffffffu},
                                            {std::numeric_limits<std::int64_t>::max(), 0x8000000000000000u}};
  for (const auto kind : {operation_kind::payment, operation_kind::refund, operation_kind::credit}) {
    for (const auto& place : places) {
      const auto id = seal_id(secret, kind, place);
      CHECK(id.size() == 36);
      CHECK(is_id(kind, id));
      CHECK(open_id(secret, kind, id) == place);
    }
  }
}

TEST_CASE("an id opens only for its own kind and with its own secret", "[unit][payment]") {
  const operation_place place{7, 42};
  const auto id = seal_id(secret, operation_kind::payment, place);
  CHECK(id.starts_with("pay_"));
  CHECK(seal_id(secret, operation_kind::refund, place).starts_with("ref_"));
  CHECK(seal_id(secret, operation_kind::credit, place).starts_with("crd_"));
  CHECK_FALSE(open_id(secret, operation_kind::refund, id));
  const auto other = open_id({1, 2}, operation_kind::payment, id);
  REQUIRE(other);
  CHECK(other->number != place.number);
}

TEST_CASE("ids of neighbours do not resemble each other", "[unit][payment]") {
  const auto first = seal_id(secret, operation_kind::payment, {1, 100});
  const auto second = seal_id(secret, operation_kind::payment, {2, 101});
  CHECK(first.substr(4, 15) != second.substr(4, 15));
}

TEST_CASE("texts that are no ids are refused", "[unit][payment]") {
  const auto id = seal_id(secret, operation_kind::payment, {1, 1});
  auto upper = id;
  upper[5] = 'A';
  auto wide = id;
  wide[35] = 'g';
  for (const auto& text : {std::string(), std::string("pay_"), id.substr(0, 35), id + "0", upper, wide,
                           "PAY_" + id.substr(4), std::string(36, '\0'),
                           std::string("pay_../../../../etc/passwd;--' OR 1=1"), std::string(100'000, 'a')}) {
    CHECK_FALSE(open_id(secret, operation_kind::payment, text));
    CHECK_FALSE(is_id(operation_kind::payment, text));
  }
}

TEST_CASE("currencies are the active codes of ISO 4217, in capitals", "[unit][payment]") {
  for (const auto* code : {"GBP", "EUR", "USD", "JPY", "AED", "ZWL", "BHD", "CHF"}) CHECK(is_currency(code));
  for (const auto* code :
       {"", "GB", "GBPX", "gbp", "Gbp", "ABC", "XXX", "XTS", "XAU", "DEM", "G P", "1BP", "\xC3\xA4X"})
    CHECK_FALSE(is_currency(code));
}

TEST_CASE("a currency survives packing", "[unit][payment]") {
  for (const auto* code : {"AAA", "GBP", "ZZZ", "AED", "ZWL"}) {
    CHECK(packed_currency(code) < 17'576);
    CHECK(unpacked_currency(packed_currency(code)) == code);
  }
  CHECK(packed_currency("GBP") != packed_currency("GPB"));
}
