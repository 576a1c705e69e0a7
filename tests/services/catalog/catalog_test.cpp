#include "services/catalog/bulk_load.hpp"
#include "services/catalog/catalog.hpp"
#include "tests/services/catalog/running_catalog.hpp"

#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <memory>

using namespace troupe;
using namespace troupe::catalog;
using base::errc;
using test::put_of;
using test::sample;

namespace {

constexpr std::chrono::seconds patience{60};

/// The store and its replicas without a tier and without supervision: a test ends and starts them as it
/// likes.
class troupe_of_replicas {
 public:
  troupe_of_replicas() : self(world.system) { start_store(); }

  ~troupe_of_replicas() {
    for (const auto& replica : replicas_) self->send_exit(replica, caf::exit_reason::user_shutdown);
    end(store_);
  }

  void start_store() {
    store_ = world.system.spawn<caf::detached>(
        catalog::store, store_metrics(world.registry),
        [path = dir.path()] { return product_store::open(path); }, list_);
    store_slot_->set(0, caf::actor_cast<caf::strong_actor_ptr>(store_));
  }

  void end_store() {
    store_slot_->set(0, nullptr);
    end(store_);
  }

  replica_actor start_replica() {
    return replicas_.emplace_back(world.system.spawn(
        catalog::catalog, replica_metrics(world.registry, replicas_.size()),
        actor::service<store_actor>(store_slot_), actor::service<stats::stats_actor>(stats_slot)));
  }

  template <class Handle>
  void end(const Handle& handle) {
    self->send_exit(handle, caf::exit_reason::kill);
    self->wait_for(handle);
  }

  template <class Reply, class Handle, class Request>
  base::result<Reply> ask(const Handle& handle, Request request,
                          base::time_point deadline = base::time_point::max()) {
    base::result<Reply> result = base::fail(errc::internal, "no answer");
    actor::envelope envelope;
    envelope.sent = base::clock::now();
    envelope.deadline = deadline;
    self->request(handle, patience, std::move(envelope), std::move(request))
        .receive([&](const Reply& reply) { result = reply; },
                 [&](const caf::error& error) { result = actor::from_caf(error); });
    return result;
  }

  base::result<stored_product> put(v1::Product product, std::string if_match = {}) {
    return ask<stored_product>(store_, put_of(std::move(product), std::move(if_match)));
  }

  base::result<product_view> get(const replica_actor& replica, const std::string& id,
                                 const std::string& tags = {}) {
    v1::GetProductRequest request;
    request.set_id(id);
    request.set_if_none_match(tags);
    return ask<product_view>(replica, request);
  }

  test::temporary_directory dir;
  test::actor_world world;
  caf::scoped_actor self;
  std::shared_ptr<actor::service_slot> stats_slot;

  [[nodiscard]] const store_actor& store_handle() const { return store_; }

 private:
  std::shared_ptr<actor::service_slot> store_slot_ =
      std::make_shared<actor::service_slot>("catalog-store", 0, 1, 1000);
  std::shared_ptr<replica_list> list_ = std::make_shared<replica_list>();
  store_actor store_;
  std::vector<replica_actor> replicas_;
};

} // namespace

TEST_CASE("Whoever has been answered by the store is answered with his write by every replica", "[unit]") {
  troupe_of_replicas troupe;
  std::vector<replica_actor> replicas;
  for (int i = 0; i < 4; ++i) replicas.push_back(troupe.start_replica());
  for (int version = 1; version <= 50; ++version) {
    const auto stored = troupe.put(sample("a", "name " + std::to_string(version)));
    REQUIRE(stored.has_value());
    for (const auto& replica : replicas) {
      const auto view = troupe.get(replica, "a");
      REQUIRE(view.has_value());
      CHECK(view->entry->product.version() == version);
      CHECK(view->entry->etag() == stored->entry->etag());
    }
  }
}

TEST_CASE("A replica answers nothing before it has all products, also when it starts late", "[unit]") {
  troupe_of_replicas troupe;
  for (int i = 0; i < 100; ++i) REQUIRE(troupe.put(sample(std::to_string(i))).has_value());
  const auto replica = troupe.start_replica();
  // The request is in the mailbox before the snapshot can be.
  CHECK(troupe.get(replica, "99").has_value());
  CHECK(troupe.get(replica, "missing").error().code == errc::not_found);
  REQUIRE(troupe.put(sample("100")).has_value());
  CHECK(troupe.get(replica, "100").has_value());
}

