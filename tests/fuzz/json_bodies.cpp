// JSON bodies: as a document, and as the messages that services take. Input: one byte that chooses the message, then the text.

#include "catalog/v1/catalog.pb.h"
#include "payment/v1/payment.pb.h"
#include "platform/json/document.hpp"
#include "platform/json/message.hpp"
#include "stats/v1/stats.pb.h"
#include "tests/fuzz/require.hpp"

#include <boost/json/serialize.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace {

using troupe::fuzz::require;

template <class Message>
void decode(std::string_view text) {
  Message message;
  const auto decoded = troupe::json::decode(text, message);
  if (!decoded) return require(!decoded.error().detail.empty(), "a refusal says why");
  require(troupe::json::parse(text).has_value(), "what a message is read from is a document");
  const auto encoded = troupe::json::encode(message);
  require(troupe::json::parse(encoded).has_value(), "what is written is a document");
}

void document(std::string_view text) {
  const auto first = troupe::json::parse(text);
  if (!first) return require(!first.error().detail.empty(), "a refusal says why");
  const auto written = boost::json::serialize(*first);
  const auto second = troupe::json::parse(written);
  require(second.has_value() && *second == *first, "a document written and read again is the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string input(reinterpret_cast<const char*>(data), size);
  const auto text = std::string_view(input).substr(1);
  document(text);
  switch (input.front() & 3) {
  case 0: decode<troupe::catalog::v1::Product>(text); break;
  case 1: decode<troupe::payment::v1::CreatePaymentRequest>(text); break;
  case 2: decode<troupe::stats::v1::PublishEventsRequest>(text); break;
  default: decode<troupe::catalog::v1::BatchProductsRequest>(text); break;
  }
  return 0;
}
