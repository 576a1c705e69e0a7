#include "platform/json/document.hpp"
#include "services/retail/commands.hpp"
#include "tests/services/retail/fake_server.hpp"
#include "tests/services/retail/temporary_file.hpp"

#include <boost/json/value.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <map>
#include <sstream>
#include <string>

namespace troupe::retail {
namespace {

using fault = fake_server::fault;

const std::string header =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

std::string row(const std::string& number, const std::string& code, int quantity, const std::string& price,
                const std::string& customer = "17850") {
  return number + "," + code + ",HEART," + std::to_string(quantity) + ",2010-12-01 08:26:00," + price + "," +
         customer + ",United Kingdom\n";
}

// Forty payments of 30 lines each, four credits, two that are skipped.
std::string shop_file() {
  std::string text = header;
  for (int i = 100; i < 140; ++i) {
    for (int line = 0; line < 30; ++line)
      text += row(std::to_string(i), "P" + std::to_string(line), line + 1, "0.25");
  }
  for (int i = 1; i <= 4; ++i) text += row("C" + std::to_string(i), "D", -1, "27.5", "NA");
  return text + row("A9", "B", 1, "5") + row("200", "B", 1, "0");
}

constexpr std::size_t shop_payments = 40;
constexpr std::size_t shop_credits = 4;
constexpr std::size_t shop_events = 1200;

struct run_result {
  int exit_code = -1;
  std::string out;
  std::string notes;
  boost::json::value summary; ///< when it was asked for as JSON
};

run_result run(replay_options options) {
  std::ostringstream out;
  std::ostringstream notes;
  options.notes = &notes;
  options.retry.first_wait = std::chrono::milliseconds(1);
  options.retry.longest_wait = std::chrono::milliseconds(4);
  run_result result;
  result.exit_code = replay(options, out);
  result.out = out.str();
  result.notes = notes.str();
  if (options.json && !result.out.empty()) result.summary = *json::parse(result.out);
  return result;
}

replay_options options_for(const temporary_file& file, const fake_server& server,
                           std::size_t connections = 8) {
  replay_options options;
  options.file = file.path();
  options.target = server.url();
  options.connections = connections;
  options.json = true;
  return options;
}

void check_books(const server_books& books) {
  CHECK(books.violations == std::vector<std::string>{});
  CHECK(books.payments.size() == shop_payments);
  CHECK(books.credits.size() == shop_credits);
  CHECK(books.events.size() == shop_events);
}

} // namespace

TEST_CASE(
    "replay: every payment, credit and purchase of the file arrives once, over the connections asked for") {
  const temporary_file file(shop_file());
  fake_server server;
  const auto result = run(options_for(file, server, 3));
  INFO(result.out << result.notes);
  CHECK(result.exit_code == 0);
  CHECK(result.notes.empty());
  CHECK(result.summary.at("complete") == true);
  CHECK(result.summary.at("requests").at("sent") == 40 + 4 + 12);
  CHECK(result.summary.at("requests").at("retries") == 0);
  CHECK(result.summary.at("payments").at("amount_minor") == 40 * 11625);
  CHECK(result.summary.at("credits").at("amount_minor") == 4 * 2750);
  CHECK(result.summary.at("skipped").at("other_prefix") == 1);
  CHECK(result.summary.at("skipped").at("amount_not_positive") == 1);

  const auto& books = server.stop();
  check_books(books);
  CHECK(books.connections == 3);
  CHECK(books.largest_batch == 100);
  CHECK(books.payments.at("\"100\"") ==
        R"({"customer_id":"17850","amount_minor":11625,"currency":"GBP","reference":"100"})");
  CHECK(books.credits.at("\"C1\"") ==
        R"({"customer_id":"guest","amount_minor":2750,"currency":"GBP","reference":"C1"})");
  CHECK(books.events.at("139-30") == R"("P29"30)");
}

TEST_CASE("replay: refusals for now, cut connections and lost answers are tried again until all is there") {
  const temporary_file file(shop_file());
  std::map<std::string, int> tries; // by body
  fake_server server([&](const server_request& request, std::size_t number) -> std::optional<fault> {
    if (++tries[request.body()] > 2) return std::nullopt;
    auto unavailable = answer_with(503);
    unavailable.set(boost::beast::http::field::retry_after, "0");
    auto closing = answer_with(504);
    closing.keep_alive(false);
    switch (number % 6) {
    case 0:
      return fault{false, unavailable};
    case 1:
      return fault{false, answer_with(409)};
    case 2:
      return fault{false, answer_with(429)};
    case 3:
      return fault{false, closing};
    case 4:
      return fault{false, {}}; // cut before
    default:
      return fault{true, {}}; // carried out, the answer is lost
    }
  });
  const auto result = run(options_for(file, server));
  INFO(result.out << result.notes);
  CHECK(result.exit_code == 0);
  check_books(server.stop());
  const auto& requests = result.summary.at("requests");
  CHECK(requests.at("retries") == 2 * 56);
  CHECK(requests.at("connection_failures").as_int64() > 0); // how many depends on which request a connection brings when
  for (const char* status : {"201", "202", "409", "429", "503", "504"})
    CHECK(requests.at("answers").as_object().contains(status));
  CHECK(result.summary.at("events").at("duplicates").as_int64() +
            result.summary.at("events").at("accepted").as_int64() ==
        static_cast<std::int64_t>(shop_events));
}

TEST_CASE(
    "replay: a request is tried eight times and then counted as an error with its invoice and the problem") {
  const temporary_file file(header + row("536365", "A", 1, "1") + row("536366", "A", 1, "1"));
  std::map<std::string, int> tries;
  fake_server server([&](const server_request& request, std::size_t) -> std::optional<fault> {
    const std::string key(request["Idempotency-Key"]);
    if (key != "\"536365\"") return std::nullopt;
    ++tries[key];
    return fault{false, answer_with(503, R"({"title":"Service Unavailable","detail":"the store is away"})")};
  });
  const auto result = run(options_for(file, server, 1));
  CHECK(result.exit_code == 1);
  const auto& books = server.stop();
  CHECK(tries["\"536365\""] == 8);
  CHECK(books.payments.size() == 1);
  CHECK(books.events.size() == 1);
  CHECK(result.summary.at("errors").at("count") == 1);
  CHECK(result.notes == "errors:\npayment 536365: status 503: \"the store is away\" (after 8 tries)\n");
}

TEST_CASE("replay: an answer that will not change is an error at once, and its purchases are not sent") {
  const temporary_file file(header + row("1", "A", 1, "1") + row("C2", "A", -1, "1") + row("3", "A", 1, "1"));
  fake_server server([](const server_request& request, std::size_t) -> std::optional<fault> {
    if (request["Idempotency-Key"] == "\"1\"")
      return fault{false, answer_with(422, R"({"detail":"the key was used with another payload"})")};
    if (request["Idempotency-Key"] == "\"C2\"") return fault{false, answer_with(500, "out of order")};
    return std::nullopt;
  });
  const auto result = run(options_for(file, server, 1));
  CHECK(result.exit_code == 1);
  CHECK(result.summary.at("requests").at("retries") == 0);
  CHECK_THAT(result.notes,
             Catch::Contains("payment 1: status 422: \"the key was used with another payload\"\n") &&
                 Catch::Contains("credit C2: status 500: \"out of order\"\n"));
  const auto& books = server.stop();
  CHECK(books.events.size() == 1);
  CHECK(books.events.contains("3-1"));
}

TEST_CASE("replay: an event that the server refuses does not cost the ones sent with it") {
  std::string text = header;
  for (int i = 1; i <= 50; ++i) text += row("7", i == 23 ? "BAD" : "GOOD", 1, "1");
  const temporary_file file(text);
  fake_server server([](const server_request& request, std::size_t) -> std::optional<fault> {
    if (request.body().find("BAD") == std::string::npos) return std::nullopt;
    return fault{false, answer_with(400, R"({"detail":"events[0].product_id: is bad"})")};
  });
  const auto result = run(options_for(file, server, 2));
  CHECK(result.exit_code == 1);
  CHECK(result.summary.at("events").at("accepted") == 49);
  CHECK(result.summary.at("events").at("not_taken") == 1);
  CHECK(result.notes == "errors:\nevents 7-23 to 7-23: status 400: \"events[0].product_id: is bad\"\n");
  CHECK(server.stop().events.size() == 49);
}

TEST_CASE("replay: an answer to events whose counts do not add up is an error") {
  const temporary_file file(header + row("7", "A", 1, "1"));
  fake_server server([](const server_request& request, std::size_t) -> std::optional<fault> {
    if (request.target() != "/v1/events") return std::nullopt;
    return fault{false, answer_with(202, R"({"accepted":0,"duplicates":0})")};
  });
  const auto result = run(options_for(file, server, 2));
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.notes, Catch::Contains("events 7-1 to 7-1: the answer is not"));
}

