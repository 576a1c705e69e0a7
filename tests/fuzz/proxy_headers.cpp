// PROXY protocol headers. Input: a connection's first bytes.

#include "platform/net/proxy_header.hpp"
#include "tests/fuzz/require.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace {

// From a copy with nothing behind it, so that the sanitizer sees a look beyond the end.
troupe::net::proxy_header read(const std::uint8_t* data, std::size_t size) {
  const std::unique_ptr<char[]> copy(new char[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
  return troupe::net::read_proxy_header({copy.get(), size});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using troupe::fuzz::require;
  using status = troupe::net::proxy_header::outcome;
  const auto whole = read(data, size);
  if (whole.status == status::complete) require(whole.size >= 16 && whole.size <= size, "a header lies within what has come");
  if (whole.status == status::need_more) require(size < troupe::net::proxy_header::most_bytes, "the wait for more has an end");
  // What comes in pieces is the same: nothing is decided before it is certain, and nothing changes afterwards.
  for (std::size_t part = 0; part < size && part < 600; ++part) {
    const auto early = read(data, part);
    if (early.status == status::need_more) continue;
    require(early.status == whole.status && early.size == whole.size && early.client == whole.client, "pieces give the same as the whole");
    break;
  }
  return 0;
}
