"""The order of the rounds, ratios within a round, and the time that is left."""

import unittest

import loadtest_path  # noqa: F401
import rounds
import timetable


class Order(unittest.TestCase):
    def test_every_other_round_is_backwards(self):
        self.assertEqual(rounds.order(["a", "b", "c"], 3), [["a", "b", "c"], ["c", "b", "a"], ["a", "b", "c"]])

    def test_each_has_the_same_mean_place_after_an_even_number_of_rounds(self):
        order = rounds.order(["a", "b", "c"], 4)
        places = {name: sum(names.index(name) for names in order) for name in "abc"}
        self.assertEqual(set(places.values()), {4})


class Ratios(unittest.TestCase):
    def test_are_taken_within_a_round(self):
        runs = {"ours": {1: {"x": 10}, 2: {"x": 30}}, "floor": {1: {"x": 20}, 2: {"x": 40}}}
        self.assertEqual(rounds.ratios(runs, "ours", "floor", "x"), {"median": 0.625, "min": 0.5, "max": 0.75})

    def test_leave_out_a_round_in_which_one_side_failed(self):
        runs = {"ours": {1: {"x": 10}, 2: {"x": 30}}, "floor": {2: {"x": 40}}}
        self.assertEqual(rounds.ratios(runs, "ours", "floor", "x")["median"], 0.75)

    def test_are_none_without_a_common_round_or_a_reference(self):
        runs = {"ours": {1: {"x": 10}}, "floor": {2: {"x": 40}}}
        self.assertIsNone(rounds.ratios(runs, "ours", "floor", "x"))
        self.assertIsNone(rounds.ratios(runs, "ours", "nobody", "x"))

    def test_a_figure_that_a_tool_does_not_give_is_none(self):
        self.assertIsNone(rounds.figures({"ours": {1: {"connect_ms": None}}}, "ours", "connect_ms"))


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


if __name__ == "__main__":
    unittest.main()