TEST_CASE("replay: it can be run again, and then changes nothing") {
  const temporary_file file(shop_file());
  fake_server server;
  CHECK(run(options_for(file, server)).exit_code == 0);
  const auto again = run(options_for(file, server));
  CHECK(again.exit_code == 0);
  CHECK(again.summary.at("events").at("duplicates") == shop_events);
  check_books(server.stop());
}

TEST_CASE("replay: SIGINT stops it with the summary so far, and a second run completes it") {
  const temporary_file file(shop_file());
  bool is_first = true;
  fake_server server([&](const server_request&, std::size_t number) -> std::optional<fault> {
    if (number == 20 && std::exchange(is_first, false)) (void)std::raise(SIGINT);
    // Later requests wait for their retries, which the stop must cut short.
    if (number > 20 && number < 30) return fault{false, answer_with(503)};
    return std::nullopt;
  });
  const auto stopped = run(options_for(file, server, 4));
  CHECK(stopped.exit_code == 1);
  CHECK(stopped.summary.at("stopped_because") == "by a signal");
  CHECK(stopped.summary.at("errors").at("count") == 0);
  CHECK(stopped.summary.at("payments").at("not_sent").as_int64() > 0);
  const auto again = run(options_for(file, server, 4));
  CHECK(again.exit_code == 0);
  check_books(server.stop());
}

