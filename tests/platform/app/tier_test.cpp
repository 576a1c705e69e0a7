#include "platform/app/tier.hpp"

#include "platform/actor/system.hpp"
#include "platform/actor/type_ids.hpp"
#include "platform/net/poller.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace actor = troupe::actor;
using troupe::app::tier;

namespace {

// CAF must know all types before the first actor system of the program.
[[maybe_unused]] const bool registered = [] {
  actor::register_platform_types();
  return true;
}();

struct stage {
  // A service whose replicas do nothing.
  actor::service<caf::actor> start(const std::string& name, std::size_t replicas = 1) {
    tier::service_options options;
    options.replicas = replicas;
    options.most_in_flight = 7;
    return running.supervise<caf::actor>(name, options, [this](std::size_t) {
      return caf::actor(system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](actor::tick) {}}; }));
    });
  }

  troupe::metrics::registry registry;
  std::unique_ptr<troupe::net::poller> poller = std::move(*troupe::net::poller::open());
  actor::system_config config{{2}, *poller};
  caf::actor_system system{config};
  tier running{system, registry, "data", 2, 4};
};

} // namespace

TEST_CASE("a tier tells a service what it starts with") {
  stage s;
  CHECK(&s.running.system() == &s.system);
  CHECK(&s.running.metrics() == &s.registry);
  CHECK(s.running.data_dir() == "data");
  CHECK(s.running.cores() == 2);
  CHECK(s.running.connection_actors() == 4);
  CHECK(s.running.routes().size() == 0);
}

TEST_CASE("a service that was started is found by its name and is healthy") {
  stage s;
  const auto catalog = s.start("catalog", 3);
  const auto stats = s.start("stats");
  CHECK(catalog.handles().size() == 3);
  CHECK(catalog.slot()->index() == 0);
  CHECK(stats.slot()->index() == 1);
  CHECK(catalog.slot()->in_flight.most() == 7);
  CHECK(s.running.find<caf::actor>("catalog").slot() == catalog.slot());
  CHECK_FALSE(s.running.find<caf::actor>("payment"));
  CHECK(s.running.health() == std::map<std::string, bool>{{"catalog", true}, {"stats", true}});
  s.running.stop();
}

TEST_CASE("a service is not healthy while one of its replicas is down, and the metrics show it") {
  stage s;
  const auto catalog = s.start("catalog", 2);
  s.start("stats");
  CHECK(s.registry.expose().find("troupe_service_up{service=\"catalog\"} 2\n") != std::string::npos);
  CHECK(catalog.slot()->in_flight.enter());
  CHECK(s.registry.expose().find("troupe_service_in_flight{service=\"catalog\"} 1\n") != std::string::npos);
  const auto kept = catalog.handles(); // a replica that nobody holds would end, and its supervisor start another
  catalog.slot()->set(1, nullptr);
  CHECK(s.running.health() == std::map<std::string, bool>{{"catalog", false}, {"stats", true}});
  CHECK(s.registry.expose().find("troupe_service_up{service=\"catalog\"} 1\n") != std::string::npos);
  s.running.stop();
}

TEST_CASE("a service is started once, and one that fails to start is the program's to know") {
  stage s;
  s.start("catalog");
  CHECK_THROWS_AS(s.start("catalog"), std::logic_error);
  CHECK_THROWS_WITH(s.running.supervise<caf::actor>("broken", {}, [](std::size_t) -> caf::actor { throw std::runtime_error("no file"); }),
                    "no file");
  CHECK_FALSE(s.running.find<caf::actor>("broken"));
  CHECK(s.running.health() == std::map<std::string, bool>{{"catalog", true}});
  s.running.stop();
}

TEST_CASE("what services offer is kept in order") {
  stage s;
  s.running.offer("catalog", "/a", "first");
  s.running.offer("stats", "/b", "second");
  REQUIRE(s.running.offers().size() == 2);
  CHECK(s.running.offers()[0].service == "catalog");
  CHECK(s.running.offers()[1].path == "/b");
  CHECK(s.running.offers()[1].what == "second");
}

TEST_CASE("C-134: a stop first writes what is in memory, last registered first, while the services run, and then ends them") {
  stage s;
  const auto catalog = s.start("catalog", 2);
  s.start("stats");
  std::vector<std::string> done;
  s.running.before_stop([&] { done.push_back("first, " + std::to_string(catalog.slot()->up())); });
  s.running.before_stop([&] { done.push_back("second, " + std::to_string(catalog.slot()->up())); });
  s.running.stop();
  CHECK(done == std::vector<std::string>{"second, 2", "first, 2"});
  CHECK(catalog.slot()->up() == 0);
  s.running.stop(); // once is enough
  CHECK(done.size() == 2);
  s.system.await_all_actors_done();
  CHECK(s.system.registry().running() == 0);
}
