#include "platform/app/start_page.hpp"

#include <catch2/catch.hpp>

#include <string>

using troupe::app::start_page;

namespace {

bool holds(const std::string& page, const std::string& text) { return page.find(text) != std::string::npos; }

} // namespace

TEST_CASE("the start page links what the services offer, each service named once") {
  const auto page = start_page({{"catalog", "/v1/products/7", "one product"},
                                {"catalog", "/v1/products?q=tea", "a search"},
                                {"stats", "/v1/stats/top", "best sellers"}});
  CHECK(holds(page, "<a href=\"/v1/products/7\"><code>/v1/products/7</code></a></td><td>one product</td>"));
  CHECK(holds(page, "<tr><td>catalog</td>"));
  CHECK(holds(page, "<tr><td></td><td><a href=\"/v1/products?q=tea\">"));
  CHECK(holds(page, "<tr><td>stats</td>"));
  CHECK(page.find("<td>catalog</td>") == page.rfind("<td>catalog</td>"));
  CHECK(page.starts_with("<!doctype html>"));
  CHECK(page.ends_with("</html>\n"));
}

TEST_CASE("what a service offers cannot become markup") {
  const auto page = start_page({{"<b>&", "/a?b=1&c=\"><script>", "it's <script>alert(\"1\")</script>"}});
  CHECK_FALSE(holds(page, "<script"));
  CHECK_FALSE(holds(page, "<b>"));
  CHECK(holds(page, "<td>&lt;b&gt;&amp;</td>"));
  CHECK(holds(page, "href=\"/a?b=1&amp;c=&quot;&gt;&lt;script&gt;\""));
  CHECK(holds(page, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;"));
}

TEST_CASE("a start page without services is a page all the same") {
  const auto page = start_page({});
  CHECK(holds(page, "<table>\n</table>"));
}
