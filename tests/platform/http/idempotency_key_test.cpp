#include "platform/http/idempotency_key.hpp"

#include <catch2/catch.hpp>

#include <string>

using troupe::http::parse_idempotency_key;

TEST_CASE("a quoted and a bare key of one text are the same key") {
  CHECK(parse_idempotency_key("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"") == "8e03978e-40d5-43dd-bc93-6894a57f9324");
  CHECK(parse_idempotency_key("8e03978e-40d5-43dd-bc93-6894a57f9324") == "8e03978e-40d5-43dd-bc93-6894a57f9324");
  CHECK(parse_idempotency_key("\"a b, c\"") == "a b, c");
  CHECK(parse_idempotency_key("~!#$%&'()*+-./:;<=>?@[]^_`{|}") == "~!#$%&'()*+-./:;<=>?@[]^_`{|}");
}

TEST_CASE("a string may hold quotes and backslashes, escaped (RFC 8941 section 3.3.3)") {
  CHECK(parse_idempotency_key("\"a\\\"b\"") == "a\"b");
  CHECK(parse_idempotency_key("\"a\\\\b\"") == "a\\b");
}

TEST_CASE("C-120: what is no key of 1 to 255 printable characters is refused") {
  const std::string longest(255, 'k');
  CHECK(parse_idempotency_key(longest) == longest);
  CHECK(parse_idempotency_key('"' + longest + '"') == longest);
  for (const std::string& value :
       {std::string(), std::string("\"\""), std::string("\""), longest + "k", '"' + longest + "k\"", std::string("a b"),
        std::string("a,b"), std::string("\"a"), std::string("a\""), std::string("\"a\\n\""), std::string("\"a\\\""),
        std::string("a\\b"), std::string("\"a\"b\""), std::string("\"a\";p=1"), std::string("\"a\", \"b\""),
        std::string("a\tb"), std::string("\"a\x7f\""), std::string("\"\x01\""), std::string("caf\xc3\xa9"),
        std::string("\"a\0b\"", 5), std::string(" a")}) {
    INFO(value);
    CHECK(parse_idempotency_key(value) == std::nullopt);
  }
}
