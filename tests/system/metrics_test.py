"""The admin listener: metrics, health, configuration, log level."""
import re
import unittest

from troupe_process import SharedServerTest, key, payment, wait_until

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"')


def parse(text):
    """{(name, labels): value} and {name: type} of the text format, strictly. Source: Prometheus exposition format 0.0.4."""
    samples, types, helped = {}, {}, set()
    assert text.endswith("\n")
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            assert name not in helped, f"second HELP of {name}"
            helped.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types and kind in ("counter", "gauge", "histogram"), line
            types[name] = kind
        else:
            found = SAMPLE.match(line)
            assert found, f"no sample: {line!r}"
            labels = frozenset(LABEL.findall(found[2] or ""))
            family = re.sub("_(bucket|sum|count)$", "", found[1])
            assert found[1] in types or types.get(family) == "histogram", f"no TYPE before {line!r}"
            assert (found[1], labels) not in samples, f"twice: {line!r}"
            samples[found[1], labels] = float(found[3])
    assert set(types) == helped
    return samples, types


class Metrics(SharedServerTest):
    def read(self):
        answer = self.server.ask_admin("GET", "/metrics")
        self.assertEqual((answer.status, answer.field("Content-Type")), (200, "text/plain; version=0.0.4; charset=utf-8"))
        return parse(answer.body.decode("utf-8"))

    def total(self, name, **labels):
        samples, _ = self.read()
        return sum(value for (n, found), value in samples.items() if n == name and set(labels.items()) <= found)

    def test_histograms_are_cumulative_and_end_in_their_count(self):
        self.server.ask("GET", "/hello")
        samples, types = self.read()
        series = {}
        for (name, labels), value in samples.items():
            if name.endswith("_bucket"):
                rest = frozenset(label for label in labels if label[0] != "le")
                bound = float(dict(labels)["le"])
                series.setdefault((name[:-len("_bucket")], rest), []).append((bound, value))
        self.assertTrue(series)
        for (name, labels), buckets in series.items():
            self.assertEqual(types[name], "histogram")
            counts = [count for _, count in sorted(buckets)]
            self.assertEqual(counts, sorted(counts))
            self.assertEqual(max(buckets)[0], float("inf"))
            self.assertEqual(counts[-1], samples[name + "_count", labels])
            self.assertGreaterEqual(samples[name + "_sum", labels], 0)
        for name, kind in types.items():
            self.assertEqual(kind == "counter", name.endswith("_total"), name)

    def test_actors_are_counted_and_requests_leave_none_behind(self):
        before = self.total("troupe_actors")
        self.assertGreaterEqual(before, self.total("troupe_service_up"))
        for _ in range(5):
            self.server.ask("GET", "/hello")
        self.assertEqual(self.total("troupe_actors"), before)

    def test_counters_move_with_what_was_done(self):
        requests = "troupe_http_requests_total"
        before = self.total(requests, route="/hello")
        missing = self.total(requests, listener="public")
        latencies = self.total("troupe_http_request_duration_seconds_count", route="/hello")
        with self.server.connect() as c:
            for _ in range(7):
                c.ask("GET", "/hello")
            c.ask("GET", "/no/such/path/" + "x" * 50)
            self.assertEqual(self.total("troupe_http_sessions", listener="public"), 1)
        self.assertEqual(self.total(requests, route="/hello"), before + 7)
        self.assertEqual(self.total(requests, listener="public"), missing + 8)
        self.assertEqual(self.total("troupe_http_request_duration_seconds_count", route="/hello"), latencies + 7)
        wait_until(lambda: self.total("troupe_http_sessions", listener="public") == 0, "the session is counted out")
        samples, _ = self.read()
        self.assertFalse([labels for _, labels in samples if any("such" in value for _, value in labels)], "paths are no labels")

    def test_payments_are_counted_by_how_they_ended(self):
        def written(outcome):
            return self.total("troupe_payment_writes_total", kind="payment", outcome=outcome)
        before = {outcome: written(outcome) for outcome in ("created", "replayed", "refused")}
        for _ in range(2):
            self.server.ask("POST", "/v1/payments", payment("m", 5), key("m1"))
        self.server.ask("POST", "/v1/payments", payment("m", 6), key("m1"))
        self.assertEqual({outcome: written(outcome) - before[outcome] for outcome in before}, {"created": 1, "replayed": 1, "refused": 1})
        self.assertGreaterEqual(self.total("troupe_payment_commits_total"), 1)

    def test_services_are_up_and_pools_at_rest(self):
        samples, _ = self.read()
        up = {dict(labels)["service"]: value for (name, labels), value in samples.items() if name == "troupe_service_up"}
        self.assertLessEqual({"hello", "catalog", "payment", "stats"}, set(up))
        self.assertTrue(all(value >= 1 for value in up.values()), up)
        wait_until(lambda: self.total("troupe_http_pool_in_use", listener="public") == 0, "everything borrowed is given back")


class Admin(SharedServerTest):
    settings = ("connections.idle_timeout=45s",)

    def test_health_readiness_and_configuration(self):
        health, ready = self.server.ask_admin("GET", "/healthz"), self.server.ask_admin("GET", "/readyz")
        self.assertEqual((health.status, ready.status, ready.body), (200, 200, b"ready\n"))
        rows = self.server.ask_admin("GET", "/config").body.decode().splitlines()
        self.assertTrue(any(re.match(r"connections\.idle_timeout: 45000ms +# command line", row) for row in rows), rows)
        self.assertTrue(any(re.match(r"requests\.fields: 100 +# default", row) for row in rows), rows)
        self.assert_problem(self.server.ask_admin("GET", "/hello"), 404)  # services are not there
        self.assert_problem(self.server.ask("GET", "/metrics"), 404)      # and this is not on the public side

    def test_the_log_level_can_be_read_and_changed(self):
        self.assertEqual(self.server.ask_admin("GET", "/log-level").body, b"info\n")
        self.addCleanup(self.server.ask_admin, "PUT", "/log-level", b"info")
        for level in (b"debug", b"error\n", b"off"):
            self.assertEqual(self.server.ask_admin("PUT", "/log-level", level).status, 200)
            self.assertEqual(self.server.ask_admin("GET", "/log-level").body.strip(), level.strip())
        refused = self.server.ask_admin("PUT", "/log-level", b"loud")
        self.assertEqual(refused.status, 400)
        self.assertIn(b"debug, info, warn, error or off", refused.body)
        self.assertEqual(self.server.ask_admin("GET", "/log-level").body, b"off\n")
        self.assertEqual(self.server.ask_admin("POST", "/log-level", b"info").status, 405)

    def test_a_web_page_may_not_change_the_server(self):
        for origin in ("http://evil.example", "null", "http://%s:%d" % self.server.admin):  # the last: by a name that was made to point here
            with self.server.connect_admin() as c:
                for method, target, body in (("POST", "/drain", None), ("PUT", "/log-level", b"off")):
                    refused = c.ask(method, target, body, {"Origin": origin})
                    self.assertEqual(refused.status, 403)
                    self.assertIn(b"Origin", refused.body)
                self.assertEqual(c.ask("GET", "/log-level", None, {"Origin": origin}).body, b"info\n")
                self.assertEqual(c.ask("GET", "/readyz").status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