TEST_CASE("replay: after one signal the requests under way are still answered") {
  const temporary_file file(shop_file());
  fake_server server([](const server_request&, std::size_t number) -> std::optional<fault> {
    if (number == 20) (void)std::raise(SIGTERM);
    return std::nullopt;
  });
  const auto stopped = run(options_for(file, server, 8));
  CHECK(stopped.exit_code == 1);
  CHECK(stopped.summary.at("stopped_because") == "by a signal");
  CHECK(stopped.summary.at("requests").at("connection_failures") == 0);
  CHECK(stopped.summary.at("requests").at("sent") == server.stop().requests);
}

TEST_CASE("replay: a second signal ends a request that gets no answer, without an error") {
  const temporary_file file(shop_file());
  fake_server server([](const server_request&, std::size_t number) -> std::optional<fault> {
    if (number != 20) return std::nullopt;
    (void)std::raise(SIGINT);
    (void)std::raise(SIGINT);
    return fault{false, {}, false, true};
  });
  const auto stopped = run(options_for(file, server, 1));
  CHECK(stopped.exit_code == 1);
  CHECK(stopped.summary.at("seconds").as_double() < 4.0); // the grace period alone would take 5
  CHECK(stopped.summary.at("requests").at("connection_failures") == 1);
  CHECK(stopped.summary.at("errors").at("count") == 0);
}

TEST_CASE("replay: an answer that does not come in time is a failed try") {
  const temporary_file file(header + row("1", "A", 1, "1"));
  fake_server server([](const server_request&, std::size_t number) -> std::optional<fault> {
    return number == 1 ? std::optional(fault{false, {}, false, true}) : std::nullopt;
  });
  auto options = options_for(file, server, 1);
  options.answer_timeout = std::chrono::seconds(1);
  const auto result = run(options);
  CHECK(result.exit_code == 0);
  CHECK(result.summary.at("requests").at("connection_failures") == 1);
  CHECK(result.summary.at("requests").at("retries") == 1);
  CHECK(server.stop().connections == 2);
}

