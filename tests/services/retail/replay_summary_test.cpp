#include "platform/json/document.hpp"
#include "services/retail/replay_progress.hpp"
#include "services/retail/replay_summary.hpp"

#include <boost/json/object.hpp>
#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <string>

namespace troupe::retail {
namespace {

replay_summary finished() {
  replay_summary s;
  s.file = "shop.csv";
  s.target = "http://shop:8080";
  s.rows = 20;
  s.totals.invoices = 6;
  s.totals.payments = 3;
  s.totals.credits = 1;
  s.totals.events = 9;
  s.totals.skipped[static_cast<std::size_t>(skip_reason::amount_not_positive)] = 2;
  s.of(request_kind::payment).taken = 3;
  s.of(request_kind::payment).amount_minor = 12345;
  s.of(request_kind::credit).taken = 1;
  s.of(request_kind::events).taken = 1;
  s.events_accepted = 7;
  s.events_duplicate = 2;
  s.tries = 6;
  s.retries = 1;
  s.answers = {{201, 4}, {202, 1}, {503, 1}};
  s.took = std::chrono::seconds(2);
  return s;
}

} // namespace

TEST_CASE("replay summary: it says in lines what was sent, answered, skipped and repeated") {
  CHECK(to_text(finished()) == "file      shop.csv: 20 rows, 0 refused\n"
                               "invoices  6: 3 payments, 1 credits, 2 skipped: amount_not_positive 2\n"
                               "payments  3 taken, 0 failed, 0 not sent; 123.45 GBP taken\n"
                               "credits   1 taken, 0 failed, 0 not sent; 0.00 GBP taken\n"
                               "events    9 purchases: 7 accepted, 2 known before, 0 not taken\n"
                               "requests  6 sent to http://shop:8080, 1 of them again; 0 without an answer; "
                               "answers by status 201: 4, 202: 1, "
                               "503: 1\n"
                               "time      2.0 s, 3 requests a second\n"
                               "result    complete, no errors\n");
}

TEST_CASE("replay summary: an error, a refused row or a stop makes it incomplete") {
  auto with_error = finished();
  with_error.add_error("payment 1: status 500");
  CHECK_FALSE(with_error.is_complete());
  CHECK_THAT(to_text(with_error), Catch::EndsWith("result    1 errors, 0 refused rows\n"));
  auto with_row = finished();
  with_row.refused_rows = 1;
  CHECK_FALSE(with_row.is_complete());
  auto stopped = finished();
  stopped.stopped_because = "by a signal";
  CHECK_FALSE(stopped.is_complete());
  CHECK_THAT(to_text(stopped),
             Catch::Contains("result    stopped: by a signal; run it again to complete it; 0 errors"));
}

TEST_CASE("replay summary: it is one JSON object with the same numbers and at most twenty errors") {
  auto summary = finished();
  for (int i = 0; i < 1500; ++i) summary.add_error("payment \"1\"");
  CHECK(summary.errors == 1500);
  CHECK(summary.first_errors.size() == 1000);
  const auto text = to_json(summary);
  CHECK(text.find('\n') == std::string::npos);
  const auto parsed = json::parse(text);
  REQUIRE(parsed.has_value());
  const auto& all = parsed->as_object();
  CHECK(all.at("payments").at("amount_minor") == 12345);
  CHECK(all.at("payments").at("not_sent") == 0);
  CHECK(all.at("skipped").at("amount_not_positive") == 2);
  CHECK(all.at("events").at("duplicates") == 2);
  CHECK(all.at("requests").at("answers").at("503") == 1);
  CHECK(all.at("errors").at("count") == 1500);
  CHECK(all.at("errors").at("first").as_array().size() == 20);
  CHECK(all.at("complete") == false);
}

TEST_CASE("replay summary: a sum that does not fit stays at the largest value") {
  replay_summary summary;
  summary.add_amount(request_kind::payment, std::numeric_limits<std::int64_t>::max());
  summary.add_amount(request_kind::payment, 1);
  CHECK(summary.of(request_kind::payment).amount_minor == std::numeric_limits<std::int64_t>::max());
}

TEST_CASE("replay progress: share, rate and time left are shown, with a bar on a terminal") {
  using namespace std::chrono_literals;
  CHECK(progress_line({50, 200, 1, 10s}, false) == "25 % 50 of 200 requests, 5/s, ETA 30 s, 1 errors");
  CHECK(progress_line({50, 200, 1, 10s}, true) ==
        "[######..................] 25 % 50 of 200 requests, 5/s, ETA 30 s, 1 errors");
  CHECK(progress_line({1, 1001, 0, 1s}, false) == "0 % 1 of 1001 requests, 1/s, ETA 16 min 40 s, 0 errors");
  CHECK(progress_line({1, 8001, 0, 1s}, false) == "0 % 1 of 8001 requests, 1/s, ETA 2 h 13 min, 0 errors");
  CHECK(progress_line({0, 200, 0, 0s}, false) == "0 % 0 of 200 requests, 0/s, ETA unknown, 0 errors");
  CHECK(progress_line({0, 0, 0, 0s}, false) == "100 % 0 of 0 requests, 0/s, ETA 0 s, 0 errors");
  CHECK(progress_line({201, 200, 0, 10s}, false) == "100 % 200 of 200 requests, 20/s, ETA 0 s, 0 errors");
  constexpr auto huge = std::numeric_limits<std::uint64_t>::max();
  CHECK(progress_line({huge, huge, huge, 1s}, true).size() <= 100);
}

} // namespace troupe::retail
