"""The page and the summary say what the raw figures say, whatever is missing, and never run what a server said."""

import html.parser
import re
import unittest

import made_up
import columns
import page
import summary
from ranking import Ranking

HOSTILE = "<script>alert(1)</script>"
VOID = {"meta", "br", "path", "rect"}


class Balance(html.parser.HTMLParser):
    """Fails on an element that is closed out of turn."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], set()

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            raise AssertionError(f"</{tag}> where it does not belong")


def rendered(data):
    text = page.render(Ranking(data))
    balance = Balance()
    balance.feed(text)
    return text, balance.seen


class Page(unittest.TestCase):
    def test_is_whole_needs_no_script_and_nothing_from_elsewhere(self):
        text, seen = rendered(made_up.ranking())
        self.assertIn("svg", seen)
        self.assertFalse(seen & {"script", "img", "link", "iframe"})
        self.assertIsNone(re.search(r"https?:|url\(|@import", text))

    def test_shows_what_a_server_said_as_text(self):
        data = made_up.ranking()
        data["servers"][3]["version"] = HOSTILE
        data["reasons"]["hello"] = {"gin": HOSTILE}
        data["failures"] = [HOSTILE]
        data["parts"]["payments"] = f"| {HOSTILE} |\n| --- |\n| {HOSTILE} |\n\n{HOSTILE}"
        text, seen = rendered(data)
        self.assertNotIn("script", seen)
        self.assertEqual(text.count("&lt;script&gt;"), 6)

    def test_reproduces_the_articles_columns_for_each_server(self):
        rows = dict((cells[0], cells) for _, cells in columns.article_rows(Ranking(made_up.ranking())))
        self.assertEqual(set(rows), set(made_up.GROUPS))
        for cells in rows.values():
            self.assertEqual(len(cells), len(columns.ARTICLE_HEADER))
            self.assertNotIn("", cells)

    def test_marks_an_invalid_run(self):
        data = made_up.ranking()
        data["failures"] = ["hello, round 2, troupe: 3 read errors"]
        self.assertIn("INVALID: hello, round 2, troupe: 3 read errors", rendered(data)[0])

    def test_can_be_made_of_a_single_scenario(self):
        data = made_up.ranking()
        for part in ("openloop", "ramp", "burst", "stall"):
            del data[part]
        data["runs"] = {"hello": data["runs"]["hello"]}
        text, _ = rendered(data)
        self.assertNotIn("Latency, honestly", text)

    def test_a_server_that_failed_in_one_scenario_is_only_missing_there(self):
        data = made_up.ranking()
        data["runs"]["hello"]["gin"] = {}
        self.assertNotIn("gin", dict(Ranking(data).ordered("hello")))
        self.assertIn("gin", dict(Ranking(data).ordered("close")))
        rendered(data)


class Summary(unittest.TestCase):
    def test_has_a_row_for_each_server_best_first_and_ratios_to_the_floor(self):
        text = summary.text(Ranking(made_up.ranking()))
        rows = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")][1:]
        self.assertEqual(len(rows), len(made_up.GROUPS))
        self.assertEqual(rows[:2], ["floor", "**troupe**"])
        floor = next(line for line in text.splitlines() if line.startswith("| floor"))
        self.assertEqual(floor.split("|")[6].strip(), "1.00")

    def test_compares_troupe_with_the_best_peer_of_each_scenario(self):
        data = made_up.ranking()
        for name, by_round in data["runs"]["hello"].items():
            for run in by_round.values():
                run["requests_per_second"] = {"troupe": 300, "hyper": 200, "floor": 400}.get(name, 100)
        text = summary.text(Ranking(data))
        self.assertIn("Troupe 1.50 (1.50 to 1.50) of hyper, the best peer, 0.75 (0.75 to 0.75) of floor", text)

    def test_compares_processor_time_and_latency_with_the_best_peers(self):
        text = summary.text(Ranking(made_up.ranking()))
        self.assertRegex(text, r"CPU per request on `/hello`: Troupe 0\.9\d .* of tokio-study, the peer that needs least")
        self.assertRegex(text, r"p99 at 50 % .*: Troupe [\d,]+ us, floor [\d,]+ us, tokio-study, the quickest peer, [\d,]+ us")

    def test_names_what_was_not_built_and_what_is_invalid(self):
        data = made_up.ranking()
        data["failures"] = ["stall: not counted"]
        text = summary.text(Ranking(data))
        self.assertIn("Not built here: node.", text)
        self.assertIn("INVALID: stall: not counted", text)

    def test_tells_how_a_soak_went(self):
        data = made_up.ranking()
        end = {"descriptors": 27, "actors": 29.0}
        data["soak"] = {"minutes": 20, "load": {"requests": 170_000_000, "errors": {"read": 2}}, "before": end, "after": end,
                        "million": {"requests": 1_000_000, "errors": {"status": 0}}, "slope_bytes_per_hour": 2048.0,
                        "slope_plus_minus": 4096.0, "samples": [{"seconds": t, "rss_bytes": 4e7} for t in (5, 10)]}
        self.assertIn("170,000,000 requests, 2 errors", summary.text(Ranking(data)))
        self.assertIn("2.0 KiB an hour (95 % interval plus or minus 4.0)", rendered(data)[0])

    def test_latency_is_the_percentile_of_the_merged_rounds(self):
        data = made_up.ranking()
        both = Ranking(data).latency["gin"]["50"]
        self.assertEqual(both["samples"], 8000)
        del data["openloop"]["gin"]["2"]
        self.assertEqual(Ranking(data).latency["gin"]["50"]["samples"], 4000)


if __name__ == "__main__":
    unittest.main()