TEST_CASE("A replica that has ended is forgotten, and its successor has everything", "[unit]") {
  troupe_of_replicas troupe;
  const auto first = troupe.start_replica();
  REQUIRE(troupe.put(sample("a")).has_value());
  CHECK(troupe.get(first, "a").has_value());
  troupe.end(first);
  REQUIRE(troupe.put(sample("b")).has_value());
  const auto second = troupe.start_replica();
  CHECK(troupe.get(second, "a").has_value());
  CHECK(troupe.get(second, "b").has_value());
  REQUIRE(troupe.put(sample("c")).has_value());
  CHECK(troupe.get(second, "c").has_value());
}

TEST_CASE("While the store is down replicas go on, and a new store knows them", "[unit]") {
  troupe_of_replicas troupe;
  const auto replica = troupe.start_replica();
  REQUIRE(troupe.put(sample("a")).has_value());
  troupe.end_store();
  CHECK(troupe.get(replica, "a")->entry->product.version() == 1);
  {
    // As if the store had ended between its commit and the messages to the replicas.
    auto load = bulk_load::open(troupe.dir.path());
    REQUIRE(load->add(sample("b")).has_value());
    REQUIRE(load->finish().has_value());
  }
  troupe.start_store();
  REQUIRE(troupe.put(sample("a", "renamed")).has_value());
  CHECK(troupe.get(replica, "a")->entry->product.version() == 2);
  CHECK(troupe.get(replica, "b").has_value());
}

TEST_CASE("A replica that finds no store ends, to be started again", "[unit]") {
  troupe_of_replicas troupe;
  troupe.end_store();
  const auto replica = troupe.start_replica();
  troupe.self->wait_for(replica);
  CHECK(troupe.get(replica, "a").error().code == errc::unavailable);
}

TEST_CASE("Products that another process has loaded are there after the next write", "[unit]") {
  troupe_of_replicas troupe;
  const auto replica = troupe.start_replica();
  REQUIRE(troupe.put(sample("a")).has_value());
  {
    auto load = bulk_load::open(troupe.dir.path());
    REQUIRE(load->add(sample("a", "loaded")).has_value());
    REQUIRE(load->add(sample("b", "loaded")).has_value());
    REQUIRE(load->finish().has_value());
  }
  const auto stored = troupe.put(sample("a", "put"));
  CHECK(stored->entry->product.version() == 3);
  CHECK(troupe.get(replica, "b")->entry->product.name() == "loaded");
  CHECK(troupe.get(replica, "a")->entry->product.name() == "put");
}

TEST_CASE("Products that another process has loaded are found by the next look, without a write", "[unit]") {
  troupe_of_replicas troupe;
  const auto replica = troupe.start_replica();
  {
    auto load = bulk_load::open(troupe.dir.path());
    REQUIRE(load->add(sample("b")).has_value());
    REQUIRE(load->finish().has_value());
  }
  // What comes once a second; the answer to what follows it says that it has been done.
  troupe.self->send(troupe.store_handle(), actor::tick{});
  CHECK(troupe.put(sample("c"), "*").error().code == errc::precondition_failed);
  CHECK(troupe.get(replica, "b").has_value());
}

TEST_CASE("The store refuses what is wrong whoever sends it", "[unit]") {
  troupe_of_replicas troupe;
  CHECK(troupe.put(sample("a/b")).error().code == errc::invalid_argument);
  CHECK(troupe.put(sample("a", "")).error().code == errc::invalid_argument);
  const auto twice = troupe.ask<v1::BatchPutProductsReply>(troupe.store_handle(),
                                                           test::batch_of({sample("a"), sample("a")}));
  CHECK(twice.error().code == errc::invalid_argument);
}

