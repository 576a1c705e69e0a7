"""Percentiles come from merged counts, within a bucket's width of the exact nearest rank."""

import json
import random
import unittest

import loadtest_path  # noqa: F401
from histogram import Histogram, merged


def of(seconds):
    made = Histogram()
    for value in seconds:
        made.add(value)
    return made


def exact(values, share):
    ordered = sorted(values)
    return ordered[max(1, -(-len(ordered) * share // 1).__int__()) - 1]


class Percentiles(unittest.TestCase):
    def test_are_within_a_bucket_of_the_nearest_rank(self):
        draw = random.Random(7)
        values = [draw.lognormvariate(-8, 2) for _ in range(20_000)]
        times = of(values)
        for share in (0.01, 0.5, 0.9, 0.99, 0.999, 0.9999):
            got, wanted = times.percentile(share), exact(values, share)
            self.assertGreaterEqual(got * (1 + 1e-9) + 1e-7, wanted)
            self.assertLessEqual(got, wanted * (1 + 1 / 64) + 2e-7)

    def test_the_greatest_time_is_exact(self):
        times = of([0.0001, 0.2031415])
        self.assertEqual(times.percentile(1), 0.2031415)
        self.assertEqual(times.max_seconds, 0.2031415)

    def test_of_nothing_there_are_none(self):
        self.assertIsNone(Histogram().percentile(0.5))
        self.assertIsNone(Histogram().mean())

    def test_of_two_runs_are_those_of_all_their_times_not_a_mean_of_percentiles(self):
        quick, slow = of([0.001] * 990), of([0.1] * 10)
        both = merged([quick, slow])
        self.assertEqual(both.count, 1000)
        self.assertAlmostEqual(both.percentile(0.99), 0.001, delta=0.00002)
        self.assertAlmostEqual(both.percentile(0.995), 0.1, delta=0.001)

    def test_survive_being_written_and_read(self):
        draw = random.Random(11)
        times = of([draw.expovariate(1000) for _ in range(5000)])
        again = Histogram.from_json(json.loads(json.dumps(times.to_json())))
        for share in (0.1, 0.5, 0.99, 0.999, 1):
            self.assertEqual(times.percentile(share), again.percentile(share))
        self.assertEqual(times.above(0.001), again.above(0.001))

    def test_times_above_a_mark_are_counted(self):
        self.assertEqual(of([0.01, 0.06, 0.11, 0.21]).above(0.05), 3)


if __name__ == "__main__":
    unittest.main()
