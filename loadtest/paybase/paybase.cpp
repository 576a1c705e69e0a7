// The baseline for durable payments: one SQLite transaction and one fsync for each payment, no network, no
// batching. The rows are those that a payment needs in Troupe: the payment, two ledger entries that sum to
// zero, and the idempotency record with the answer it would replay. WAL with synchronous=FULL, as in
// platform/store.

#include <sqlite3.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <string_view>

namespace troupe::loadtest {
namespace {

using clock = std::chrono::steady_clock;

constexpr const char* schema = R"sql(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE payments (id TEXT PRIMARY KEY, customer_id TEXT NOT NULL, amount_minor INTEGER NOT NULL,
    currency TEXT NOT NULL, reference TEXT NOT NULL, created_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE ledger_entries (id INTEGER PRIMARY KEY, payment_id TEXT NOT NULL, account TEXT NOT NULL,
    amount_minor INTEGER NOT NULL, currency TEXT NOT NULL);
  CREATE TABLE idempotency (key TEXT PRIMARY KEY, response TEXT NOT NULL) WITHOUT ROWID;
)sql";

[[noreturn]] void usage() {
  std::fprintf(stderr,
               "usage: troupe_paybase --dir DIR [--seconds N]\n"
               "  --dir      an existing directory; DIR/paybase.db must not exist and is left behind\n"
               "  --seconds  1 to 600, default 5\n");
  std::exit(2);
}

[[noreturn]] void fail(const char* what, const char* why) {
  std::fprintf(stderr, "troupe_paybase: %s: %s\n", what, why);
  std::exit(1);
}

/// One connection with the four statements of a payment prepared. Any error ends the process.
class ledger {
 public:
  explicit ledger(const std::filesystem::path& file) {
    check(sqlite3_open_v2(file.c_str(), &connection_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr),
          "open");
    check(sqlite3_exec(connection_, schema, nullptr, nullptr, nullptr), "create the tables");
    begin_ = prepare("BEGIN IMMEDIATE");
    commit_ = prepare("COMMIT");
    payment_ = prepare("INSERT INTO payments VALUES (?1, '17850', 13912, 'GBP', '536365', ?2)");
    entry_ = prepare("INSERT INTO ledger_entries (payment_id, account, amount_minor, currency) VALUES (?1, "
                     "?2, ?3, 'GBP')");
    idempotency_ = prepare("INSERT INTO idempotency VALUES (?1, ?2)");
  }
  ~ledger() {
    for (sqlite3_stmt* statement : {begin_, commit_, payment_, entry_, idempotency_})
      sqlite3_finalize(statement);
    sqlite3_close(connection_);
  }
  ledger(const ledger&) = delete;
  ledger& operator=(const ledger&) = delete;

  void pay(std::uint64_t number) {
    const std::string id = "pay-" + std::to_string(number);
    const std::string key = "key-" + std::to_string(number);
    const auto now = std::chrono::system_clock::now().time_since_epoch() / std::chrono::microseconds(1);
    const std::string response =
        R"({"id":")" + id +
        R"(","customer_id":"17850","amount_minor":13912,"currency":"GBP","reference":)"
        R"("536365","status":"captured","refunded_minor":0,"created_at":)" +
        std::to_string(now) + "}";
    run(begin_);
    bind(payment_, 1, id);
    sqlite3_bind_int64(payment_, 2, now);
    run(payment_);
    post(id, "customer:17850", -13912);
    post(id, "merchant", 13912);
    bind(idempotency_, 1, key);
    bind(idempotency_, 2, response);
    run(idempotency_);
    run(commit_);
  }

 private:
  void check(int code, const char* what) const {
    if (code != SQLITE_OK && code != SQLITE_DONE) fail(what, sqlite3_errmsg(connection_));
  }

  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v3(connection_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr), sql);
    return statement;
  }

  /// The text must live until the statement has run.
  void bind(sqlite3_stmt* statement, int index, std::string_view text) {
    check(sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC),
          "bind");
  }

  void post(std::string_view payment, std::string_view account, std::int64_t amount_minor) {
    bind(entry_, 1, payment);
    bind(entry_, 2, account);
    sqlite3_bind_int64(entry_, 3, amount_minor);
    run(entry_);
  }

  void run(sqlite3_stmt* statement) {
    check(sqlite3_step(statement), "run a statement");
    check(sqlite3_reset(statement), "reset a statement");
  }

  sqlite3* connection_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  sqlite3_stmt* payment_ = nullptr;
  sqlite3_stmt* entry_ = nullptr;
  sqlite3_stmt* idempotency_ = nullptr;
};

} // namespace

int measure(int count, char** arguments) {
  std::filesystem::path directory;
  unsigned seconds = 5;
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string_view name = arguments[i];
    const std::string_view value = arguments[i + 1];
    if (name == "--dir") {
      directory = value;
    } else if (name == "--seconds") {
      const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), seconds);
      if (failure != std::errc() || *end != '\0' || seconds < 1 || seconds > 600) usage();
    } else {
      usage();
    }
  }
  if (count % 2 == 0 || directory.empty()) usage();
  const auto file = directory / "paybase.db";
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored))
    fail(file.c_str(), "exists already; remove it or name another --dir");

  ledger book(file);
  const auto start = clock::now();
  const auto end = start + std::chrono::seconds(seconds);
  std::uint64_t payments = 0;
  while (clock::now() < end) book.pay(payments++);
  const double taken = std::chrono::duration<double>(clock::now() - start).count();
  std::printf("{\"payments\":%llu,\"seconds\":%.3f,\"per_second\":%.1f}\n",
              static_cast<unsigned long long>(payments), taken, static_cast<double>(payments) / taken);
  return 0;
}

} // namespace troupe::loadtest

int main(int count, char** arguments) { return troupe::loadtest::measure(count, arguments); }
