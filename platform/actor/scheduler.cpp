#include "platform/actor/scheduler.hpp"

#include <atomic>

#if CAF_VERSION < 10000
#  include <caf/policy/work_stealing.hpp>
#  include <caf/scheduler/coordinator.hpp>
#else
#  include <thread>
#endif

namespace troupe::actor {

namespace {
thread_local worker* this_threads_worker = nullptr;
} // namespace

worker* current_worker() noexcept { return this_threads_worker; }

#if CAF_VERSION < 10000

namespace {

// A worker without work looks for some that was put elsewhere at least this often.
constexpr std::chrono::milliseconds longest_wait{10};
// A busy worker looks around after so many jobs: whether something that is parked is ready, and whether another worker is idle.
constexpr unsigned jobs_between_looks = 16;

// What the workers of one process share; set before the actor system starts.
struct station {
  net::poller* poller = nullptr;
  std::atomic<int> waiting{0}; // workers in or on their way into the poller
};
station the_station;

class polling_policy : public caf::policy::work_stealing {
 public:
  using base = caf::policy::work_stealing;

  struct worker_data : base::worker_data {
    using base::worker_data::worker_data;
    unsigned jobs = 0;
  };

  template <class Coordinator>
  void central_enqueue(Coordinator* self, caf::resumable* job) {
    external_enqueue(self->worker_by_id(d(self).next_worker++ % self->num_workers()), job);
  }

  template <class Worker>
  void external_enqueue(Worker* self, caf::resumable* job) {
    d(self).queue.append(job);
    // Pairs with the increment in `dequeue`: either the worker sees the job, or we see the worker.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (the_station.waiting.load(std::memory_order_relaxed) > 0) the_station.poller->call();
  }

  template <class Worker>
  caf::resumable* dequeue(Worker* self) {
    this_threads_worker = self;
    auto& data = d(self);
    if (++data.jobs % jobs_between_looks == 0) look_around(data);
    for (;;) {
      if (auto* job = find(self)) return job;
      the_station.waiting.fetch_add(1, std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      auto* job = find(self);
      if (!job) the_station.poller->wait(longest_wait);
      the_station.waiting.fetch_sub(1, std::memory_order_relaxed);
      if (job) return job;
    }
  }

 private:
  // What is ready is left to a worker that waits: taken here it would queue behind this worker's jobs while the other sleeps on. And jobs that
  // queue here already are offered to it, for sends between actors wake nobody.
  static void look_around(const worker_data& data) {
    if (the_station.waiting.load(std::memory_order_relaxed) == 0) {
      the_station.poller->wait(std::chrono::milliseconds(0));
    } else if (!data.queue.empty()) {
      the_station.poller->call();
    }
  }

  // The newest of its own jobs, else the oldest of another worker's.
  template <class Worker>
  caf::resumable* find(Worker* self) {
    if (auto* job = d(self).queue.take_head()) return job;
    auto* all = self->parent();
    for (std::size_t i = 1; i < all->num_workers(); ++i) {
      if (auto* job = d(all->worker_by_id((self->id() + i) % all->num_workers())).queue.take_tail()) return job;
    }
    return nullptr;
  }
};

class polling_coordinator : public caf::scheduler::coordinator<polling_policy> {
 public:
  using caf::scheduler::coordinator<polling_policy>::coordinator;
  static void add_module_options(caf::actor_system_config&) {}
  static caf::actor_system::module* make(caf::actor_system& system, caf::detail::type_list<>) {
    return new polling_coordinator(system);
  }
};

} // namespace

std::jthread wait_in_poller(caf::actor_system_config& config, net::poller& poller) {
  the_station.poller = &poller;
  config.load<polling_coordinator>();
  return {};
}

#else

std::jthread wait_in_poller(caf::actor_system_config&, net::poller& poller) {
  return std::jthread([&poller](const std::stop_token& stop) {
    while (!stop.stop_requested()) poller.wait(net::poller::tick);
  });
}

#endif

} // namespace troupe::actor
