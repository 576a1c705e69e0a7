#include "services/retail/replay_answer.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace troupe::retail {

TEST_CASE("replay answer: the counts of a batch must add up to what was sent") {
  const auto counts = parse_event_counts(R"({"accepted":3,"duplicates":2})", 5);
  REQUIRE(counts.has_value());
  CHECK(counts->accepted == 3);
  CHECK(counts->duplicates == 2);
  for (const char* body : {"", "[]", "{}", R"({"accepted":5})", R"({"accepted":4,"duplicates":2})",
                           R"({"accepted":6,"duplicates":-1})", R"({"accepted":"5","duplicates":0})",
                           R"({"accepted":18446744073709551615,"duplicates":6})"}) {
    INFO(body);
    CHECK(parse_event_counts(body, 5).has_error());
  }
}

TEST_CASE(
    "replay answer: a failure is explained by the problem's detail, its title, or the start of the body") {
  struct {
    http_answer answer;
    std::string text;
  } const cases[] = {
      {{0, "", {}, "connect: Connection refused"}, "connect: Connection refused"},
      {{422, R"({"title":"Unprocessable","detail":"other payload"})", {}, ""},
       R"(status 422: "other payload")"},
      {{500, R"({"title":"Internal"})", {}, ""}, R"(status 500: "Internal")"},
      {{502, "<html>\x1b", {}, ""}, R"(status 502: "<html>\x1b")"},
      {{503, "", {}, ""}, "status 503"},
      {{500, R"({"detail":""})", {}, ""}, R"(status 500: "{\"detail\":\"\"}")"},
  };
  for (const auto& c : cases) CHECK(explain(c.answer) == c.text);
  CHECK(explain({500, std::string(100'000, 'x'), {}, ""}).size() < 400);
}

} // namespace troupe::retail
