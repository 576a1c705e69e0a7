#include "services/catalog/store.hpp"
#include "tests/services/catalog/running_catalog.hpp"

#include <caf/scoped_actor.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <future>
#include <memory>

using namespace troupe;
using namespace troupe::catalog;
using base::errc;
using test::put_of;
using test::sample;

namespace {

constexpr std::chrono::seconds patience{60};

/// A store actor that is held at its start, so that a test fills its mailbox first.
class held_store {
 public:
  held_store() : self(world.system) {
    handle = world.system.spawn<caf::detached>(
        catalog::store, store_metrics(world.registry),
        [path = dir.path(), opened = std::shared_future<void>(gate_.get_future())] {
          opened.wait();
          return product_store::open(path);
        },
        std::make_shared<replica_list>());
  }

  ~held_store() {
    self->send_exit(handle, caf::exit_reason::kill);
    self->wait_for(handle);
  }

  void release() { gate_.set_value(); }

  template <class Request>
  auto ask(Request request) {
    actor::envelope envelope;
    envelope.sent = base::clock::now();
    return self->request(handle, patience, std::move(envelope), std::move(request));
  }

  std::uint64_t commits() { return world.registry.counter("troupe_catalog_commits_total", "").value(); }

  test::temporary_directory dir;
  test::actor_world world;
  caf::scoped_actor self;
  store_actor handle;

 private:
  std::promise<void> gate_;
};

} // namespace

TEST_CASE("Writes that wait are committed together", "[unit]") {
  held_store store;
  using pending = decltype(store.ask(put_of(sample("a"))));
  std::vector<pending> waiting;
  for (int i = 0; i < 600; ++i) waiting.push_back(store.ask(put_of(sample(std::to_string(i)))));
  store.release();
  int created = 0;
  for (auto& one : waiting) {
    one.receive([&](const stored_product& stored) { created += stored.created ? 1 : 0; },
                [](const caf::error& error) { FAIL(actor::from_caf(error).detail); });
  }
  CHECK(created == 600);
  CHECK(store.commits() == 2); // 512 and the rest
  auto reopened = product_store::open(store.dir.path());
  CHECK(reopened->size() == 600);
}

TEST_CASE("A write that is refused does not touch the others of its group", "[unit]") {
  held_store store;
  auto first = store.ask(put_of(sample("a", "first")));
  auto refused = store.ask(put_of(sample("a", "refused"), "", "*"));
  auto wrong = store.ask(put_of(sample("a/b")));
  auto batch = store.ask(test::batch_of({sample("a", "last"), sample("b")}));
  store.release();
  first.receive([](const stored_product& stored) { CHECK(stored.created); },
                [](const caf::error& error) { FAIL(actor::from_caf(error).detail); });
  refused.receive(
      [](const stored_product&) { FAIL("If-None-Match: * did not hold"); },
      [](const caf::error& error) { CHECK(actor::from_caf(error).code == errc::precondition_failed); });
  wrong.receive(
      [](const stored_product&) { FAIL("an id with a slash"); },
      [](const caf::error& error) { CHECK(actor::from_caf(error).code == errc::invalid_argument); });
  batch.receive(
      [](const v1::BatchPutProductsReply& reply) {
        CHECK(reply.created() == 1);
        CHECK(reply.updated() == 1);
      },
      [](const caf::error& error) { FAIL(actor::from_caf(error).detail); });
  CHECK(store.commits() == 1);
}

TEST_CASE("When a group cannot be committed all its writers are told, and the next group works", "[unit]") {
  held_store store;
  {
    auto made = product_store::open(store.dir.path());
    REQUIRE(made.has_value());
    auto other = store::database::open(store_file(store.dir.path()), store::database::access::read_write);
    REQUIRE(other
                ->execute("CREATE TRIGGER refuse BEFORE INSERT ON products WHEN new.id = 'bad' "
                          "BEGIN SELECT RAISE(ABORT, 'no'); END")
                .has_value());
  }
  auto good = store.ask(put_of(sample("good")));
  auto bad = store.ask(put_of(sample("bad")));
  store.release();
  for (auto* one : {&good, &bad}) {
    one->receive([](const stored_product&) { FAIL("was not committed"); },
                 [](const caf::error& error) { CHECK(actor::from_caf(error).code == errc::internal); });
  }
  CHECK(store.commits() == 0);
  store.ask(put_of(sample("next")))
      .receive([](const stored_product& stored) { CHECK(stored.created); },
               [](const caf::error& error) { FAIL(actor::from_caf(error).detail); });
}

TEST_CASE("A store that cannot be opened ends, and who asks it is told", "[unit]") {
  test::actor_world world;
  caf::scoped_actor self(world.system);
  const auto handle = world.system.spawn<caf::detached>(
      catalog::store, store_metrics(world.registry),
      []() -> base::result<product_store> { return base::fail(errc::unavailable, "the disk is gone"); },
      std::make_shared<replica_list>());
  actor::envelope envelope;
  envelope.sent = base::clock::now();
  self->request(handle, patience, envelope, put_of(sample("a")))
      .receive([](const stored_product&) { FAIL("there is no store"); },
               [](const caf::error& error) { CHECK(actor::from_caf(error).code == errc::unavailable); });
  self->wait_for(handle);
}
