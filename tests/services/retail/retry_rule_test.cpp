#include "services/retail/retry_rule.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <optional>

namespace troupe::retail {

using namespace std::chrono_literals;

TEST_CASE("retry rule: only answers that may change are worth another try") {
  for (const int status : {409, 429, 503, 504}) CHECK(is_worth_retrying(status));
  for (const int status : {200, 201, 301, 400, 401, 404, 413, 422, 500, 501, 502})
    CHECK_FALSE(is_worth_retrying(status));
}

TEST_CASE("retry rule: the wait doubles up to its bound, and chance takes away at most half") {
  const retry_rule rule;
  const std::chrono::milliseconds full[] = {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 5000ms, 5000ms};
  int tries = 0;
  for (const auto wait : full) {
    ++tries;
    CHECK(wait_before_retry(rule, tries, std::nullopt, 0.0) == wait);
    CHECK(wait_before_retry(rule, tries, std::nullopt, 0.5) == wait * 3 / 4);
    CHECK(wait_before_retry(rule, tries, std::nullopt, 0.999999) >= wait / 2);
  }
  CHECK(wait_before_retry(rule, 1'000'000, std::nullopt, 0.0) == 5000ms);
}

TEST_CASE("retry rule: the server's wish is honoured up to the bound and never shortens the wait") {
  const retry_rule rule;
  CHECK(wait_before_retry(rule, 1, 2s, 0.0) == 2000ms);
  CHECK(wait_before_retry(rule, 1, 3600s, 0.0) == 5000ms);
  CHECK(wait_before_retry(rule, 6, 0s, 0.0) == 3200ms);
}

TEST_CASE("retry rule: Retry-After is read in seconds, any other form is passed over") {
  CHECK(parse_retry_after("0") == 0s);
  CHECK(parse_retry_after("120") == 120s);
  CHECK(parse_retry_after("99999999999999999999").value() > 5s);
  for (const char* other : {"", "-1", "1.5", "5 s", "soon", "Fri, 31 Dec 1999 23:59:59 GMT"})
    CHECK(parse_retry_after(other) == std::nullopt);
}

} // namespace troupe::retail
