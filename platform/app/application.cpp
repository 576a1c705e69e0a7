#include "platform/app/application.hpp"

#include "platform/actor/system.hpp"
#include "platform/app/admin_routes.hpp"
#include "platform/app/certificates.hpp"
#include "platform/app/data_lock.hpp"
#include "platform/app/start_page.hpp"
#include "platform/net/poller.hpp"
#include "platform/server/files.hpp"
#include "platform/server/messages.hpp"
#include "platform/server/server.hpp"

#include <caf/actor_registry.hpp>
#include <caf/actor_system.hpp>
#include <caf/init_global_meta_objects.hpp>

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <exception>
#include <iostream>
#include <thread>
#include <utility>

namespace troupe::app {

namespace {

// Blocked in every thread and taken by the main thread only: SIGTERM and SIGINT, which stop, SIGUSR1, which is the admin listener's
// /drain, and SIGHUP, which loads the certificates again.
class main_signals {
 public:
  main_signals() {
    ::sigemptyset(&set_);
    for (const int number : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) ::sigaddset(&set_, number);
    ::pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN); // a write beyond the limit of file sizes then fails like one to a full disk
  }
  /// The number of one that comes within the time; negative: none came.
  [[nodiscard]] int wait_for(std::chrono::milliseconds time) const {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec limit{seconds.count(), static_cast<long>((time - seconds).count()) * 1'000'000};
    return ::sigtimedwait(&set_, nullptr, &limit);
  }
  static void ask_for_drain() { ::kill(::getpid(), SIGUSR1); }

 private:
  sigset_t set_;
};

// A session costs one descriptor: take what the hard limit allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

base::result<std::vector<const service_entry*>> choose(const options& o, const std::vector<service_entry>& known) {
  std::vector<const service_entry*> chosen;
  for (const auto& name : o.services) {
    if (std::any_of(known.begin(), known.end(), [&](const auto& s) { return s.name == name; })) continue;
    std::string all;
    for (const auto& s : known) all += (all.empty() ? "" : ", ") + s.name;
    return base::fail(base::errc::invalid_argument, "unknown service '" + name + "'; there are: " + all);
  }
  for (const auto& s : known) {
    if (o.services.empty() || std::find(o.services.begin(), o.services.end(), s.name) != o.services.end())
      chosen.push_back(&s);
  }
  return chosen;
}

void add_files(server::routes& routes, const options& o) {
  auto files = server::files(o.files_directory, {.max_age = std::chrono::duration_cast<std::chrono::seconds>(o.files_max_age)});
  if (!files) throw std::runtime_error("files.directory: " + files.error().detail);
  routes.get(o.files_path + "{path...}", std::move(*files)).never_compressed(); // files bring their own packed forms
}

// One write, as the log's thread writes to the same place.
int fail(int code, std::string_view reason) {
  std::cerr << "troupe: " + std::string(reason) + '\n';
  return code;
}

// The last resort of a stop that hangs, or whose user has no patience: everything acknowledged is on disk, so ending is safe.
// A stop often arrives twice at once, to the process and to its group, and after a /drain it is expected: neither is impatience.
class stop_watchdog {
 public:
  /// `first`: the signal that began the stop.
  stop_watchdog(const main_signals& signals, int first, std::chrono::milliseconds most)
      : thread_([this, &signals, first, most] {
          bool asked = first != SIGUSR1;
          auto last = base::clock::now();
          const auto end = last + most;
          while (!done_.load()) {
            const int number = signals.wait_for(std::chrono::milliseconds(50));
            const auto now = base::clock::now();
            const bool is_stop = number == SIGTERM || number == SIGINT;
            const bool again = is_stop && asked && now - last > same_stop;
            if (is_stop) {
              asked = true;
              last = now;
            }
            if (!again && now < end) continue;
            // Unless nobody reads it: nothing may keep the last resort.
            if (pollfd errors{STDERR_FILENO, POLLOUT, 0}; ::poll(&errors, 1, 0) > 0)
              std::cerr << (again ? "troupe: second signal, ending at once\n" : "troupe: the drain took too long, ending\n");
            std::_Exit(exit_failed);
          }
        }) {}
  ~stop_watchdog() {
    done_.store(true);
    thread_.join();
  }

 private:
  static constexpr std::chrono::milliseconds same_stop{500};
  std::atomic<bool> done_{false};
  std::thread thread_;
};

// Until a stop is asked for: the signal that does. Meanwhile certificates are loaded again, when asked and when their files change.
int wait_for_stop(const main_signals& signals, certificates* tls) {
  for (;;) {
    const int number = signals.wait_for(certificates_looked_at_every);
    if (number > 0 && number != SIGHUP) return number;
    if (number == SIGHUP && !tls) {
      base::log::info("nothing_to_reload", {{"reason", "SIGHUP loads tls.certificates again, and there are none"}});
    } else if (number == SIGHUP) {
      tls->reload();
    } else if (tls) {
      tls->reload_if_needed();
    }
  }
}

std::string url_of(const net::address& where, bool tls) { return (tls ? "https://" : "http://") + where.text(); }

} // namespace

