#include "platform/base/log.hpp"

#include "platform/base/clock.hpp"
#include "platform/base/escape.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/sinks/base_sink.h>

#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <future>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <utility>

namespace troupe::base::log {

namespace {

constexpr std::size_t queue_records = 8192;
constexpr std::array<std::string_view, 5> names{"debug", "info", "warn", "error", "off"};

// Each record is one write of the queue's one thread. Not by stdio: a write that waits would hold its stream's lock, for which the end of the
// process waits in turn.
class stderr_sink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  void sink_it_(const spdlog::details::log_msg& record) override {
    spdlog::memory_buf_t line;
    formatter_->format(record, line);
    for (std::size_t begin = 0; begin < line.size();) {
      const auto written = ::write(STDERR_FILENO, line.data() + begin, line.size() - begin);
      if (written > 0) {
        begin += static_cast<std::size_t>(written);
      } else if (written < 0 && errno == EAGAIN) { // somebody who shares it does not want to wait; this thread may
        pollfd full{STDERR_FILENO, POLLOUT, 0};
        ::poll(&full, 1, -1);
      } else if (written == 0 || errno != EINTR) {
        return;
      }
    }
  }
  void flush_() override {}
};

// What lives from start() to stop(). The logger goes before the queue, whose end writes what is in it.
struct running_writer {
  explicit running_writer(format f)
      : shape(f), queue(std::make_shared<spdlog::details::thread_pool>(queue_records, 1)),
        logger(std::make_shared<spdlog::async_logger>("troupe", std::make_shared<stderr_sink>(), queue,
                                                      spdlog::async_overflow_policy::overrun_oldest)) {
    logger->set_pattern("%v");
    logger->set_level(spdlog::level::trace);
  }

  format shape;
  std::shared_ptr<spdlog::details::thread_pool> queue;
  std::shared_ptr<spdlog::async_logger> logger;
};

std::atomic<level> lowest_level{level::off}; // nobody writes before start()
std::shared_mutex writer_access;             // shared by who writes a record, exclusive for who puts the writer there or takes it away
std::unique_ptr<running_writer> writer;

void append_value(std::string& out, const field& f) {
  if (const auto* text = std::get_if<std::string_view>(&f.value)) {
    out += '"';
    append_json_escaped(out, *text);
    out += '"';
  } else if (const auto* number = std::get_if<std::int64_t>(&f.value)) {
    out += std::to_string(*number);
  } else {
    const double d = std::get<double>(f.value);
    std::array<char, 32> digits{};
    const int size = std::snprintf(digits.data(), digits.size(), "%.6g", std::isfinite(d) ? d : 0.0);
    out.append(digits.data(), static_cast<std::size_t>(size));
  }
}

std::string as_json(level l, std::string_view event, std::initializer_list<field> fields) {
  std::string line = R"({"time":")" + to_rfc3339(wall_now()) + R"(","level":")";
  line += name(l);
  line += R"(","event":")";
  append_json_escaped(line, event);
  line += '"';
  for (const auto& f : fields) {
    line += ",\"";
    append_json_escaped(line, f.key);
    line += "\":";
    append_value(line, f);
  }
  line += '}';
  return line;
}

std::string as_text(level l, std::string_view event, std::initializer_list<field> fields) {
  std::string line = to_rfc3339(wall_now());
  line += ' ';
  line += name(l);
  line.append(6 - name(l).size(), ' ');
  append_json_escaped(line, event);
  for (const auto& f : fields) {
    line += ' ';
    append_json_escaped(line, f.key);
    line += '=';
    append_value(line, f);
  }
  return line;
}

// The writer before ends when nobody can reach it any more, and not under the lock: it may have much to write. Its end waits for its thread, which
// waits for standard error; so that is left to another thread, and both are left behind when it takes too long.
bool replace_writer(std::unique_ptr<running_writer> next, std::chrono::milliseconds longest) {
  std::unique_lock hold(writer_access);
  std::swap(writer, next);
  hold.unlock();
  if (!next) return true;
  std::promise<void> end;
  auto ended = end.get_future();
  std::thread ending([before = std::move(next), end = std::move(end)]() mutable {
    before.reset();
    end.set_value();
  });
  const bool in_time = ended.wait_for(longest) == std::future_status::ready;
  in_time ? ending.join() : ending.detach();
  return in_time;
}

} // namespace

void start(level lowest, format shape) {
  static_cast<void>(replace_writer(std::make_unique<running_writer>(shape), longest_end));
  lowest_level.store(lowest, std::memory_order_relaxed);
}

format format_for_stderr() noexcept { return ::isatty(STDERR_FILENO) == 1 ? format::text : format::json; }

bool stop(std::chrono::milliseconds longest) {
  lowest_level.store(level::off, std::memory_order_relaxed);
  return replace_writer(nullptr, longest);
}

void set_level(level lowest) noexcept { lowest_level.store(lowest, std::memory_order_relaxed); }

level current_level() noexcept { return lowest_level.load(std::memory_order_relaxed); }

bool parse_level(std::string_view text, level& out) noexcept {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) {
      out = static_cast<level>(i);
      return true;
    }
  }
  return false;
}

std::string_view name(level l) noexcept { return names[static_cast<std::size_t>(l)]; }

std::uint64_t dropped() noexcept {
  const std::shared_lock hold(writer_access);
  return writer ? writer->queue->overrun_counter() : 0;
}

void write(level l, std::string_view event, std::initializer_list<field> fields) {
  if (l < lowest_level.load(std::memory_order_relaxed)) return;
  const std::shared_lock hold(writer_access);
  if (!writer) return;
  writer->logger->log(spdlog::level::info,
                      writer->shape == format::json ? as_json(l, event, fields) : as_text(l, event, fields));
}

} // namespace troupe::base::log
