#include "platform/base/map_by_text.hpp"
#include "tests/platform/base/colliding_texts.hpp"

using namespace troupe::base;

TEST_CASE("C-23: texts that collide in the standard hash fill no bucket") {
  const auto texts = test::colliding_texts::make(4000);
  map_by_text<std::size_t> map(0, text_hash({1, 2}));
  for (const auto& text : texts) map.emplace(text, map.size());
  CHECK(map.size() == texts.size());
  CHECK(longest_bucket(map) <= 12);
  map_by_text<std::size_t> of_process;
  for (const auto& text : texts) of_process.emplace(text, of_process.size());
  CHECK(longest_bucket(of_process) <= 16); // more in one of 10^9 processes
}

TEST_CASE("A map of texts is searched by views, and keeps its secret when it is moved") {
  map_by_text<int> map(0, text_hash({3, 4}));
  for (int i = 0; i < 100; ++i) map.emplace(std::to_string(i), i);
  CHECK(map.find(std::string_view("17.").substr(0, 2))->second == 17);
  CHECK(map.find(std::string_view("100")) == map.end());
  map_by_text<int> other;
  other.emplace("17", -1);
  other = std::move(map);
  CHECK(other.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(other.find(std::to_string(i))->second == i);
  const auto copy = other;
  CHECK(copy.find(std::string_view("99"))->second == 99);
}
