#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace troupe::base::log {

enum class level : std::uint8_t { debug, info, warn, error, off };
enum class format : std::uint8_t { text, json };

/// One key and value of a record. The value is escaped when written: no input can break a line or forge a record.
struct field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, double> value;

  field(std::string_view k, std::string_view v) : key(k), value(v) {}
  field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  template <class Number>
    requires std::is_integral_v<Number>
  field(std::string_view k, Number v) : key(k), value(static_cast<std::int64_t>(v)) {}
  field(std::string_view k, double v) : key(k), value(v) {}
};

/// How long a writer may take to end.
inline constexpr std::chrono::seconds longest_end{2};

/// Starts the writer: one thread behind a queue of 8192 records. A full queue drops the oldest record and counts it, so a
/// slow disk or terminal never blocks a request. Records go to standard error; those before it are dropped. Ends a writer that runs, as `stop`.
/// Thread: any, also while others log.
void start(level lowest, format shape);

/// Text on a terminal, JSON lines otherwise.
[[nodiscard]] format format_for_stderr() noexcept;

/// Writes what is queued and ends the writer; true when that is done within `longest`. False when standard error takes nothing, as a pipe
/// that is full: what is left is written if it does later, while the process lives, and keeps nobody. Records after it are dropped. Thread: any, also while others log.
bool stop(std::chrono::milliseconds longest = longest_end);

/// Thread: any. Takes effect for the records after it.
void set_level(level lowest) noexcept;
[[nodiscard]] level current_level() noexcept;

/// debug, info, warn, error or off; false if it is none of them.
[[nodiscard]] bool parse_level(std::string_view text, level& out) noexcept;
[[nodiscard]] std::string_view name(level l) noexcept;

/// Records that a full queue has dropped since start. Thread: any.
[[nodiscard]] std::uint64_t dropped() noexcept;

/// Writes one record: an event name, then its fields. Thread: any. Cost: about 1 us when the level is on, 1 ns when off.
/// Never call it for every request: one record a failure, at the place that decides.
void write(level l, std::string_view event, std::initializer_list<field> fields = {});

inline void debug(std::string_view event, std::initializer_list<field> f = {}) { write(level::debug, event, f); }
inline void info(std::string_view event, std::initializer_list<field> f = {}) { write(level::info, event, f); }
inline void warn(std::string_view event, std::initializer_list<field> f = {}) { write(level::warn, event, f); }
inline void error(std::string_view event, std::initializer_list<field> f = {}) { write(level::error, event, f); }

} // namespace troupe::base::log
