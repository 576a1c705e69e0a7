"""What wrk, ab and oha said is read right, and what cannot be read is a failure and no figure."""

import os
import sqlite3
import subprocess
import tempfile
import unittest
from pathlib import Path

import loadtest_path  # noqa: F401
import ab
import cpu
import oha
import peers
import scenarios
import wrk
from failure import Failure

AB = """This is ApacheBench
Document Path:          /hello
Concurrency Level:      1000
Time taken for tests:   2.500 seconds
Complete requests:      100000
Failed requests:        7
   (Connect: 1, Receive: 2, Length: 3, Exceptions: 1)
Non-2xx responses:      4
Keep-Alive requests:    99000
Total transferred:      14500000 bytes
HTML transferred:       500000 bytes
Requests per second:    40000.00 [#/sec] (mean)

Connection Times (ms)
              min  mean[+/-sd] median   max
Connect:        0   12 8.5     10      40
Processing:     1    7   0.6      7      14
Total:          1    8   0.6      7      14

Percentage of the requests served within a certain time (ms)
  50%      7
  99%      9
 100%     14 (longest request)
"""
OHA = (
    '{"summary":{"total":2.01},"statusCodeDistribution":{"200":990,"503":4},'
    '"errorDistribution":{"aborted due to deadline":3,"connection refused":2}}'
)


class ApacheBench(unittest.TestCase):
    def test_text_becomes_figures(self):
        said = ab.parse(AB)
        self.assertEqual(said["requests"], 100_000)
        self.assertEqual(said["requests_per_second"], 40_000)
        self.assertEqual(said["bytes"], 14_500_000)
        self.assertEqual(said["errors"], {"connect": 1, "read": 2, "length": 3, "exceptions": 1, "status": 4})
        self.assertEqual(said["reuse_share"], 0.99)
        self.assertEqual(said["connect_ms"], 12)
        self.assertEqual(said["percentiles_ms"], {"50": 7, "99": 9, "100": 14})

    def test_a_request_that_failed_in_two_ways_counts_once(self):
        said = ab.parse(AB)
        self.assertEqual((said["failed_requests"], said["attempts"]), (7, 100_001))
        more = ab.parse(AB.replace("Non-2xx responses:      4", "Non-2xx responses:      9"))
        self.assertEqual(more["failed_requests"], 10)

    def test_lines_that_are_only_there_sometimes_count_as_none(self):
        dropped = ("Keep-Alive", "Non-2xx", "   (Connect")
        said = ab.parse("\n".join(line for line in AB.splitlines() if not line.startswith(dropped)))
        self.assertEqual(said["errors"], {"status": 0})
        self.assertEqual(said["reuse_share"], 0)

    def test_another_text_is_a_failure(self):
        with self.assertRaises(Failure):
            ab.parse("apr_socket_connect(): Connection refused (111)\n")

    def test_what_is_checked_before_is_what_ab_sends(self):
        self.assertIn(b" HTTP/1.0\r\nConnection: Keep-Alive\r\n", ab.request("127.0.0.1:1", "/hello", True))
        self.assertNotIn(b"Connection", ab.request("127.0.0.1:1", "/hello", False))


class Oha(unittest.TestCase):
    def test_errors_are_counted_by_kind_and_requests_that_it_cut_apart(self):
        said = oha.parse(OHA)
        self.assertEqual(said["answers"], 990)
        self.assertEqual(said["errors"], {"connection refused": 2, "status 503": 4})
        self.assertEqual(said["cut"], 3)

    def test_another_text_is_a_failure(self):
        for text in ("", "Error: no such host", "[]", '{"summary":{}}'):
            with self.assertRaises(Failure):
                oha.parse(text)

    def test_requests_that_were_due_and_never_sent_are_told(self):
        result = oha.result_of(OHA, [(0.1, 0.002), (0.2, 0.004)], 1000, 2, 0)
        self.assertEqual(result["offered_per_second"], 1000)
        self.assertEqual(result["achieved_per_second"], 1)
        self.assertEqual(result["unsent"], 2000 - 990 - 6 - 3)

    def test_what_was_due_while_connections_were_made_is_left_out(self):
        result = oha.result_of(OHA, [(0.1, 0.2), (0.6, 0.002), (2.4, 0.004)], 1000, 2, 0.5)
        self.assertEqual(result["histogram"].count, 2)
        self.assertEqual(result["histogram"].max_seconds, 0.004)
        self.assertEqual(result["achieved_per_second"], 1)
        self.assertEqual(result["unsent"], 2500 - 990 - 6 - 3)

    def test_the_rate_counts_answers_by_when_they_came_so_that_a_long_queue_takes_none_away(self):
        quick = [(0.5 + i / 100, 0.0001) for i in range(200)]
        slow = [(i / 100, 0.5001) for i in range(200)]  # As many answers in the same window, each half a second late.
        for samples in (quick, slow):
            self.assertEqual(oha.result_of(OHA, samples, 100, 2, 0.5)["achieved_per_second"], 100)

    def test_without_samples_a_rate_is_offered_and_nothing_is_written(self):
        class Server:
            listen = "127.0.0.1:1"

        made = oha.command(Server, "/hello", 2, 5000, None)
        self.assertIn("--latency-correction", made)
        self.assertNotIn("--db-url", made)

    def test_samples_are_timed_from_when_they_were_due_and_only_good_answers_count(self):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory) / "samples.sqlite"
            with sqlite3.connect(path) as rows:
                rows.execute("CREATE TABLE oha (start REAL, start_latency_correction REAL, duration REAL, status INTEGER)")
                rows.executemany("INSERT INTO oha VALUES (?, ?, ?, ?)",
                                 [(1.5, 1.2, 0.4, 200), (2.0, None, 0.1, 200), (3.0, 2.9, 0.1, 500)])
            rows.close()
            self.assertEqual(oha.read_samples(path), [(1.2, 0.4), (2.0, 0.1)])

    def test_the_lateness_of_the_generator_counts(self):
        # Ten a second; the third and the fourth were let go together, a fifth of a second late.
        stamps = [5.0, 5.101, 5.4, 5.4, 5.4]
        found = oha.from_due([(stamp, 0.01) for stamp in reversed(stamps)], 10)
        expected_of = [(5.0, 0.01), (5.101, 0.01), (5.202, 0.208), (5.302, 0.108), (5.4, 0.01)]
        for (due, took), (expected_due, expected) in zip(found, expected_of, strict=True):
            self.assertAlmostEqual(due, expected_due)
            self.assertAlmostEqual(took, expected)
        self.assertEqual(oha.from_due([], 10), [])

    def test_the_version_is_pinned_and_correction_asked_for(self):
        class Server:
            listen = "127.0.0.1:1"

        made = oha.command(Server, "/hello", 2, 5000, "samples")
        self.assertIn("--latency-correction", made)
        self.assertEqual(made[made.index("-q") + 1], "5000")
        self.assertNotIn("--latency-correction", oha.command(Server, "/hello", 2, 5000, "samples", corrected=False))
        self.assertNotIn("-q", oha.command(Server, "/hello", 2, None, None))


