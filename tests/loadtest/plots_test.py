"""The plots are well-formed whatever the names, and put values where they belong."""

import re
import unittest
import xml.etree.ElementTree as xml

import loadtest_path  # noqa: F401
import plots

HOSTILE = "<script>&\"'</script>"


def spread(median, least=None, most=None):
    return {"median": median, "min": least or median, "max": most or median}


class Bars(unittest.TestCase):
    def test_a_name_cannot_become_markup(self):
        drawn = plots.bars(HOSTILE, [(HOSTILE, "fair", spread(3))], "/s")
        self.assertNotIn("<script>", drawn)
        texts = [node.text for node in xml.fromstring(drawn).iter() if node.tag == "text"]
        self.assertIn(HOSTILE, texts)

    def test_are_as_long_as_their_medians(self):
        drawn = xml.fromstring(plots.bars("t", [("a", "x", spread(100)), ("b", "x", spread(50))], ""))
        widths = [float(node.get("width")) for node in drawn.iter("rect")]
        self.assertAlmostEqual(widths[0], 2 * widths[1], delta=0.2)

    def test_of_nothing_are_nothing(self):
        self.assertEqual(plots.bars("t", [], ""), "")


class Axes(unittest.TestCase):
    def test_each_further_nine_takes_the_same_room(self):
        place = plots.percentile_axis(4).place
        self.assertEqual(place(0), 0)
        self.assertAlmostEqual(place(0.9), 0.25)
        self.assertAlmostEqual(place(0.99), 0.5)
        self.assertAlmostEqual(place(0.9999), 1)
        self.assertEqual(place(1), 1)

    def test_a_logarithmic_axis_spans_whole_decades(self):
        axis = plots.logarithmic([30, 4000])
        self.assertEqual(axis.ticks, [10, 100, 1000, 10_000])
        self.assertAlmostEqual(axis.place(100), 1 / 3)
        self.assertEqual(axis.place(0), 0)

    def test_a_linear_axis_has_few_round_ticks(self):
        for most in (0.7, 3, 19, 86, 12_345):
            ticks = plots.linear([most]).ticks
            self.assertLessEqual(len(ticks), 8)
            self.assertGreaterEqual(len(ticks), 3)


class Lines(unittest.TestCase):
    def test_are_well_formed_and_name_each_series_that_has_points(self):
        series = [("one", "a", [(1, 10), (10, 20)]), (HOSTILE, "b", [(1, 30)]), ("none", "c", [])]
        drawn = plots.lines("t", series, plots.logarithmic([1, 10]), plots.logarithmic([10, 30]), "x", "y")
        texts = [node.text for node in xml.fromstring(drawn).iter("text")]
        self.assertIn("one", texts)
        self.assertIn(HOSTILE, texts)
        self.assertNotIn("none", texts)

    def test_no_coordinate_is_missing(self):
        drawn = plots.lines("t", [("one", "a", [(0, 1), (5, 2)])], plots.linear([0, 5]), plots.linear([2]), "x", "y")
        self.assertIsNone(re.search("nan|inf", drawn))

    def test_labels_do_not_cover_each_other(self):
        moved = plots.spread_out([10, 11, 12, 95, 96], 12, 100)
        self.assertTrue(all(b - a >= 12 - 1e-9 for a, b in zip(moved, moved[1:])))
        self.assertLessEqual(moved[-1], 100)


class Numbers(unittest.TestCase):
    def test_have_three_digits_that_count(self):
        cases = {0: "0", 176_894: "177k", 1_230_527: "1.23M", 999.96: "1k", 5.55: "5.55", 0.0123: "0.0123"}
        self.assertEqual({value: plots.short(value) for value in cases}, cases)
        self.assertEqual(plots.short(None), "-")


if __name__ == "__main__":
    unittest.main()
