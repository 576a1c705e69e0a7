#include "services/retail/replay_run.hpp"

#include "services/retail/replay_progress.hpp"
#include "services/retail/replay_request.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <csignal>
#include <exception>
#include <ostream>

namespace troupe::retail {

namespace asio = boost::asio;
using asio::redirect_error;
using asio::use_awaitable;
using boost::system::error_code;
using std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds grace_period{5};
constexpr std::chrono::milliseconds bar_period{200};
constexpr std::chrono::seconds line_period{5};

// The server has read the request and will not have it, for something that stands in it.
bool is_refused(int status) { return status == 400 || status == 413 || status == 422; }

// What ends a coroutine by an exception is a broken invariant or no memory: it ends the run.
void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

} // namespace

replay_run::replay_run(const replay_inputs& inputs, replay_plan& plan, replay_summary& summary)
    : in_(inputs), plan_(&plan), summary_(&summary) {
  for (std::size_t i = 0; i < in_.options.connections; ++i) {
    senders_.push_back({replay_connection(io_.get_executor(), in_.endpoints, in_.options.answer_timeout),
                        asio::steady_timer(io_)});
  }
}

void replay_run::run() {
  started_ = next_slot_ = steady_clock::now();
  work_may_be_there_.expires_at(steady_clock::time_point::max());
  signals_.add(SIGINT);
  signals_.add(SIGTERM);
  senders_left_ = senders_.size();
  asio::co_spawn(io_, watch_signals(), rethrow);
  asio::co_spawn(io_, show_progress(), rethrow);
  for (auto& one : senders_) asio::co_spawn(io_, send_all(one), rethrow);
  io_.run();
  summary_->took = steady_clock::now() - started_;
}

asio::awaitable<void> replay_run::send_all(sender& by) {
  while (!is_stopping_) {
    const auto job = plan_->next();
    if (!job) {
      if (plan_->is_done()) break;
      error_code ignored;
      co_await work_may_be_there_.async_wait(redirect_error(use_awaitable, ignored));
      continue;
    }
    const bool was_taken = co_await deliver(by, *job);
    plan_->finish(*job, was_taken);
    ++jobs_done_;
    work_may_be_there_.cancel();
  }
  finish_sender();
}

asio::awaitable<bool> replay_run::deliver(sender& by, const replay_job& job) {
  const auto request = to_request(job, in_.invoices, in_.authority);
  const auto heard_before = answers_heard_;
  for (int tries = 1;; ++tries) {
    co_await keep_pace(by);
    if (is_stopping_) co_return false;
    ++summary_->tries;
    summary_->retries += tries > 1 ? 1 : 0;
    const auto answer = co_await by.connection.exchange(request);
    if (answer.status == 0) {
      ++summary_->connection_failures;
      if (is_stopping_) co_return false;
    } else {
      ++answers_heard_;
      ++summary_->answers[answer.status];
      if (answer.status >= 200 && answer.status < 300) co_return is_taken(job, answer);
    }
    const bool is_final = answer.status != 0 && !is_worth_retrying(answer.status);
    if (is_refused(answer.status) && plan_->split(job)) co_return false;
    if (is_final || tries >= in_.options.retry.tries) {
      give_up(job, answer, tries);
      if (answer.status == 0 && answers_heard_ == heard_before)
        stop("no answer from " + in_.options.target + " during " + std::to_string(tries) + " tries");
      co_return false;
    }
    if (is_stopping_) co_return false;
    const double random = std::uniform_real_distribution<>(0.0, 1.0)(random_);
    by.pause.expires_after(wait_before_retry(in_.options.retry, tries, answer.retry_after, random));
    error_code ignored;
    co_await by.pause.async_wait(redirect_error(use_awaitable, ignored));
  }
}

asio::awaitable<void> replay_run::keep_pace(sender& by) {
  if (in_.options.rate <= 0) co_return;
  const auto now = steady_clock::now();
  const auto slot = std::max(now, next_slot_);
  next_slot_ = slot + std::chrono::duration_cast<steady_clock::duration>(
                          std::chrono::duration<double>(1 / in_.options.rate));
  if (slot == now) co_return;
  by.pause.expires_at(slot);
  error_code ignored;
  co_await by.pause.async_wait(redirect_error(use_awaitable, ignored));
}

bool replay_run::is_taken(const replay_job& job, const http_answer& answer) {
  auto& counts = summary_->of(job.kind);
  if (job.kind == request_kind::events) {
    const auto events = parse_event_counts(answer.body, job.events());
    if (events.has_error()) {
      ++counts.failed;
      summary_->add_error(describe(job, in_.invoices) + ": " + events.error().detail);
      return false;
    }
    summary_->events_accepted += events->accepted;
    summary_->events_duplicate += events->duplicates;
  } else {
    summary_->add_amount(job.kind, job.amount_minor);
  }
  ++counts.taken;
  return true;
}

void replay_run::give_up(const replay_job& job, const http_answer& answer, int tries) {
  ++summary_->of(job.kind).failed;
  auto text = describe(job, in_.invoices) + ": " + explain(answer);
  if (tries > 1) text += " (after " + std::to_string(tries) + " tries)";
  summary_->add_error(std::move(text));
}

asio::awaitable<void> replay_run::watch_signals() {
  error_code why;
  co_await signals_.async_wait(redirect_error(use_awaitable, why));
  if (why) co_return;
  stop("by a signal");
  co_await signals_.async_wait(redirect_error(use_awaitable, why));
  if (!why) close_all();
}

void replay_run::stop(const std::string& because) {
  if (is_stopping_) return;
  is_stopping_ = true;
  summary_->stopped_because = because;
  work_may_be_there_.cancel();
  for (auto& one : senders_) one.pause.cancel();
  grace_.expires_after(grace_period);
  grace_.async_wait([this](const error_code& why) {
    if (!why) close_all();
  });
}

void replay_run::close_all() {
  for (auto& one : senders_) one.connection.close();
}

void replay_run::finish_sender() {
  if (--senders_left_ > 0) return;
  grace_.cancel();
  progress_timer_.cancel();
  signals_.cancel();
}

asio::awaitable<void> replay_run::show_progress() {
  const std::chrono::milliseconds period =
      in_.is_terminal ? bar_period : std::chrono::milliseconds(line_period);
  while (senders_left_ > 0) {
    progress_timer_.expires_after(period);
    error_code ignored;
    co_await progress_timer_.async_wait(redirect_error(use_awaitable, ignored));
    if (in_.is_terminal || senders_left_ > 0) draw_progress();
  }
  if (in_.is_terminal) in_.notes << std::endl;
}

void replay_run::draw_progress() {
  const auto line = progress_line(
      {jobs_done_, summary_->totals.requests(), summary_->errors, steady_clock::now() - started_},
      in_.is_terminal);
  // CSI K clears what a longer line left behind.
  if (in_.is_terminal)
    in_.notes << '\r' << line << "\x1b[K" << std::flush;
  else
    in_.notes << "replay: " << line << std::endl;
}

} // namespace troupe::retail