class Wrk(unittest.TestCase):
    def test_errors_and_answers_of_another_size_are_faults(self):
        good = {"requests": 1000, "bytes": 100_000, "errors": {"read": 0}}
        self.assertEqual(wrk.faults(good, 100, 10), [])
        self.assertEqual(wrk.faults(good | {"errors": {"read": 2}}, 100, 10), ["2 read errors"])
        self.assertEqual(len(wrk.faults(good | {"bytes": 90_000}, 100, 10)), 1)


class Processor(unittest.TestCase):
    def test_threads_that_began_and_ended_in_between_are_counted(self):
        before, after = cpu.Reading(0, 0, {"1": 0}), cpu.Reading(150, 50, {"1": 10_000_000})
        self.assertAlmostEqual(cpu.spent(before, after).total, 200 / cpu.TICKS_PER_SECOND)

    def test_a_servers_processes_are_found_by_their_parents(self):
        parents = {10: 1, 11: 10, 12: 11, 13: 1, 14: 10}
        self.assertEqual(sorted(cpu.descendants(10, parents)), [10, 11, 12, 14])
        self.assertEqual(cpu.descendants(99, parents), [99])

    def test_a_family_is_this_process_and_its_child(self):
        child = subprocess.Popen(["sleep", "30"])
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        self.assertIn(child.pid, cpu.family(os.getpid()))
        self.assertNotIn(os.getppid(), cpu.family(os.getpid()))

    def test_the_finer_counter_is_used_where_both_agree(self):
        before, after = cpu.Reading(0, 0, {"1": 0}), cpu.Reading(75, 25, {"1": 1_003_000_000})
        self.assertAlmostEqual(cpu.spent(before, after).total, 1.003)


class Scenarios(unittest.TestCase):
    def test_a_login_is_a_post_on_a_connection_of_its_own(self):
        login = next(s for s in scenarios.RANKING if s.name == "login")
        head, _, body = login.request("127.0.0.1:1").partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"POST /echo HTTP/1.1\r\n"))
        self.assertIn(b"\r\nConnection: close", head)
        self.assertIn(b"\r\nContent-Length: %d" % len(body), head)

    def test_what_targets_are_judged_by_gets_all_rounds(self):
        rounds = {s.name: s.rounds(5) for s in scenarios.RANKING}
        self.assertEqual({name for name, count in rounds.items() if count == 5}, {"hello", "close", "product"})
        self.assertEqual(set(rounds.values()), {5, 2})
        self.assertTrue(all(s.rounds(1) == 1 for s in scenarios.RANKING))

    def test_a_login_is_asked_of_all_that_read_bodies(self):
        login = next(s for s in scenarios.RANKING if s.name == "login")
        asked = {peer.name for peer in peers.PEERS if peer.group in ("study", "fair") and scenarios.takes_part(login, peer)}
        everyone = {peer.name for peer in peers.PEERS if peer.group in ("study", "fair")}
        self.assertEqual(everyone - asked, {"tokio-study", "rust-std", "nginx"})

    def test_hyperlane_is_never_asked_in_a_pipeline(self):
        pipelined = next(s for s in scenarios.RANKING if s.name == "pipelined")
        self.assertIn("hyperlane", pipelined.loses)

    def test_names_are_unique(self):
        self.assertEqual(len(scenarios.NAMES), len(set(scenarios.NAMES)))


if __name__ == "__main__":
    unittest.main()
