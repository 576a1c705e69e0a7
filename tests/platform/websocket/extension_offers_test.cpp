#include "platform/websocket/extension_offers.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe::websocket;

namespace {

const std::string accepted = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

// The answer's value; "" when nothing is accepted, "malformed" when the handshake fails.
std::string answer(const std::vector<std::string>& fields) {
  extension_offers offers;
  for (const auto& value : fields) offers.take(value);
  if (offers.is_malformed()) return "malformed";
  if (!offers.agreement()) return "";
  const auto line = field_line(*offers.agreement());
  const std::string name = "Sec-WebSocket-Extensions: ";
  REQUIRE(line.starts_with(name));
  REQUIRE(line.ends_with("\r\n"));
  return line.substr(name.size(), line.size() - name.size() - 2);
}

} // namespace

TEST_CASE("RFC 7692 7.1: both sides are told to begin each message anew, whatever was offered") {
  for (const std::string offer :
       {"permessage-deflate", "permessage-deflate; client_max_window_bits", "permessage-deflate; client_max_window_bits=8",
        "permessage-deflate;client_max_window_bits=15", "permessage-deflate; server_no_context_takeover",
        "permessage-deflate; client_no_context_takeover; server_no_context_takeover", "permessage-deflate ; client_max_window_bits = 10",
        "permessage-deflate; client_max_window_bits=\"12\"", "permessage-deflate; client_max_window_bits=\"\\1\\2\""}) {
    INFO(offer);
    CHECK(answer({offer}) == accepted);
  }
}

TEST_CASE("RFC 7692 7.1.2.1: the client's bound of the server's window is kept to and said") {
  for (int bits = 9; bits <= 15; ++bits) {
    extension_offers offers;
    offers.take("permessage-deflate; server_max_window_bits=" + std::to_string(bits));
    REQUIRE(offers.agreement());
    CHECK(offers.agreement()->window_bits == bits);
    CHECK(field_line(*offers.agreement()) == "Sec-WebSocket-Extensions: " + accepted + "; server_max_window_bits=" + std::to_string(bits) + "\r\n");
  }
  CHECK(answer({"permessage-deflate; server_max_window_bits=\"10\""}) == accepted + "; server_max_window_bits=10");
}

TEST_CASE("RFC 7692 7.1.2.1: a window of 256 bytes, which zlib cannot keep to, is declined") {
  CHECK(answer({"permessage-deflate; server_max_window_bits=8"}).empty());
  CHECK(answer({"permessage-deflate; server_max_window_bits=8, permessage-deflate"}) == accepted);
}

TEST_CASE("RFC 7692 7: an offer with an unknown, doubled or wrong parameter is declined") {
  for (const std::string parameters :
       {"unknown", "unknown=1", "server_max_window_bits", "server_max_window_bits=7", "server_max_window_bits=16",
        "server_max_window_bits=010", "server_max_window_bits=08", "server_max_window_bits=1", "server_max_window_bits=100",
        "server_max_window_bits=x", "server_max_window_bits=1x", "server_max_window_bits=-9", "client_max_window_bits=7",
        "client_max_window_bits=16", "client_max_window_bits=09", "client_max_window_bits=+9", "server_no_context_takeover=1",
        "client_no_context_takeover=true", "client_no_context_takeover; client_no_context_takeover",
        "server_no_context_takeover; server_no_context_takeover", "client_max_window_bits; client_max_window_bits=10",
        "server_max_window_bits=10; server_max_window_bits=10", "Client_Max_Window_Bits", "server_max_window_bits=10; unknown"}) {
    INFO(parameters);
    CHECK(answer({"permessage-deflate; " + parameters}).empty());
    CHECK(answer({"permessage-deflate; " + parameters + ", permessage-deflate; server_max_window_bits=11, permessage-deflate"}) ==
          accepted + "; server_max_window_bits=11"); // the first that can be accepted
  }
}

TEST_CASE("RFC 7692 5: other extensions are passed over, and offers may stand in several fields") {
  CHECK(answer({}).empty());
  CHECK(answer({""}).empty());
  CHECK(answer({"permessage-bzip2; level=9"}).empty());
  CHECK(answer({"x-webkit-deflate-frame, permessage-deflate; client_max_window_bits"}) == accepted);
  CHECK(answer({"foo; a=\"b\"", "", "permessage-deflate"}) == accepted);
  CHECK(answer({" , ,\tpermessage-deflate , "}) == accepted);
  CHECK(answer({"permessage-deflate-2"}).empty());
}

TEST_CASE("RFC 6455 9.1: what is not of the grammar is malformed, before and behind an offer that is") {
  for (const std::string wrong : {";", "=", "permessage-deflate;", "permessage-deflate; ;", "permessage-deflate; a=", "a b",
                                  "permessage-deflate; =1", "permessage-deflate client_max_window_bits", "a;b=\"", "a;b=\"\"", "a;b=\"c", "a;b=\"c d\"",
                                  "a;b=\"c\"d", "a;b=c=d", "a;b=\"\\", "\"a\"", "a/b", "a;b=\x7F", "a;b=\xC3\xA9", "a;b={"}) {
    INFO(wrong);
    CHECK(answer({wrong}) == "malformed");
    CHECK(answer({"permessage-deflate", wrong}) == "malformed");
    CHECK(answer({wrong, "permessage-deflate"}) == "malformed");
    CHECK(answer({"permessage-deflate," + wrong}) == "malformed");
  }
}
