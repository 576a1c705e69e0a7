#include "platform/actor/stream.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

using namespace troupe::actor;
namespace base = troupe::base;
namespace metrics = troupe::metrics;

namespace {

struct measured {
  metrics::registry registry;
  [[nodiscard]] std::int64_t open() { return registry.gauge("troupe_service_streams", "", {{"service", "s"}}, 3).value(); }
  [[nodiscard]] std::uint64_t ended(const std::string& how) {
    return registry.counter("troupe_service_streams_ended_total", "", {{"service", "s"}, {"how", how}}, 3).value();
  }
};

// Counts down to an empty last chunk.
open_streams::source countdown(int chunks, std::shared_ptr<int> held = nullptr) {
  return [chunks, held]() mutable {
    return chunks-- > 0 ? stream_chunk{base::shared_bytes(std::to_string(chunks)), false} : stream_chunk{{}, true};
  };
}

} // namespace

TEST_CASE("a stream yields its chunks and is forgotten with the last one") {
  measured m;
  open_streams streams(m.registry, "s", 3, 8);
  const auto held = std::make_shared<int>();
  const auto id = streams.open(countdown(2, held)).value().stream;
  const auto other = streams.open(countdown(1)).value().stream;
  CHECK(id != 0);
  CHECK(other != id);
  CHECK(m.open() == 2);
  CHECK(streams.next({id})->bytes.view() == "1");
  CHECK(streams.next({id})->bytes.view() == "0");
  CHECK(held.use_count() == 2);
  CHECK(streams.next({id})->is_last);
  CHECK(held.use_count() == 1);
  CHECK(streams.next({id}).error().code == base::errc::not_found);
  CHECK(streams.size() == 1);
  CHECK(m.open() == 1);
  CHECK(m.ended("completed") == 1);
}

TEST_CASE("a stream that is cancelled lets go of what it holds, once") {
  measured m;
  open_streams streams(m.registry, "s", 3, 8);
  const auto held = std::make_shared<int>();
  const auto id = streams.open(countdown(2, held)).value().stream;
  streams.cancel({id});
  streams.cancel({id});
  streams.cancel({999});
  CHECK(held.use_count() == 1);
  CHECK(streams.next({id}).has_error());
  CHECK(m.open() == 0);
  CHECK(m.ended("cancelled") == 1);
  CHECK(m.ended("completed") == 0);
}

TEST_CASE("streams are bounded, and one that ends makes room") {
  measured m;
  open_streams streams(m.registry, "s", 3, 2);
  const auto first = streams.open(countdown(1)).value().stream;
  CHECK(streams.open(countdown(1)).has_value());
  CHECK(streams.open(countdown(1)).error().code == base::errc::unavailable);
  streams.cancel({first});
  const auto again = streams.open(countdown(1));
  REQUIRE(again.has_value());
  CHECK(again->stream != first); // a late cancel of the first does not hit it
}

TEST_CASE("streams that end with their replica are open no more") {
  measured m;
  {
    open_streams streams(m.registry, "s", 3, 8);
    CHECK(streams.open(countdown(1)).has_value());
    CHECK(m.open() == 1);
  }
  CHECK(m.open() == 0);
}
