#include "platform/http/date.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace troupe::http {

namespace {

constexpr std::array<std::string_view, 7> days{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Takes the parts of a date one after the other; once one is not there, all is lost.
class reader {
 public:
  explicit reader(std::string_view text) noexcept : rest_(text) {}

  void literal(std::string_view text) noexcept {
    if (!rest_.starts_with(text)) return fail();
    rest_.remove_prefix(text.size());
  }
  [[nodiscard]] bool skip(std::string_view text) noexcept {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  [[nodiscard]] int number(std::size_t digits) noexcept {
    if (rest_.size() < digits) return fail(), 0;
    int value = 0;
    for (const char c : rest_.substr(0, digits)) {
      if (c < '0' || c > '9') return fail(), 0;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }
  [[nodiscard]] unsigned month() noexcept {
    const auto found = std::find(months.begin(), months.end(), rest_.substr(0, 3));
    if (found == months.end()) return fail(), 0;
    rest_.remove_prefix(3);
    return static_cast<unsigned>(found - months.begin()) + 1;
  }
  /// A day's name; whether it is the long one.
  [[nodiscard]] bool day_name() noexcept {
    for (const auto day : days) {
      if (skip(day)) return true;
      if (skip(day.substr(0, 3))) return false;
    }
    return fail(), false;
  }
  [[nodiscard]] bool done() const noexcept { return good_ && rest_.empty(); }

 private:
  void fail() noexcept { good_ = false; }

  std::string_view rest_;
  bool good_ = true;
};

struct parts {
  int year = 0;
  unsigned month = 0;
  int day = 0, hour = 0, minute = 0, second = 0;
};

void read_time(reader& in, parts& p) noexcept {
  p.hour = in.number(2);
  in.literal(":");
  p.minute = in.number(2);
  in.literal(":");
  p.second = in.number(2);
}

int full_year(int two_digits, base::unix_micros now) noexcept {
  using namespace std::chrono;
  const auto today = floor<std::chrono::days>(sys_time<microseconds>(microseconds(now)));
  const int this_year = static_cast<int>(year_month_day(today).year());
  const int guess = this_year / 100 * 100 + two_digits;
  return guess > this_year + 50 ? guess - 100 : guess;
}

} // namespace

std::optional<std::int64_t> parse_date(std::string_view text, base::unix_micros now) noexcept {
  reader in(text);
  parts p;
  const bool is_long = in.day_name();
  if (in.skip(", ")) {
    p.day = in.number(2);
    in.literal(is_long ? "-" : " ");
    p.month = in.month();
    in.literal(is_long ? "-" : " ");
    p.year = is_long ? full_year(in.number(2), now) : in.number(4);
    in.literal(" ");
    read_time(in, p);
    in.literal(" GMT");
  } else if (is_long) {
    return std::nullopt;
  } else {
    in.literal(" ");
    p.month = in.month();
    in.literal(" ");
    p.day = in.skip(" ") ? in.number(1) : in.number(2);
    in.literal(" ");
    read_time(in, p);
    in.literal(" ");
    p.year = in.number(4);
  }
  using namespace std::chrono;
  const year_month_day date{std::chrono::year(p.year), std::chrono::month(p.month), std::chrono::day(static_cast<unsigned>(p.day))};
  // 60 is a leap second, which no clock of ours counts.
  if (!in.done() || !date.ok() || p.hour > 23 || p.minute > 59 || p.second > 60) return std::nullopt;
  const auto midnight = duration_cast<seconds>(sys_days(date).time_since_epoch()).count();
  return midnight + p.hour * 3600 + p.minute * 60 + std::min(p.second, 59);
}

} // namespace troupe::http
