#include "platform/server/frame_queue.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace troupe::server;
using troupe::base::shared_bytes;

TEST_CASE("a queue gives back what waits longest, and knows what it holds") {
  frame_queue queue;
  CHECK(queue.empty());
  CHECK(queue.cost() == 0);
  queue.push({true, shared_bytes("one")});
  queue.push({false, shared_bytes("three")});
  CHECK(queue.cost() == channel_link::cost(shared_bytes("one")) + channel_link::cost(shared_bytes("three")));
  auto first = queue.pop();
  CHECK(first.is_text);
  CHECK(first.bytes.view() == "one");
  CHECK_FALSE(queue.pop().is_text);
  CHECK(queue.empty());
  CHECK(queue.cost() == 0);
}

TEST_CASE("a queue that is never empty keeps its order and its size") {
  frame_queue queue;
  for (int i = 0; i < 100; ++i) queue.push({true, shared_bytes(std::to_string(i))});
  const auto cost = queue.cost();
  for (int i = 0; i < 10'000; ++i) {
    REQUIRE(queue.pop().bytes.view() == std::to_string(i));
    queue.push({true, shared_bytes(std::to_string(i + 100))});
  }
  CHECK(queue.cost() > cost);
  CHECK(queue.cost() < 2 * cost);
  queue.clear();
  CHECK(queue.empty());
  CHECK(queue.cost() == 0);
}

TEST_CASE("an empty message costs a place in the queue all the same") {
  frame_queue queue;
  queue.push({true, {}});
  CHECK(queue.cost() > 0);
}
