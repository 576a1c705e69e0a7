#include "platform/websocket/handshake.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace troupe::websocket;

namespace {

using fields = std::vector<std::pair<std::string, std::string>>;

const fields sample{{"Host", "server.example.org"},
                    {"Upgrade", "websocket"},
                    {"Connection", "Upgrade"},
                    {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="},
                    {"Sec-WebSocket-Version", "13"}};

// The sample with one field changed, or left out when the value is empty, or added.
fields with(const std::string& name, const std::string& value, fields from = sample) {
  for (auto at = from.begin(); at != from.end(); ++at) {
    if (at->first != name) continue;
    if (value.empty()) {
      from.erase(at);
    } else {
      at->second = value;
    }
    return from;
  }
  from.emplace_back(name, value);
  return from;
}

fields and_also(const std::string& name, const std::string& value) {
  auto all = sample;
  all.emplace_back(name, value);
  return all;
}

handshake::verdict judge(const fields& all, const handshake_rules& rules = {}, bool may_compress = false) {
  handshake shake;
  for (const auto& [name, value] : all) shake.take(name, value);
  return shake.judge(true, true, false, rules, may_compress);
}

} // namespace

TEST_CASE("RFC 6455 1.3: the sample key has the sample answer") {
  CHECK(accept_value("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const auto v = judge(sample);
  CHECK(v.status == 101);
  CHECK(v.fields == "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
}

TEST_CASE("RFC 6455 4.2.1: names and tokens compare without case, and the tokens may stand among others") {
  CHECK(judge({{"host", "a"}, {"UPGRADE", "h2c, WebSocket"}, {"connection", "keep-alive ,\tUPGRADE"},
               {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}, {"SEC-WEBSOCKET-VERSION", "13"}})
            .status == 101);
  CHECK(judge(and_also("Connection", "keep-alive")).status == 101);
  CHECK(judge(and_also("Upgrade", "h2c")).status == 101);
}

TEST_CASE("C-79, RFC 9110 7.8: without an upgrade to websocket the answer says which upgrade is required") {
  for (const auto& request : {with("Upgrade", ""), with("Upgrade", "h2c"), with("Upgrade", "websockets"),
                              with("Connection", ""), with("Connection", "keep-alive"), with("Connection", "Upgraded")}) {
    const auto v = judge(request);
    CHECK(v.status == 426);
    CHECK(v.fields == "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n");
  }
}

TEST_CASE("C-79, RFC 6455 4.4: another version than 13 is told the version") {
  for (const std::string version : {"", "8", "12", "14", "013", "13, 8", "-1", "x"}) {
    const auto v = judge(with("Sec-WebSocket-Version", version));
    INFO(version);
    CHECK(v.status == 426);
    CHECK(v.fields.find("Sec-WebSocket-Version: 13\r\n") != std::string::npos);
  }
  CHECK(judge(and_also("Sec-WebSocket-Version", "13")).status == 426);
}

TEST_CASE("C-79, RFC 6455 4.2.1: the key is 16 bytes in base64, once") {
  for (const std::string key : {"", "x", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ===",
                                "dGhlIHNhbXBsZSBub25j", "dGhlIHNhbXBsZSBub25jZQ=A", "dGhlIHNhbXBsZSBub25jZ A=", "=GhlIHNhbXBsZSBub25jZQ==",
                                "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ=="}) {
    INFO(key);
    CHECK(judge(with("Sec-WebSocket-Key", key)).status == 400);
  }
  CHECK(judge(and_also("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")).status == 400);
  CHECK(judge(with("Sec-WebSocket-Key", "+/+/+/+/+/+/+/+/+/+/+w==")).status == 101);
}

TEST_CASE("C-79, RFC 6455 4.1: only GET of HTTP/1.1 without a body opens a WebSocket") {
  handshake shake;
  for (const auto& [name, value] : sample) shake.take(name, value);
  const auto other_method = shake.judge(false, true, false, {});
  CHECK(other_method.status == 405);
  CHECK(other_method.fields == "Allow: GET\r\n");
  CHECK(shake.judge(true, false, false, {}).status == 400);
  CHECK(shake.judge(true, true, true, {}).status == 400);
  CHECK(shake.judge(true, true, false, {}).status == 101);
}

TEST_CASE("C-20, RFC 9112 3.2.2: the authority of a target in absolute form counts, and Host does not") {
  const auto from = [](std::string_view target, const std::string& origin) {
    handshake shake;
    shake.take_target(target);
    const auto request = with("Origin", origin); // to server.example.org
    for (const auto& [name, value] : request) shake.take(name, value);
    return shake.judge(true, true, false, {}).status;
  };
  for (const std::string_view target : {"http://a.example/echo-ws", "HTTP://A.example:80/x?y=://", "http://a.example?q", "http://a.example"}) {
    INFO(target);
    CHECK(from(target, "http://a.example") == 101);
    CHECK(from(target, "http://server.example.org") == 403);
  }
  for (const std::string_view target : {"/echo-ws", "/http://a.example/", "/?http://a.example/"}) {
    INFO(target);
    CHECK(from(target, "http://a.example") == 403);
    CHECK(from(target, "http://server.example.org") == 101);
  }
}

TEST_CASE("C-79, RFC 6455 10.2: a page may connect to its own host, or from an origin that the route allows") {
  const handshake_rules rules{{"https://shop.example.org", "http://localhost:3000"}, false, {}};
  const auto from = [&](const std::string& origin) { return judge(with("Origin", origin), rules).status; };
  CHECK(judge(sample, rules).status == 101); // no browser
  CHECK(from("https://server.example.org") == 101);
  CHECK(from("http://SERVER.example.org") == 101);
  CHECK(from("https://server.example.org:443") == 101);
  CHECK(from("https://shop.example.org") == 101);
  CHECK(from("http://localhost:3000") == 101);
  for (const std::string origin : {"https://evil.example.org", "http://shop.example.org", "http://localhost:3001", "null", "*",
                                   "https://server.example.org.evil.example.org", "https://server.example.org:8443", "server.example.org",
                                   "https://", "https://evil.example.org/https://server.example.org"}) {
    INFO(origin);
    CHECK(from(origin) == 403);
    CHECK(judge(with("Origin", origin), {{}, true, {}}).status == 101);
  }
  auto twice = with("Origin", "https://shop.example.org");
  twice.emplace_back("Origin", "https://evil.example.org");
  CHECK(judge(twice, rules).status == 403);
  const auto with_port = with("Host", "server.example.org:8080", with("Origin", "http://server.example.org:8080"));
  CHECK(judge(with_port, rules).status == 101);
  const auto implied = with("Host", "server.example.org:80", with("Origin", "http://server.example.org"));
  CHECK(judge(implied, rules).status == 101);
}

TEST_CASE("RFC 6455 4.2.2: the first subprotocol that the client offers and the route knows is chosen") {
  const handshake_rules rules{{}, false, {"v1.troupe", "v2.troupe"}};
  CHECK(judge(with("Sec-WebSocket-Protocol", "mqtt, v2.troupe, v1.troupe"), rules).subprotocol == "v2.troupe");
  auto two_lines = with("Sec-WebSocket-Protocol", "mqtt");
  two_lines.emplace_back("Sec-WebSocket-Protocol", "v1.troupe");
  const auto v = judge(two_lines, rules);
  CHECK(v.status == 101);
  CHECK(v.fields.ends_with("\r\nSec-WebSocket-Protocol: v1.troupe\r\n"));
  for (const std::string none : {"mqtt", "V1.troupe", ", ,", "v1"}) {
    const auto without = judge(with("Sec-WebSocket-Protocol", none), rules);
    CHECK(without.status == 101);
    CHECK(without.fields.find("Protocol") == std::string::npos);
  }
}

TEST_CASE("RFC 7692 5: an offer of permessage-deflate is accepted where messages may be compressed, and only there") {
  const auto offer = with("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits");
  const auto without = judge(offer);
  CHECK(without.status == 101);
  CHECK_FALSE(without.deflate);
  CHECK(without.fields.find("Extensions") == std::string::npos);
  const auto v = judge(offer, {}, true);
  CHECK(v.status == 101);
  CHECK(v.deflate);
  CHECK(v.fields.ends_with("\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"));
  const auto none = judge(sample, {}, true);
  CHECK_FALSE(none.deflate);
  CHECK(none.fields.find("Extensions") == std::string::npos);
}

TEST_CASE("RFC 6455 9.1: extensions that are not of their grammar fail the handshake, compressed or not") {
  for (const bool may_compress : {false, true}) {
    CHECK(judge(with("Sec-WebSocket-Extensions", "permessage-deflate;"), {}, may_compress).status == 400);
    CHECK(judge(with("Sec-WebSocket-Extensions", "of, no; concern=\"here\""), {}, may_compress).status == 101);
  }
}
