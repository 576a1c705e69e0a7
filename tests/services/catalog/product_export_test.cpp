#include "services/catalog/product_export.hpp"

#include "tests/services/catalog/samples.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace troupe::catalog;
using test::entry_of;
using test::list_of;
using test::sample;

namespace {

/// Products p0000, p0001, ... with every second one, in no order.
std::vector<entry_ptr> every_second(int first, int count) {
  std::vector<entry_ptr> entries;
  for (int i = count - 1; i >= 0; --i) {
    const auto digits = std::to_string(10'000 + first + 2 * i);
    entries.push_back(entry_of(sample("p" + digits)));
  }
  return entries;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    REQUIRE(end != std::string_view::npos);
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

} // namespace

TEST_CASE("An export has a line for each product, by id, in chunks that are not much larger than they should be", "[unit]") {
  product_index index;
  const auto entries = every_second(0, 1000);
  index.load({list_of(entries)});
  product_export walk(index);
  std::vector<std::string> lines;
  int chunks = 0;
  for (bool is_last = false; !is_last; ++chunks) {
    REQUIRE(chunks < 100);
    const auto chunk = walk.next();
    is_last = chunk.is_last;
    CHECK((is_last || chunk.bytes.size() >= product_export::chunk_bytes));
    CHECK(chunk.bytes.size() < 2 * product_export::chunk_bytes);
    const auto more = lines_of(chunk.bytes.view());
    lines.insert(lines.end(), more.begin(), more.end());
  }
  CHECK(chunks > 3);
  std::vector<std::string> expected;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) expected.emplace_back((*entry)->body.view());
  CHECK(lines == expected);
}

TEST_CASE("An export shows of each product what it is when its turn comes, also after everything was loaded anew", "[unit]") {
  product_index index;
  auto entries = every_second(0, 500);
  index.load({list_of(entries)});
  product_export walk(index);
  const auto first = lines_of(walk.next().bytes.view());
  auto reloaded = entries;
  reloaded.push_back(entry_of(sample("p10000a"))); // behind the walk, as "a"
  reloaded.push_back(entry_of(sample("a")));
  index.load({list_of(reloaded)});
  index.apply({list_of({entry_of(sample("p10998"), 7), entry_of(sample("p10997")), entry_of(sample("z")), entry_of(sample("p10000b"))})});
  std::vector<std::string> rest;
  for (bool is_last = false; !is_last;) {
    const auto chunk = walk.next();
    is_last = chunk.is_last;
    const auto more = lines_of(chunk.bytes.view());
    rest.insert(rest.end(), more.begin(), more.end());
  }
  CHECK(first.size() + rest.size() == 502);
  CHECK(rest.back().find("\"id\":\"z\"") != std::string::npos);
  CHECK(rest[rest.size() - 2].find("\"version\":7") != std::string::npos);
  CHECK(rest[rest.size() - 3].find("\"id\":\"p10997\"") != std::string::npos);
}

TEST_CASE("An export of nothing is one empty chunk", "[unit]") {
  const product_index index;
  product_export walk(index);
  const auto chunk = walk.next();
  CHECK(chunk.is_last);
  CHECK(chunk.bytes.empty());
}

TEST_CASE("Products are walked over in the order of their ids, byte by byte, from any id on", "[unit]") {
  product_index index;
  index.load({list_of({entry_of(sample("b")), entry_of(sample("\xC3\xA9")), entry_of(sample("B")), entry_of(sample("ba"))})});
  std::vector<std::string> ids;
  index.walk_after("b", [&](const product_entry& entry) {
    ids.push_back(entry.product.id());
    return true;
  });
  CHECK(ids == std::vector<std::string>{"ba", "\xC3\xA9"});
  index.walk_after("", [&](const product_entry& entry) {
    ids.push_back(entry.product.id());
    return ids.size() < 4;
  });
  CHECK(ids == std::vector<std::string>{"ba", "\xC3\xA9", "B", "b"});
}
