#include "platform/base/log.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace std::string_literals;
using namespace troupe::base;

namespace {

/// What the writer puts on standard error while the function runs, line by line, each without its time.
std::vector<std::string> records(log::level lowest, log::format shape, const std::function<void()>& write) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  std::fflush(stderr);
  const int before = ::dup(STDERR_FILENO);
  ::dup2(::fileno(file), STDERR_FILENO);
  log::start(lowest, shape);
  write();
  log::stop(); // nothing is left in the queue
  std::fflush(stderr);
  ::dup2(before, STDERR_FILENO);
  ::close(before);

  std::rewind(file);
  std::vector<std::string> lines(1);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
    if (c == '\n') {
      lines.emplace_back();
    } else {
      lines.back() += static_cast<char>(c);
    }
  }
  std::fclose(file);
  REQUIRE(lines.back().empty()); // every record ends with a new line
  lines.pop_back();
  const std::size_t time = shape == log::format::json ? std::string_view(R"({"time":"",)").size() + 27 : 28;
  for (auto& line : lines) line.erase(0, time);
  return lines;
}

} // namespace

TEST_CASE("levels are parsed by their names alone") {
  for (const auto level :
       {log::level::debug, log::level::info, log::level::warn, log::level::error, log::level::off}) {
    log::level out{};
    CHECK(log::parse_level(log::name(level), out));
    CHECK(out == level);
  }
  auto kept = log::level::warn;
  for (const auto* text : {"", "INFO", "Info", "info ", " info", "warning", "trace", "0", "debugg"}) {
    INFO(text);
    CHECK_FALSE(log::parse_level(text, kept));
  }
  CHECK(kept == log::level::warn);
}

TEST_CASE("a record is one line of text with its fields") {
  const auto lines = records(log::level::debug, log::format::text, [] {
    log::info("started", {{"listen", "127.0.0.1:8080"}, {"threads", 2}, {"ratio", 0.5}});
    log::error("failed");
  });
  CHECK(lines == std::vector<std::string>{R"(info  started listen="127.0.0.1:8080" threads=2 ratio=0.5)",
                                          "error failed"});
}

TEST_CASE("a record is one JSON object a line") {
  const auto lines = records(log::level::debug, log::format::json, [] {
    log::warn("late",
              {{"route", "/hello"}, {"micros", std::numeric_limits<std::int64_t>::min()}, {"load", 1e9}});
  });
  CHECK(lines ==
        std::vector<std::string>{
            R"("level":"warn","event":"late","route":"/hello","micros":-9223372036854775808,"load":1e+09})"});
}

TEST_CASE("no value breaks a line or forges a record") {
  const std::string hostile = "a\r\n{\"level\":\"info\"}\t\"\\\x1b[31m\0\x7f"s;
  const std::string escaped = R"(a\u000d\n{\"level\":\"info\"}\u0009\"\\\u001b[31m\u0000\u007f)";
  const auto write = [&] { log::info(hostile, {{hostile, hostile}}); };
  const auto json = records(log::level::debug, log::format::json, write);
  CHECK(json == std::vector<std::string>{R"("level":"info","event":")" + escaped + R"(",")" + escaped +
                                         R"(":")" + escaped + R"("})"});
  const auto text = records(log::level::debug, log::format::text, write);
  CHECK(text == std::vector<std::string>{"info  " + escaped + ' ' + escaped + "=\"" + escaped + '"'});
}

TEST_CASE("a double that JSON does not have is written as 0") {
  const auto lines = records(log::level::debug, log::format::json, [] {
    log::info("x", {{"a", std::numeric_limits<double>::quiet_NaN()},
                    {"b", std::numeric_limits<double>::infinity()}});
  });
  CHECK(lines == std::vector<std::string>{R"("level":"info","event":"x","a":0,"b":0})"});
}

TEST_CASE("records below the level are not written, and the level may change") {
  const auto lines = records(log::level::warn, log::format::text, [] {
    log::info("no");
    log::warn("yes");
    log::set_level(log::level::error);
    CHECK(log::current_level() == log::level::error);
    log::warn("not any more");
    log::set_level(log::level::debug);
    log::debug("again");
    log::set_level(log::level::off);
    log::error("never");
  });
  CHECK(lines == std::vector<std::string>{"warn  yes", "debug again"});
}

TEST_CASE("records after the end are dropped") {
  log::stop();
  log::error("nobody listens");
  CHECK(log::dropped() == 0);
}

TEST_CASE("a standard error that nobody reads holds the end up until its deadline, and gets the rest once it is read") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  REQUIRE(::fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
  std::fflush(stderr);
  const int before = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  log::start(log::level::info, log::format::text);
  for (int i = 0; i < 1000; ++i) log::info("waiting", {{"number", i}});
  const bool has_ended = log::stop(std::chrono::milliseconds(20));
  const bool is_idle = log::stop();
  std::string written;
  char bytes[4096];
  while (written.find("number=999\n") == std::string::npos) {
    const auto got = ::read(ends[0], bytes, sizeof bytes);
    if (got <= 0) break;
    written.append(bytes, static_cast<std::size_t>(got));
  }
  ::dup2(before, STDERR_FILENO);
  for (const int fd : {before, ends[0], ends[1]}) ::close(fd);
  CHECK_FALSE(has_ended);
  CHECK(is_idle);
  CHECK(std::count(written.begin(), written.end(), '\n') == 1000);
}

TEST_CASE("records written while the writer ends and begins again are whole lines or nothing") {
  constexpr int threads = 4;
  const auto lines = records(log::level::info, log::format::text, [] {
    std::atomic<bool> enough = false;
    std::atomic<int> begun = 0;
    std::vector<std::thread> writers;
    for (int number = 0; number < threads; ++number) {
      writers.emplace_back([&enough, &begun, number] {
        ++begun;
        while (!enough) {
          log::info("racing", {{"thread", number}});
          static_cast<void>(log::dropped());
        }
      });
    }
    while (begun < threads) std::this_thread::yield();
    for (int round = 0; round < 100; ++round) {
      log::info("round", {{"number", round}});
      log::stop();
      log::start(log::level::info, log::format::text);
    }
    enough = true;
    for (auto& writer : writers) writer.join();
  });
  CHECK(lines.size() > 100);
  const auto is_whole = [](const std::string& line) {
    return line.starts_with("info  round number=") ||
           (line.starts_with("info  racing thread=") && line.size() == std::string_view("info  racing thread=0").size());
  };
  CHECK(std::find_if_not(lines.begin(), lines.end(), is_whole) == lines.end());
}