int run(const options& o, const origins& from, const std::vector<service_entry>& services) {
  auto chosen = choose(o, services);
  if (!chosen) return fail(exit_usage, chosen.error().detail);
  const main_signals signals; // before any thread: all inherit the mask
  const bool is_batch = !o.batch || actor::schedule_as_batch();
  const int batch_errno = errno;
  raise_descriptor_limit();
  auto lock = lock_data_dir(o.data_dir);
  if (!lock) return fail(exit_failed, lock.error().detail);
  base::log::start(o.log_level, o.log_format == "auto"   ? base::log::format_for_stderr()
                                : o.log_format == "json" ? base::log::format::json
                                                         : base::log::format::text);

  if (!is_batch) base::log::warn("scheduler_batch_refused", {{"errno", batch_errno}});

  actor::register_platform_types();
  caf::init_global_meta_objects<caf::id_block::troupe_server>();
  for (const auto* service : *chosen) service->register_types();

  const auto workers = o.workers > 0 ? o.workers : actor::usable_cores();
  const auto connection_actors = o.connection_actors > 0 ? o.connection_actors : workers;
  metrics::registry registry;
  auto tls = certificates::open(o, registry);
  if (!tls) {
    base::log::stop();
    return fail(exit_usage, tls.error().detail);
  }
  const auto* public_tls = *tls ? &(*tls)->source() : nullptr;
  const auto* admin_tls = o.admin_tls ? public_tls : nullptr;
  auto poller = net::poller::open();
  if (!poller) return fail(exit_failed, poller.error().detail);
  std::atomic<bool> draining{false};
  actor::system_config config({workers}, **poller);
  int code = exit_done;
  int first_signal = SIGTERM;
  {
    caf::actor_system system(config);
    registry.observe("troupe_actors", "Actors that run.", {},
                     [&system] { return static_cast<double>(system.registry().running()); });
    tier running(system, registry, o.data_dir, workers, connection_actors);
    server::routes admin_routes;
    std::unique_ptr<server::server> clients;
    std::unique_ptr<server::server> admin;
    try {
      for (const auto* service : *chosen) service->start(running);
      const auto page = base::shared_bytes(start_page(running.offers()));
      running.routes().get("/", server::respond([page](const http::request&) {
                             http::response r;
                             r.content_type = "text/html; charset=utf-8";
                             r.body = page;
                             return r;
                           }));
      if (!o.files_directory.empty()) add_files(running.routes(), o);
      add_admin_routes(admin_routes, {&running, &registry, &draining, describe(o, from),
                                      &main_signals::ask_for_drain});
      auto started = server::server::start(system,
                                           {.name = "public",
                                            .where = o.listen,
                                            .listening = o.listening,
                                            .acceptors = o.acceptors,
                                            .connection_actors = connection_actors,
                                            .limits = o.limits,
                                            .backend = o.backend,
                                            .proxies = o.proxies,
                                            .responses = o.responses,
                                            .tls = public_tls},
                                           running.routes(), registry, **poller);
      if (!started) throw std::runtime_error(started.error().detail);
      clients = std::move(*started);
      auto admin_limits = o.limits;
      admin_limits.sessions = 256;
      admin_limits.sessions_per_peer = 256; // whoever gets here may take all
      started = server::server::start(system,
                                      {.name = "admin",
                                       .where = o.admin,
                                       .acceptors = 1,
                                       .connection_actors = 1,
                                       .limits = admin_limits,
                                       .backend = server::backend::epoll, // few ask, and one at a time
                                       .responses = o.responses,
                                       .tls = admin_tls},
                                      admin_routes, registry, **poller);
      if (!started) throw std::runtime_error(started.error().detail);
      admin = std::move(*started);
    } catch (const std::exception& x) {
      code = fail(exit_failed, x.what());
    }
    if (code == exit_done) {
      std::printf("{\"event\":\"ready\",\"listen\":\"%s\",\"admin\":\"%s\",\"url\":\"%s\",\"admin_url\":\"%s\"}\n",
                  clients->where().text().c_str(), admin->where().text().c_str(),
                  url_of(clients->where(), public_tls).c_str(), url_of(admin->where(), admin_tls).c_str());
      std::fflush(stdout);
      base::log::info("ready", {{"listen", clients->where().text()},
                                {"admin", admin->where().text()},
                                {"services", chosen->size()},
                                {"workers", workers}});
      first_signal = wait_for_stop(signals, tls->get());
      base::log::info("draining", {{"delay_ms", o.drain_delay.count()}, {"grace_ms", o.drain_grace.count()}});
      draining.store(true);
    }
    const stop_watchdog watchdog(signals, first_signal, o.drain_delay + o.drain_grace + std::chrono::seconds(10));
    if (code == exit_done) std::this_thread::sleep_for(o.drain_delay);
    if (clients) clients->stop(o.drain_grace);
    running.stop();
    if (admin) admin->stop(std::chrono::milliseconds(0));
    system.await_all_actors_done();
  }
  if (code == exit_done) base::log::info("stopped");
  base::log::stop();
  return code;
}

} // namespace troupe::app
