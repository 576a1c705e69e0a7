#include "platform/actor/envelope.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>

using troupe::actor::trace_context;

TEST_CASE("the request id is the trace id in 32 lower-case hexadecimal digits") {
  const trace_context trace{.trace_high = 0x0af7651916cd43dd, .trace_low = 0x8448eb211c80319c, .span = 7};
  CHECK(trace.request_id() == "0af7651916cd43dd8448eb211c80319c");
  CHECK(trace_context{.trace_low = 1}.request_id() == "00000000000000000000000000000001");
  CHECK(trace_context{.trace_high = std::numeric_limits<std::uint64_t>::max()}.request_id() ==
        "ffffffffffffffff0000000000000000");
}
