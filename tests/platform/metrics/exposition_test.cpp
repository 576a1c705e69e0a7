#include "platform/metrics/registry.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <limits>
#include <string>

using namespace std::chrono_literals;
using namespace troupe::metrics;

TEST_CASE("an empty registry exposes nothing") { CHECK(registry().expose().empty()); }

TEST_CASE("counters and gauges are exposed by name, with their writers added up") {
  registry r;
  r.gauge("sessions", "Open sessions.", {}, 0).set(4);
  r.gauge("sessions", "Open sessions.", {}, 1).set(-6);
  r.counter("requests_total", "Requests.", {{"route", "/hello"}, {"status", "200"}}, 0).add(40);
  r.counter("requests_total", "Requests.", {{"route", "/hello"}, {"status", "200"}}, 7).add(2);
  (void)r.counter("requests_total", "ignored: the first help stays", {{"route", "/echo"}, {"status", "200"}});
  CHECK(r.expose() == "# HELP requests_total Requests.\n"
                      "# TYPE requests_total counter\n"
                      "requests_total{route=\"/echo\",status=\"200\"} 0\n"
                      "requests_total{route=\"/hello\",status=\"200\"} 42\n"
                      "# HELP sessions Open sessions.\n"
                      "# TYPE sessions gauge\n"
                      "sessions -2\n");
}

TEST_CASE("a histogram is exposed with cumulative buckets, sum and count") {
  registry r;
  const labels route{{"route", "/hello"}};
  r.histogram("took_seconds", "Duration.", route, 0).record(2us);
  r.histogram("took_seconds", "Duration.", route, 0).record(3us);
  r.histogram("took_seconds", "Duration.", route, 1).record(1000ms);
  std::string expected = "# HELP took_seconds Duration.\n# TYPE took_seconds histogram\n"
                         "took_seconds_bucket{route=\"/hello\",le=\"2e-06\"} 1\n"
                         "took_seconds_bucket{route=\"/hello\",le=\"4e-06\"} 2\n";
  for (const auto* bound :
       {"8e-06", "1.6e-05", "3.2e-05", "6.4e-05", "0.000128", "0.000256", "0.000512", "0.001024", "0.002048",
        "0.004096", "0.008192", "0.016384", "0.032768", "0.065536", "0.131072", "0.262144", "0.524288"}) {
    expected += "took_seconds_bucket{route=\"/hello\",le=\"" + std::string(bound) + "\"} 2\n";
  }
  expected += "took_seconds_bucket{route=\"/hello\",le=\"+Inf\"} 3\n"
              "took_seconds_sum{route=\"/hello\"} 1.000005\n"
              "took_seconds_count{route=\"/hello\"} 3\n";
  CHECK(r.expose() == expected);
}

TEST_CASE("a histogram without labels has le alone") {
  registry r;
  (void)r.histogram("h", "x");
  const auto text = r.expose();
  CHECK(text.find("h_bucket{le=\"2e-06\"} 0\n") != std::string::npos);
  CHECK(text.find("h_sum 0\nh_count 0\n") != std::string::npos);
}

TEST_CASE("label values and help texts are escaped so that no value makes a line of its own") {
  registry r;
  (void)r.counter("c", "back\\slash, \"quote\"\nnew line", {{"a", "back\\slash \"quote\"\nnew line} 9"}});
  CHECK(r.expose() == "# HELP c back\\\\slash, \"quote\"\\nnew line\n"
                      "# TYPE c counter\n"
                      "c{a=\"back\\\\slash \\\"quote\\\"\\nnew line} 9\"} 0\n");
}

TEST_CASE("an observed gauge is computed each time it is looked at, and the latest function counts") {
  registry r;
  int calls = 0;
  r.observe("depth", "d", {{"queue", "a"}}, [&calls] { return ++calls + 0.5; });
  CHECK(r.expose() == "# HELP depth d\n# TYPE depth gauge\ndepth{queue=\"a\"} 1.5\n");
  CHECK(r.expose() == "# HELP depth d\n# TYPE depth gauge\ndepth{queue=\"a\"} 2.5\n");
  r.observe("depth", "d", {{"queue", "a"}}, [] { return 9.0; });
  CHECK(r.expose() == "# HELP depth d\n# TYPE depth gauge\ndepth{queue=\"a\"} 9\n");
  CHECK(calls == 2);
}

TEST_CASE("values that are no numbers are written as Prometheus names them") {
  registry r;
  r.observe("a", "", {}, [] { return std::numeric_limits<double>::quiet_NaN(); });
  r.observe("b", "", {}, [] { return std::numeric_limits<double>::infinity(); });
  r.observe("c", "", {}, [] { return -std::numeric_limits<double>::infinity(); });
  r.observe("d", "", {}, [] { return 1e21; });
  const auto text = r.expose();
  CHECK(text.find("\na NaN\n") != std::string::npos);
  CHECK(text.find("\nb +Inf\n") != std::string::npos);
  CHECK(text.find("\nc -Inf\n") != std::string::npos);
  CHECK(text.find("\nd 1e+21\n") != std::string::npos);
}

TEST_CASE("the largest counts are written in full") {
  registry r;
  r.counter("c", "").add(std::numeric_limits<std::uint64_t>::max());
  r.gauge("g", "").set(std::numeric_limits<std::int64_t>::min());
  const auto text = r.expose();
  CHECK(text.find("\nc 18446744073709551615\n") != std::string::npos);
  CHECK(text.find("\ng -9223372036854775808\n") != std::string::npos);
}
