#include "platform/actor/request_batch.hpp"

#include "platform/actor/serve.hpp"
#include "platform/actor/turn_actor.hpp"
#include "tests/platform/actor/types.hpp"

#include <caf/exit_reason.hpp>
#include <caf/make_message.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe::actor;
namespace base = troupe::base;
namespace metrics = troupe::metrics;

namespace {

using strings = std::vector<std::string>;

std::string text_of(const caf::message& answer) {
  if (answer.match_elements<test::told>()) return answer.get_as<test::told>(0).text;
  if (answer.match_elements<caf::error>()) return std::string(base::name(from_caf(answer.get_as<caf::error>(0)).code));
  return answer.empty() ? "nothing" : "something else";
}

// Sends batches as the connection actor does, and writes down what comes back: "number: text", and "(...)" around what came together.
class caller final : public turn_actor {
 public:
  caller(caf::actor_config& config, std::shared_ptr<strings> seen) : turn_actor(config), seen_(std::move(seen)) {}
  const char* name() const override { return "caller"; }

 private:
  void on_message(caf::mailbox_element& element) override {
    if (!element.payload.match_elements<answer_batch>())
      return seen_->push_back(std::to_string(answered_number(element.mid)) + ": " + text_of(element.payload));
    std::string all = "(";
    for (const auto& [number, answer] : element.payload.get_as<answer_batch>(0).answers)
      all += (all.size() > 1 ? ", " : "") + std::to_string(number) + ": " + text_of(answer);
    seen_->push_back(all + ")");
  }
  verdict on_turn(std::size_t) override { return verdict::park; }

  std::shared_ptr<strings> seen_;
};

// One service actor and one caller; nothing runs unless the test says so.
struct served {
  using promise = caf::typed_response_promise<test::told>;

  served() {
    service = system.spawn([this](test::echo::pointer self) -> test::echo::behavior_type {
      return serve<test::echo>(
          self, measured,
          [this, self](const envelope&, const test::ask& a) -> caf::result<test::told> {
            begun.push_back(a.text);
            if (a.text == "throw") throw std::runtime_error("a mistake");
            if (a.text == "refuse") return to_caf({base::errc::conflict, "another operation holds it"});
            if (a.text == "later") return promised.emplace(self->make_response_promise<test::told>());
            if (a.text == "slow") {
              const auto end = base::clock::now() + 2 * longest_gathering;
              while (base::clock::now() < end) {
              }
            }
            return test::told{"told " + a.text};
          },
          [this](const envelope&, const test::told& t) {
            begun.push_back(t.text);
            if (t.text == "deliver") promised->deliver(test::told{"at last"});
          });
    });
    run();
  }
  ~served() {
    promised.reset();
    caf::anon_send_exit(service, caf::exit_reason::kill);
    run();
  }
  void run() { dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler()).run(); }

  static envelope now() {
    envelope e;
    e.sent = base::clock::now();
    return e;
  }
  // Requests 1, 2, ... in a batch with the number 100.
  void ask(const strings& texts, base::time_point deadline_of_second = base::time_point::max()) {
    request_batch batch;
    for (const auto& text : texts) {
      auto e = now();
      if (batch.requests.size() == 1) e.deadline = deadline_of_second;
      batch.requests.push_back({batch.requests.size() + 1, caf::make_message(std::move(e), test::ask{text})});
    }
    send(std::move(batch));
  }
  void send(request_batch batch) {
    caf::actor_cast<caf::actor>(service)->enqueue(
        make_element(caf::actor_cast<caf::strong_actor_ptr>(from), request_id(100), caf::make_message(std::move(batch))), nullptr);
    run();
  }

  metrics::registry registry;
  service_metrics measured{registry, "echo", 0};
  strings begun;
  std::optional<promise> promised;
  std::shared_ptr<strings> seen = std::make_shared<strings>();
  test::testing_config config;
  caf::actor_system system{config};
  caf::actor from = system.spawn<caller>(seen);
  test::echo service;
};

// A thread that is kept from running for longer than `longest_gathering` sends what it has: then the test begins anew.
template <class Test>
void until_together(Test test) {
  for (int i = 0; i < 1000; ++i) {
    if (test()) return;
  }
  FAIL("the answers of a batch never came together");
}

} // namespace

TEST_CASE("the requests of a batch are handled in their order, and answered together") {
  until_together([] {
    served s;
    s.ask({"a", "refuse", "b"});
    if (s.seen->size() > 1) return false;
    CHECK(s.begun == strings{"a", "refuse", "b"});
    CHECK(*s.seen == strings{"(1: told a, 2: conflict, 3: told b)"});
    CHECK(s.measured.handled->value() == 3);
    return true;
  });
}

TEST_CASE("C-95: a request of a batch whose deadline has passed is never begun, and the others are") {
  until_together([] {
    served s;
    s.ask({"a", "late", "b"}, base::clock::now() - 1ms);
    if (s.seen->size() > 1) return false;
    CHECK(s.begun == strings{"a", "b"});
    CHECK(*s.seen == strings{"(1: told a, 2: deadline_exceeded, 3: told b)"});
    CHECK(s.measured.expired->value() == 1);
    return true;
  });
}

TEST_CASE("a promise made in a batch answers later, alone, to the caller of the batch") {
  until_together([] {
    served s;
    s.ask({"a", "later", "b"});
    if (s.seen->size() > 1) return false;
    CHECK(*s.seen == strings{"(1: told a, 3: told b)"});
    caf::anon_send(s.service, served::now(), test::told{"deliver"});
    s.run();
    CHECK(*s.seen == strings{"(1: told a, 3: told b)", "2: at last"});
    return true;
  });
}

TEST_CASE("C-89: a handler that throws in a batch answers that request, the rest hears that the actor is gone") {
  until_together([] {
    served s;
    s.ask({"a", "throw", "after", "and after"});
    if (s.seen->size() > 1) return false;
    CHECK(s.begun == strings{"a", "throw"});
    CHECK(*s.seen == strings{"(1: told a, 2: internal, 3: unavailable, 4: unavailable)"});
    CHECK(s.measured.crashed->value() == 1);
    return true;
  });
}

TEST_CASE("answers do not wait for slow handlers behind them") {
  served s;
  s.ask({"a", "slow", "b", "c"});
  REQUIRE(s.seen->size() == 4);
  CHECK(s.seen->at(0) == "1: told a");
  CHECK(s.seen->at(1) == "2: told slow");
  CHECK(s.begun == strings{"a", "slow", "b", "c"});
}

TEST_CASE("a message of a batch that the service does not know is refused, and the others are handled") {
  served s;
  request_batch batch;
  batch.requests.push_back({1, caf::make_message(std::string("what is this"))});
  batch.requests.push_back({2, caf::make_message(served::now(), test::ask{"a"})});
  batch.requests.push_back({3, caf::make_message(served::now(), test::told{"no answer but that it is done"})});
  s.send(std::move(batch));
  REQUIRE(s.seen->size() == 1);
  CHECK(s.seen->front().ends_with(", 2: told a, 3: nothing)"));
  CHECK_FALSE(s.seen->front().starts_with("(1: told"));
}

TEST_CASE("a batch for an actor that has ended is answered with one error") {
  served s;
  caf::anon_send_exit(s.service, caf::exit_reason::kill);
  s.run();
  s.ask({"a", "b"});
  CHECK(*s.seen == strings{"100: unavailable"});
  CHECK(s.begun.empty());
}