TEST_CASE("A put whose deadline has passed is not begun", "[unit]") {
  troupe_of_replicas troupe;
  const auto replica = troupe.start_replica();
  const auto late =
      troupe.ask<stored_product>(troupe.store_handle(), put_of(sample("a")), base::clock::now());
  CHECK(late.error().code == errc::deadline_exceeded);
  CHECK(troupe.get(replica, "a").error().code == errc::not_found);
}

TEST_CASE("Views are published to stats by product", "[unit]") {
  troupe_of_replicas troupe;
  auto counts = std::make_shared<stats::v1::PublishedCounts>();
  const stats::stats_actor fake = troupe.world.system.spawn([counts,
                                                             &troupe]() -> stats::stats_actor::behavior_type {
    return {[](const actor::envelope&, const stats::v1::PublishEventsRequest&) {
              return stats::v1::PublishEventsReply{};
            },
            [](const actor::envelope&, const stats::v1::TopRequest&) { return stats::top_view{}; },
            [](const actor::envelope&, const stats::v1::RatesRequest&) { return stats::v1::RatesReply{}; },
            [counts, test = caf::actor_cast<caf::actor>(troupe.self)](
                const actor::envelope& e, const stats::v1::PublishedCounts& published) {
              *counts = published;
              caf::anon_send(test, e);
            }};
  });
  troupe.stats_slot = std::make_shared<actor::service_slot>("stats", 1, 1, 1000);
  troupe.stats_slot->set(0, caf::actor_cast<caf::strong_actor_ptr>(fake));
  const auto replica = troupe.start_replica();
  const auto tag = std::string(troupe.put(sample("a"))->entry->etag());
  REQUIRE(troupe.put(sample("b")).has_value());
  for (const auto* id : {"a", "b", "a", "missing"}) (void)troupe.get(replica, id);
  CHECK(troupe.get(replica, "a", tag)->not_modified);
  troupe.self->send(replica, actor::tick{}); // what comes a second later
  troupe.self->receive([](const actor::envelope& e) {
    CHECK(e.deadline > e.sent);
    CHECK(e.deadline <= e.sent + std::chrono::seconds(1));
  });
  REQUIRE(counts->views_size() == 2);
  const bool a_first = counts->views(0).product_id() == "a";
  CHECK(counts->views(a_first ? 0 : 1).product_id() == "a");
  CHECK(counts->views(a_first ? 0 : 1).count() == 3);
  CHECK(counts->views(a_first ? 1 : 0).product_id() == "b");
  CHECK(counts->views(a_first ? 1 : 0).count() == 1);
  troupe.end(fake);
}

TEST_CASE("The catalogue says how much it has read and written", "[unit]") {
  test::running_catalog catalog;
  const std::string body = R"({"name":"n","price":{"amount_minor":1,"currency":"GBP"}})";
  const auto tag = test::field_of(catalog.put("/v1/products/a", body), "ETag");
  REQUIRE(catalog.put("/v1/products/a", body).status == 200);
  REQUIRE(catalog.put("/v1/products/b", body).status == 201);
  for (int i = 0; i < 3; ++i) REQUIRE(catalog.get("/v1/products/b").status == 200);
  REQUIRE(catalog.get("/v1/products/missing").status == 404);
  REQUIRE(catalog.get("/v1/products/a", {{"If-None-Match", "*"}}).status == 304);
  const auto text = catalog.world.registry.expose();
  const std::vector<std::string> lines{
      "troupe_catalog_products 2\n",
      "troupe_catalog_reads_total 4\n",
      "troupe_catalog_not_modified_total 1\n",
      "troupe_catalog_writes_total{outcome=\"created\"} 2\n",
      "troupe_catalog_writes_total{outcome=\"updated\"} 1\n",
  };
  for (const auto& line : lines) {
    CAPTURE(line, text);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("A catalogue whose store cannot be opened does not start, and says why in one line", "[unit]") {
  test::temporary_directory dir;
  test::actor_world world;
  app::tier tier(world.system, world.registry, dir.path() / "missing", 2, 2);
  std::string reason;
  try {
    start(tier);
  } catch (const std::runtime_error& e) {
    reason = e.what();
  }
  CHECK(reason.find("catalog: ") == 0);
  CHECK(reason.find("does not exist") != std::string::npos);
  CHECK(reason.find('\n') == std::string::npos);
  tier.stop();
}
