#include "platform/net/poller.hpp"

#include "platform/net/socket.hpp"

#include <catch2/catch.hpp>

#include <sys/eventfd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace troupe::net;
namespace base = troupe::base;

namespace {

class counting_sleeper final : public sleeper {
 public:
  void wake() override { ++wakes; }
  std::atomic<int> wakes{0};
};

socket event(unsigned value = 0) { return socket(::eventfd(value, EFD_NONBLOCK | EFD_CLOEXEC)); }

void signal(const socket& s) {
  const std::uint64_t one = 1;
  REQUIRE(::write(s.fd(), &one, sizeof one) == sizeof one);
}

std::unique_ptr<poller> opened() {
  auto p = poller::open();
  REQUIRE(p.has_value());
  return std::move(*p);
}

// What is ready now, and not what will be.
void look(poller& p) {
  for (int i = 0; i < 3; ++i) p.wait(0ms);
}

// Waits until `done`, at most ten seconds.
template <class F>
bool waits_until(poller& p, F done) {
  const auto end = base::clock::now() + 10s;
  while (!done() && base::clock::now() < end) p.wait(100ms);
  return done();
}

} // namespace

TEST_CASE("a descriptor that is readable wakes its sleeper once an arming") {
  const auto p = opened();
  counting_sleeper who;
  const auto readable = event(1);
  REQUIRE(p->add(readable.fd(), who).has_value());
  look(*p);
  CHECK(who.wakes == 0); // not armed
  p->arm(readable.fd(), who);
  look(*p);
  CHECK(who.wakes == 1); // still readable, and not armed again
  p->arm(readable.fd(), who);
  look(*p);
  CHECK(who.wakes == 2);
  p->remove(readable.fd(), who);
}

TEST_CASE("an armed descriptor wakes its sleeper when it becomes readable") {
  const auto p = opened();
  counting_sleeper who;
  const auto descriptor = event();
  REQUIRE(p->add(descriptor.fd(), who).has_value());
  p->arm(descriptor.fd(), who);
  look(*p);
  CHECK(who.wakes == 0);
  std::thread waiting([&] { waits_until(*p, [&] { return who.wakes > 0; }); });
  signal(descriptor);
  waiting.join();
  CHECK(who.wakes == 1);
  p->remove(descriptor.fd(), who);
}

TEST_CASE("a due time wakes once, without readiness and not before it") {
  const auto p = opened();
  counting_sleeper who;
  const auto descriptor = event();
  REQUIRE(p->add(descriptor.fd(), who).has_value());
  who.due = (base::clock::now() - 1s).time_since_epoch().count();
  CHECK(waits_until(*p, [&] { return who.wakes == 1; }));
  CHECK(who.due == sleeper::never);
  const auto soon = base::clock::now() + 120ms;
  who.due = soon.time_since_epoch().count();
  CHECK(waits_until(*p, [&] { return who.wakes == 2; }));
  CHECK(base::clock::now() >= soon);
  who.due = (base::clock::now() + 1h).time_since_epoch().count();
  const auto then = base::clock::now() + 2 * poller::tick;
  while (base::clock::now() < then) p->wait(10ms);
  CHECK(who.wakes == 2);
  p->remove(descriptor.fd(), who);
}

TEST_CASE("a sleeper that was removed is never woken again") {
  const auto p = opened();
  const auto descriptor = event();
  {
    const auto who = std::make_unique<counting_sleeper>();
    REQUIRE(p->add(descriptor.fd(), *who).has_value());
    p->arm(descriptor.fd(), *who);
    signal(descriptor);
    who->due = 0;
    p->remove(descriptor.fd(), *who);
    look(*p);
    CHECK(who->wakes == 0);
  }
  counting_sleeper next;
  REQUIRE(p->add(descriptor.fd(), next).has_value()); // the descriptor is free for another
  p->arm(descriptor.fd(), next);
  look(*p); // a poller that still knew the first would touch what is gone
  CHECK(next.wakes == 1);
  p->remove(descriptor.fd(), next);
}

TEST_CASE("many sleepers are all woken, whichever of several threads wait") {
  const auto p = opened();
  constexpr std::size_t count = 100;
  std::vector<counting_sleeper> sleepers(count);
  std::vector<socket> descriptors;
  for (auto& who : sleepers) {
    descriptors.push_back(event(1));
    REQUIRE(p->add(descriptors.back().fd(), who).has_value());
    p->arm(descriptors.back().fd(), who);
  }
  const auto all_woken = [&] {
    for (const auto& who : sleepers) {
      if (who.wakes == 0) return false;
    }
    return true;
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) threads.emplace_back([&] { waits_until(*p, all_woken); });
  for (auto& t : threads) t.join();
  for (std::size_t i = 0; i < count; ++i) {
    CHECK(sleepers[i].wakes == 1);
    p->remove(descriptors[i].fd(), sleepers[i]);
  }
}

TEST_CASE("a call ends a wait, of one that waits or will wait") {
  const auto p = opened();
  const auto begin = base::clock::now();
  p->call();
  p->wait(60s);
  for (int i = 0; i < 100; ++i) {
    std::thread waiting([&] { p->wait(60s); });
    p->call();
    waiting.join();
  }
  CHECK(base::clock::now() - begin < 30s);
}

TEST_CASE("a descriptor that cannot be polled is an error") {
  const auto p = opened();
  counting_sleeper who;
  CHECK(p->add(-1, who).has_error());
  const auto descriptor = event();
  REQUIRE(p->add(descriptor.fd(), who).has_value());
  const auto twice = p->add(descriptor.fd(), who);
  REQUIRE(twice.has_error());
  CHECK(twice.error().code == base::errc::unavailable);
  p->remove(descriptor.fd(), who);
}
