// Forwarded and X-Forwarded-For. Input: one byte (which fields), then their values, a line each.

#include "platform/http/forwarded.hpp"
#include "tests/fuzz/require.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace troupe;
  using fuzz::require;
  if (size == 0) return 0;
  static const base::ip_networks trusted{*base::ip_network::parse("10.0.0.0/8"), *base::ip_network::parse("fd00::/8")};
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::vector<http::header_field> fields;
  for (std::string_view rest = text;;) {
    const auto end = rest.find('\n');
    fields.push_back({(data[0] >> (fields.size() % 8) & 1) != 0 ? "forwarded" : "x-forwarded-for", rest.substr(0, end)});
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  static_cast<void>(http::forwarded_client(fields, trusted).text());
  // What the last proxy appends decides, whatever the client has sent before.
  auto appended = fields;
  appended.push_back({fields.back().name, fields.back().name == "forwarded" ? "for=198.51.100.7" : "198.51.100.7"});
  bool is_one_kind = true;
  for (const auto& f : fields) is_one_kind = is_one_kind && f.name == fields.back().name;
  const auto expected = is_one_kind ? "198.51.100.7" : "";
  require(http::forwarded_client(appended, trusted).text() == expected, "the rightmost untrusted address is the client");
  return 0;
}
