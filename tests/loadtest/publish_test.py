"""README holds the summary of a ranking whose results are in the tree, unchanged."""

import unittest

import loadtest_path
import readme
from failure import Failure

README = loadtest_path.ROOT / "README.md"
RESULTS = loadtest_path.ROOT / "loadtest" / "results"


class Inclusion(unittest.TestCase):
    def test_readme_has_the_summary_that_its_mark_names_or_says_that_there_is_none(self):
        name, included = readme.read(README.read_text())
        if name == "none":
            self.assertIn("loadtest/run", included)
        else:
            self.assertEqual(included, (RESULTS / name / "summary.md").read_text())

    def test_a_summary_takes_the_place_of_the_one_before(self):
        text = readme.replaced(README.read_text(), "20260101-0000-abc", "| a\\1 |\n")
        self.assertEqual(readme.read(text), ("20260101-0000-abc", "| a\\1 |\n"))
        again = readme.replaced(text, "20260102-0000-def", "| b |\n")
        self.assertEqual(readme.read(again), ("20260102-0000-def", "| b |\n"))
        self.assertEqual(again.count("a\\1"), 0)

    def test_the_rest_of_readme_stays(self):
        before = README.read_text()
        name, included = readme.read(before)
        self.assertEqual(readme.replaced(before, name, included), before)

    def test_without_marks_or_with_two_it_is_refused(self):
        part = "<!-- ranking: x -->\ny\n<!-- end of the ranking -->\n"
        for text in ("no marks\n", part + part):
            with self.assertRaises(Failure):
                readme.replaced(text, "z", "z\n")

    def test_a_summary_cannot_break_the_marks(self):
        with self.assertRaises(Failure):
            readme.replaced("<!-- ranking: x -->\n<!-- end of the ranking -->\n", "x", "<!-- end of the ranking -->\n")


if __name__ == "__main__":
    unittest.main()
