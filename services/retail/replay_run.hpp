#pragma once

#include "services/retail/commands.hpp"
#include "services/retail/invoice_set.hpp"
#include "services/retail/replay_connection.hpp"
#include "services/retail/replay_plan.hpp"
#include "services/retail/replay_summary.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iosfwd>
#include <random>
#include <string>

namespace troupe::retail {

/// What a run works with; all of it outlives the run.
struct replay_inputs {
  const replay_options& options;
  const invoice_set& invoices;
  const std::string& authority;
  const replay_connection::endpoints& endpoints;
  std::ostream& notes;
  bool is_terminal; ///< whether notes may be drawn over
};

/// Carries out a plan over a number of connections, each of which sends one request at a time. One thread.
class replay_run {
 public:
  /// `plan` and `summary` outlive the run; the summary is filled as it goes.
  replay_run(const replay_inputs& inputs, replay_plan& plan, replay_summary& summary);

  /// Returns when the plan is done or the run was stopped.
  void run();

 private:
  struct sender {
    replay_connection connection;
    boost::asio::steady_timer pause;
  };

  boost::asio::awaitable<void> send_all(sender& by);
  boost::asio::awaitable<bool> deliver(sender& by, const replay_job& job);
  boost::asio::awaitable<void> keep_pace(sender& by);
  boost::asio::awaitable<void> watch_signals();
  boost::asio::awaitable<void> show_progress();

  bool is_taken(const replay_job& job, const http_answer& answer);
  void give_up(const replay_job& job, const http_answer& answer, int tries);
  void stop(const std::string& because);
  void close_all();
  void finish_sender();
  void draw_progress();

  replay_inputs in_;
  replay_plan* plan_;
  replay_summary* summary_;
  boost::asio::io_context io_{1};
  boost::asio::steady_timer work_may_be_there_{io_}; // never expires; cancelling it wakes idle senders
  boost::asio::steady_timer progress_timer_{io_};
  boost::asio::steady_timer grace_{io_};
  boost::asio::signal_set signals_{io_};
  std::deque<sender> senders_; // references to them stay valid
  std::size_t senders_left_ = 0;
  bool is_stopping_ = false;
  std::uint64_t jobs_done_ = 0;
  std::uint64_t answers_heard_ = 0;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point next_slot_; // when --rate lets the next request go
  std::minstd_rand random_{std::random_device{}()};
};

} // namespace troupe::retail