TEST_CASE("replay: a server that has gone ends the replay instead of failing every invoice in turn") {
  const temporary_file file(shop_file());
  fake_server server([](const server_request&, std::size_t number) -> std::optional<fault> {
    return number < 10 ? std::nullopt : std::optional(fault{false, {}, true});
  });
  const auto result = run(options_for(file, server, 2));
  CHECK(result.exit_code == 1);
  CHECK_THAT(std::string(result.summary.at("stopped_because").as_string()),
             Catch::StartsWith("no answer from " + server.url()));
  CHECK(result.summary.at("errors").at("count").as_int64() <= 2);
  CHECK(result.summary.at("payments").at("not_sent").as_int64() > 20);
}

TEST_CASE("replay: a row that is refused keeps its invoice back, is reported, and the rest is sent") {
  const temporary_file report;
  const temporary_file file(header + row("1", "A", 1, "1") + row("2", "A", 1, "1") +
                            row("2", "A", 1, "a lot") + row("3", "A", 1, "1"));
  fake_server server;
  auto options = options_for(file, server);
  options.report_file = report.path();
  const auto result = run(options);
  CHECK(result.exit_code == 1);
  CHECK(result.summary.at("rows").at("refused") == 1);
  CHECK(result.summary.at("skipped").at("refused_line") == 1);
  const std::string line =
      "line 4: UnitPrice: expected a decimal number with at most 12 digits and 6 decimals, as in "
      "2.55, found \"a lot\"\n";
  CHECK(result.notes == "refused rows:\n" + line);
  CHECK(report.content() == line);
  const auto& books = server.stop();
  CHECK(books.payments.size() == 2);
  CHECK_FALSE(books.payments.contains("\"2\""));
}

TEST_CASE("replay: a limit sends the first invoices only, and a rate slows them down") {
  const temporary_file file(shop_file());
  fake_server server;
  auto options = options_for(file, server);
  options.limit = 2;
  options.rate = 50;
  const auto begin = std::chrono::steady_clock::now();
  const auto result = run(options);
  CHECK(result.exit_code == 0);
  CHECK(result.summary.at("invoices") == 2);
  CHECK(result.summary.at("requests").at("sent") == 3);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(40));
  CHECK(server.stop().payments.size() == 2);
}

TEST_CASE("replay: a file without an invoice to send is complete at once") {
  const temporary_file file(header + row("A9", "B", 1, "5"));
  fake_server server;
  auto options = options_for(file, server);
  options.json = false;
  const auto result = run(options);
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Catch::Contains("requests  0 sent") && Catch::Contains("answers by status none") &&
                             Catch::EndsWith("result    complete, no errors\n"));
}

TEST_CASE("replay: options that cannot be used are refused with exit code 2, before anything is read") {
  const auto exit_code_with = [](auto change) {
    replay_options options;
    options.file = "/no/such/file";
    change(options);
    return run(options);
  };
  const auto code = [&](auto change) { return exit_code_with(change).exit_code; };
  CHECK(code([](replay_options& o) { o.file.clear(); }) == 2);
  CHECK(code([](replay_options& o) { o.target = "https://shop"; }) == 2);
  CHECK(code([](replay_options& o) { o.connections = 0; }) == 2);
  CHECK(code([](replay_options& o) { o.connections = 1025; }) == 2);
  CHECK(code([](replay_options& o) { o.rate = -1; }) == 2);
  CHECK(code([](replay_options& o) { o.rate = 1e-9; }) == 2);
  CHECK(code([](replay_options& o) { o.rate = std::numeric_limits<double>::quiet_NaN(); }) == 2);
  const auto missing = exit_code_with([](replay_options&) {});
  CHECK(missing.exit_code == 1);
  CHECK(missing.notes == "troupe replay: /no/such/file: cannot be opened: No such file or directory\n");
  CHECK(missing.out.empty());
}

TEST_CASE("replay: a report that cannot be written is told before anything is sent") {
  const temporary_file file(shop_file());
  fake_server server;
  auto options = options_for(file, server);
  options.report_file = "/no/such/folder/report";
  const auto result = run(options);
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.notes, Catch::Contains("/no/such/folder/report: the report cannot be written"));
  CHECK(server.stop().requests == 0);
}

} // namespace troupe::retail
