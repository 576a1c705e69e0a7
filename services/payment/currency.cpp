#include "services/payment/currency.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace troupe::payment {

namespace {

// In the order of the letters: searched by halves.
constexpr std::string_view codes[] = {
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT", "BGN", "BHD",
    "BIF", "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD", "CDF", "CHF", "CLP", "CNY",
    "COP", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD", "EGP", "ERN", "ETB", "EUR", "FJD", "FKP",
    "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ", "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR",
    "IQD", "IRR", "ISK", "JMD", "JOD", "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT",
    "LAK", "LBP", "LKR", "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR",
    "MVR", "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN", "PGK",
    "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR", "SDG", "SEK", "SGD",
    "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB", "TJS", "TMT", "TND", "TOP", "TRY",
    "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS", "VED", "VES", "VND", "VUV", "WST", "XAF", "XCD",
    "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG", "ZWL"};

static_assert(std::is_sorted(std::begin(codes), std::end(codes)));

constexpr std::int64_t letters = 26;

} // namespace

bool is_currency(std::string_view code) noexcept {
  return std::binary_search(std::begin(codes), std::end(codes), code);
}

std::int64_t packed_currency(std::string_view code) noexcept {
  std::int64_t packed = 0;
  for (const char c : code) packed = packed * letters + (c - 'A');
  return packed;
}

std::string unpacked_currency(std::int64_t packed) {
  std::string code(3, 'A');
  for (auto c = code.rbegin(); c != code.rend(); ++c) {
    *c = static_cast<char>('A' + packed % letters);
    packed /= letters;
  }
  return code;
}

} // namespace troupe::payment
