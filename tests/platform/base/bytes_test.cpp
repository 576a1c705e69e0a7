#include "platform/base/bytes.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using troupe::base::shared_bytes;

TEST_CASE("shared bytes hold a copy of the text, with every byte of it") {
  std::string text("a\0b\xFF", 4);
  const shared_bytes bytes(text);
  text[0] = 'x';
  CHECK(bytes.view() == std::string_view("a\0b\xFF", 4));
  CHECK(bytes.size() == 4);
  CHECK_FALSE(bytes.empty());
}

TEST_CASE("an empty text needs no memory and reads as empty") {
  for (const auto& bytes : {shared_bytes(), shared_bytes(""), shared_bytes(std::string_view())}) {
    CHECK(bytes.empty());
    CHECK(bytes.size() == 0);
    CHECK(bytes.view().empty());
  }
}

TEST_CASE("copies share the bytes, which live as long as one of them") {
  shared_bytes last;
  {
    const shared_bytes first("shared");
    const shared_bytes second = first;
    CHECK(first.view().data() == second.view().data());
    last = second;
  }
  CHECK(last.view() == "shared");
  const auto& alias = last;
  last = alias;
  CHECK(last.view() == "shared");
}

TEST_CASE("a move leaves nothing behind") {
  shared_bytes from("text");
  shared_bytes to = std::move(from);
  CHECK(from.empty()); // NOLINT(bugprone-use-after-move): on purpose
  CHECK(to.view() == "text");
  to = shared_bytes("other");
  CHECK(to.view() == "other");
}

TEST_CASE("threads may copy and drop the same bytes") {
  const shared_bytes bytes("text");
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([bytes] {
        for (int round = 0; round < 10'000; ++round) {
          const shared_bytes copy = bytes;
          if (copy.size() != 4) std::terminate();
        }
      });
    }
  }
  CHECK(bytes.view() == "text");
}
