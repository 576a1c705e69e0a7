"""The limits pages, platform/http/README.md and platform/websocket/README.md, held against the program and the tests."""
import re
import unittest

import corpus
from troupe_process import SOURCE, run_troupe

PAGES = [SOURCE / "platform" / folder / "README.md" for folder in ("http", "websocket")]
# Settings of connections that bound nothing.
CHOICES = {"connections.acceptors", "connections.actors", "connections.backend", "connections.backlog", "connections.fast_open", "connections.proxy_protocol",
           "websocket.compression", "websocket.compression_level"}
UNITS = {"": 1, "B": 1, "KiB": 1024, "MiB": 1024 ** 2, "GiB": 1024 ** 3, "ms": 1, "s": 1000, "m": 60_000, "min": 60_000, "h": 3_600_000}


def quantity(text):
    """A number with its unit as one number: bytes, milliseconds or a count."""
    found = re.fullmatch(r"([\d,]+) ?([A-Za-z]*)", text)
    assert found, f"no quantity: {text!r}"
    return int(found[1].replace(",", "")) * UNITS[found[2]]


def rows():
    """limit, default, setting, what is seen, hit by."""
    found = []
    for line in (line for page in PAGES for line in page.read_text(encoding="utf-8").splitlines()):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 5 and cells[0] != "limit" and not cells[0].startswith("---"):
            found.append(cells)
    return found


class LimitsPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shown = run_troupe("check-config")
        assert shown.returncode == 0, shown
        cls.defaults = dict(re.findall(r"^([\w.]+): (.*?)  # default;", shown.stdout, re.MULTILINE))

    def test_every_setting_of_the_page_exists_with_its_default(self):
        self.assertGreater(len(rows()), 15)
        for limit, default, setting, *_ in rows():
            with self.subTest(limit):
                name = setting.strip("`")
                self.assertIn(name, self.defaults)
                self.assertEqual(quantity(default), quantity(self.defaults[name]))

    def test_every_bound_is_on_a_page(self):
        on_page = {setting.strip("`") for _, _, setting, *_ in rows()}
        bounds = {name for name in self.defaults if name.startswith(("requests.", "connections.", "websocket.")) or name.endswith("_timeout")} - CHOICES
        self.assertLessEqual(bounds, on_page)

    def test_every_limit_is_hit_by_a_test(self):
        hit = {expected.decode() for case in corpus.load_all() for what, expected in case.checks if what == "limit"}
        for limit, _, setting, _, by in rows():
            with self.subTest(limit):
                if by == "corpus":
                    self.assertIn(setting.strip("`"), hit)
                else:
                    file, _, name = by.partition(": ")
                    text = (SOURCE / "tests" / "system" / f"{file}.py").read_text(encoding="utf-8")
                    self.assertIn(f"def {name}(self", text)

    def test_a_case_of_the_corpus_is_answered_as_the_page_says(self):
        seen = {setting.strip("`"): sight for _, _, setting, sight, by in rows() if by == "corpus"}
        for case in corpus.load_all():
            for what, expected in case.checks:
                if what == "limit":
                    with self.subTest(str(case)):
                        self.assertTrue(seen[expected.decode()].startswith(f"{case.answers[-1][0]}, close"))
                        self.assertEqual(case.ending, "close")


if __name__ == "__main__":
    unittest.main(verbosity=2)
