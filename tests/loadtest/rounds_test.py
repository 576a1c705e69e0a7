"""The order of the rounds, ratios within a round, and the time that is left."""

import unittest

import loadtest_path  # noqa: F401
import rounds
import timetable


def places(order, name):
    return [i for names in order for i, other in enumerate(names) if other == name]


class Order(unittest.TestCase):
    NAMES = list("abcdefghij")

    def test_every_round_has_each_once(self):
        for names in rounds.order(self.NAMES, 7):
            self.assertEqual(sorted(names), self.NAMES)

    def test_every_other_round_is_backwards(self):
        first, second = rounds.order(["a", "b", "c"], 2)
        self.assertEqual((first, second), (["a", "b", "c"], ["a", "c", "b"]))

    def test_each_round_begins_elsewhere_so_that_nobody_keeps_a_place(self):
        order = rounds.order(self.NAMES, 5)
        for name in self.NAMES:
            at = places(order, name)
            self.assertGreaterEqual(len(set(at)), 4, name)
            self.assertLess(abs(sum(at) / 5 - 4.5), 2, name)

    def test_the_reference_is_at_the_beginning_and_in_the_middle(self):
        for names in rounds.order(["floor", *self.NAMES], 3, "floor"):
            self.assertEqual(places([names], "floor"), [0, 6])
            self.assertEqual(len(names), 12)

    def test_another_may_run_twice_half_a_round_apart(self):
        for names in rounds.order(["floor", *self.NAMES], 5, "floor", "c"):
            first, second = places([names], "c")
            self.assertGreaterEqual(second - first, 5)
            self.assertEqual(sorted(set(names)), sorted(["floor", *self.NAMES]))
            self.assertEqual(len(names), 13)


def run(value, began=0.0):
    return {"x": value, "began": began}


class Ratios(unittest.TestCase):
    def test_are_taken_within_a_round(self):
        runs = {"ours": {1: [run(10)], 2: [run(30)]}, "floor": {1: [run(20)], 2: [run(40)]}}
        self.assertEqual(rounds.ratios(runs, "ours", "floor", "x"), {"median": 0.625, "min": 0.5, "max": 0.75})

    def test_are_taken_between_the_two_runs_that_were_nearest_in_time(self):
        runs = {"ours": {1: [run(10, 30.0)]}, "floor": {1: [run(100, 0.0), run(20, 25.0)]}}
        self.assertEqual(rounds.ratios(runs, "ours", "floor", "x")["median"], 0.5)
        runs["ours"][1].append(run(70, 1.0))
        self.assertEqual(rounds.each_ratio(runs, "ours", "floor", "x"), [0.7])

    def test_leave_out_a_round_in_which_one_side_failed(self):
        runs = {"ours": {1: [run(10)], 2: [run(30)]}, "floor": {1: [], 2: [run(40)]}}
        self.assertEqual(rounds.ratios(runs, "ours", "floor", "x")["median"], 0.75)

    def test_are_none_without_a_common_round_or_a_reference(self):
        runs = {"ours": {1: [run(10)]}, "floor": {2: [run(40)]}}
        self.assertIsNone(rounds.ratios(runs, "ours", "floor", "x"))
        self.assertIsNone(rounds.ratios(runs, "ours", "nobody", "x"))

    def test_a_figure_that_a_tool_does_not_give_is_none(self):
        self.assertIsNone(rounds.figures({"ours": {1: [{"connect_ms": None}]}}, "ours", "connect_ms"))


class TimeLeft(unittest.TestCase):
    def test_follows_the_pace_so_far(self):
        table = timetable.Timetable([("one", 10, 10), ("two", 1, 100)])
        self.assertEqual(table.estimate, 200)
        table.begin("two")  # The first part is done: 100 of the 200 s that were estimated.
        self.assertEqual(table.left(150), 150)

    def test_a_part_left_early_counts_as_done(self):
        table = timetable.Timetable([("one", 10, 10), ("two", 1, 100)])
        table.begin("one")
        table.begin("two")
        self.assertEqual(table.left(50), 50)

    def test_an_unknown_part_is_refused(self):
        with self.assertRaises(KeyError):
            timetable.Timetable([("one", 1, 1)]).begin("two")

    def test_the_plan_names_each_part_with_its_time(self):
        self.assertRegex(timetable.Timetable([("one", 10, 9), ("two", 1, 100)]).planned(), r"one +1 min 30 s\n.*\n +all +3 min 10 s")


if __name__ == "__main__":
    unittest.main()
