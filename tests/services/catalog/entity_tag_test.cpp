#include "services/catalog/entity_tag.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace troupe::catalog;

TEST_CASE("RFC 9110 section 8.8.3.2: a tag is found in a list, weak ones only by weak comparison", "[unit]") {
  struct example {
    std::string list;
    bool weak;
    bool strong;
  };
  const std::vector<example> examples{
      {R"("v1-ab")", true, true},
      {"*", true, true},
      {"  *  ", true, true},
      {R"(W/"v1-ab")", true, false},
      {R"("x", "v1-ab")", true, true},
      {R"("x","v1-ab","y")", true, true},
      {R"(,, "v1-ab" ,)", true, true},
      {R"("a,b", W/"v1-ab")", true, false},
      {R"(W/"v1-ab", "v1-ab")", true, true},
      {R"("v1-a")", false, false},
      {R"("v1-abc")", false, false},
      {R"("V1-AB")", false, false},
      {R"(w/"v1-ab")", false, false},
      {"v1-ab", false, false},
      {R"("v1-ab)", false, false},
      {R"(x "v1-ab")", false, false},
      {R"("x""v1-ab")", false, false},
      {R"("", "v1-ab")", true, true},
      {R"("*")", false, false},
      {"**", false, false},
      {"W/", false, false},
      {"\"", false, false},
      {" \t,", false, false},
      {"", false, false},
  };
  for (const auto& [list, weak, strong] : examples) {
    CAPTURE(list);
    CHECK(names_tag(list, R"("v1-ab")", tag_comparison::weak) == weak);
    CHECK(names_tag(list, R"("v1-ab")", tag_comparison::strong) == strong);
  }
}
