"""What is called a fault, a recovery, a leak, an agreed answer: neither more nor less."""

import json
import unittest

import loadtest_path  # noqa: F401
import burst
import contenders
import peers
import ramp
import soak
import stall
from failure import Failure

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nDate: Wed, 25 Nov 2026 10:00:00 GMT\r\n\r\nHello"


class Stall(unittest.TestCase):
    def counts(self, *late):
        return dict(zip((f"{mark * 1e3:.0f} ms" for mark in stall.MARKS), late))

    def test_is_counted_when_all_that_was_due_meanwhile_was_late(self):
        self.assertEqual(stall.faults(self.counts(1520, 1010, 498), 10_000), [])

    def test_is_not_counted_when_only_the_connections_were_late(self):
        self.assertEqual(len(stall.faults(self.counts(256, 256, 256), 10_000)), 2)

    def test_lateness_of_the_whole_run_is_no_stall(self):
        self.assertEqual(len(stall.faults(self.counts(9000, 8000, 7000), 10_000)), 3)


class Description(unittest.TestCase):
    def test_every_peer_can_be_written_as_json(self):
        for peer in peers.PEERS:
            self.assertEqual(json.loads(json.dumps(contenders.described(peer)))["name"], peer.name)


class Burst(unittest.TestCase):
    END = burst.BEFORE_SECONDS + burst.BURST_SECONDS

    def seen(self, late_until):
        windows = [i * burst.WINDOW_SECONDS for i in range(int((self.END + burst.AFTER_SECONDS) / burst.WINDOW_SECONDS))]
        return [(at, 0.05 if burst.BEFORE_SECONDS <= at < late_until else 0.0015) for at in windows]

    def test_recovery_ends_with_the_last_window_that_is_not_as_before(self):
        usual, worst, seconds = burst.recovery(self.seen(self.END + 1))
        self.assertEqual((usual, worst), (0.0015, 0.05))
        self.assertAlmostEqual(seconds, 1)

    def test_recovery_at_once_takes_no_time(self):
        self.assertEqual(burst.recovery(self.seen(self.END))[2], 0)

    def test_recovery_that_was_not_seen_is_none(self):
        self.assertIsNone(burst.recovery(self.seen(self.END + burst.AFTER_SECONDS))[2])

    def test_without_a_time_before_there_is_nothing_to_compare(self):
        with self.assertRaises(Failure):
            burst.recovery([(self.END, 0.001)])

    def test_windows_have_their_own_percentile(self):
        seen = burst.windows([(0.1, 0.001), (0.2, 0.001), (0.3, 0.5)])
        self.assertEqual([at for at, _ in seen], [0, burst.WINDOW_SECONDS])
        self.assertAlmostEqual(seen[1][1], 0.5)


class Ramp(unittest.TestCase):
    def test_memory_is_shared_among_the_connections_that_were_there(self):
        few, many = {"connections_seen": 1_000, "rss_bytes": 10_000_000}, {"connections_seen": 11_000, "rss_bytes": 11_000_000}
        self.assertEqual(ramp.growth({1_000: few, 15_000: many}), 100)
        self.assertIsNone(ramp.growth({1_000: few}))

    def test_connections_that_were_not_there_are_missed(self):
        self.assertEqual(ramp.missing(15_000, 14_900), "")
        self.assertEqual(ramp.missing(15_000, 8_000), "only 8,000 of 15,000 connections were there")
        self.assertEqual(ramp.missing(1, 1), "")
        self.assertNotEqual(ramp.missing(1, 0), "")

    def test_goes_as_far_as_the_descriptors_allow(self):
        self.assertEqual(ramp.steps_within(20_000), list(ramp.STEPS))
        self.assertEqual(ramp.steps_within(4_096), [1, 100, 1_000])


def sample(seconds, rss, descriptors=40):
    return {"seconds": seconds, "rss_bytes": rss, "descriptors": descriptors, "actors": None, "services_up": 4, "crashes": 0}


class Soak(unittest.TestCase):
    GOOD = {"requests": soak.REQUESTS, "errors": {"read": 0}}
    ENDS = {"before": {"descriptors": 40}, "after": {"descriptors": 41}}

    def judge(self, samples, load=None, ends=None):
        return soak.judge(samples, load or self.GOOD, self.GOOD, ends or self.ENDS)

    def test_memory_that_stays_is_no_leak(self):
        failures, line = self.judge([sample(t, 50_000_000 + (t * 7919) % 5 * 4096) for t in range(0, 1200, 5)])
        self.assertEqual(failures, [])
        self.assertLess(abs(line.per_hour), 1_000_000)

    def test_memory_that_grows_steadily_is_a_leak(self):
        failures, line = self.judge([sample(t, 50_000_000 + t * 1000) for t in range(0, 1200, 5)])
        self.assertEqual(len(failures), 1)
        self.assertAlmostEqual(line.per_hour, 3_600_000, delta=1)

    def test_growth_while_it_settles_is_none(self):
        failures, _ = self.judge([sample(t, min(50_000_000, 30_000_000 + t * 100_000)) for t in range(0, 1200, 5)])
        self.assertEqual(failures, [])

    def test_errors_and_descriptors_that_do_not_return_are_faults(self):
        samples = [sample(t, 50_000_000) for t in range(0, 1200, 5)]
        failures, _ = self.judge(samples, {"requests": 5, "errors": {"read": 3}}, {**self.ENDS, "after": {"descriptors": 99}})
        self.assertEqual(len(failures), 2)

    def test_a_metric_is_the_sum_over_its_labels(self):
        text = '# TYPE a gauge\na{x="1"} 2\na{x="2"} 3\nab 9\n'
        self.assertEqual(soak.metric(text, "a"), 5)
        self.assertIsNone(soak.metric(text, "b"))


class Ways(unittest.TestCase):
    def test_each_way_that_is_not_the_default_is_measured_beside_it(self):
        both = ["troupe-epoll", "troupe-io_uring"]
        for default, other in (("auto", both), ("io_uring", both[:1]), ("epoll", both[1:])):
            self.assertEqual(contenders.other_ways(f"connections.actors 0\nconnections.backend: {default} (default)\n"), other)
        for default, other in (("true", ["troupe-normal"]), ("false", ["troupe-batch"])):
            self.assertEqual(contenders.other_ways(f"scheduler.batch: {default} (default)\n"), other)

    def test_a_program_with_one_way_has_no_other(self):
        self.assertEqual(contenders.other_ways("connections.actors 0\n"), [])


class Answers(unittest.TestCase):
    def test_another_date_is_the_same_answer(self):
        other = ANSWER.replace(b"10:00:00", b"11:11:11")
        self.assertEqual(contenders.differences(ANSWER, other, "answer"), ([], []))

    def test_another_spelling_is_told_but_forbids_nothing(self):
        fatal, told = contenders.differences(ANSWER, ANSWER.replace(b"Content-Type", b"content-type"), "answer")
        self.assertEqual((fatal, len(told)), ([], 1))

    def test_a_field_less_forbids_measuring_the_fair_set_only(self):
        less = ANSWER.replace(b"Content-Type: text/plain\r\n", b"")
        self.assertEqual(len(contenders.differences(ANSWER, less, "answer")[0]), 1)
        self.assertEqual(contenders.differences(ANSWER, less, "body")[0], [])

    def test_another_body_forbids_measuring_anybody(self):
        other = ANSWER.replace(b"Hello", b"Hullo")
        for check in ("answer", "body"):
            self.assertEqual(len(contenders.differences(ANSWER, other, check)[0]), 1)


if __name__ == "__main__":
    unittest.main()
