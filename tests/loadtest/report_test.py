"""The page and the summary say what the raw figures say, whatever is missing, and never run what a server said."""

import html.parser
import re
import unittest

import made_up
import openloop
import columns
import page
import rounds
import summary
import targets
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


def runs_of(by_round):
    return [run for _, run in rounds.all_runs(by_round)]


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
        table = text.split("\n\n")[0].splitlines()
        rows = [line.split("|")[1].strip() for line in table[2:]]
        self.assertEqual(len(rows), len(made_up.GROUPS))
        self.assertEqual(rows[:2], ["floor", "**troupe**"])
        floor = next(line for line in text.splitlines() if line.startswith("| floor"))
        self.assertEqual(floor.split("|")[6].strip(), "1.00")

    def test_compares_troupe_with_the_closest_peer_of_each_scenario(self):
        data = made_up.ranking()
        for name, by_round in data["runs"]["hello"].items():
            for run in runs_of(by_round):
                run["requests_per_second"] = {"troupe": 300, "hyper": 200, "floor": 400}.get(name, 100)
        text = summary.text(Ranking(data))
        self.assertIn("Troupe 1.50 (1.50 to 1.50) of hyper, the closest peer, 0.75 (0.75 to 0.75) of floor", text)

    def test_a_rate_is_held_when_it_was_answered_and_nearly_all_that_fell_due_has_its_time(self):
        run = {"offered_per_second": 1000, "achieved_per_second": 970, "due": 2000, "samples": 1980}
        self.assertTrue(openloop.held(run))
        self.assertFalse(openloop.held(run | {"achieved_per_second": 969}))
        self.assertFalse(openloop.held(run | {"samples": 1979}))

    def test_no_time_is_compared_with_that_of_a_floor_whose_queue_grew(self):
        data = made_up.ranking()
        for by_round in data["openloop"]["floor"].values():
            for turn in by_round:
                turn["shares"]["50"]["samples"] = 10
        verdicts = {text: verdict for text, _, verdict in targets.judged(Ranking(data))}
        self.assertEqual(verdicts["p99 at 50 % of each server's maximum: at most 1.3 of the quicker floor's"], "not measured")

    def test_the_closest_peer_is_so_by_the_ratios_of_rounds_not_by_the_greatest_median(self):
        data = made_up.ranking()
        hello = data["runs"]["hello"] = {name: by_round for name, by_round in data["runs"]["hello"].items() if name in (
            "troupe", "gin", "hyper", "floor")}
        rates = {"troupe": (100, 100, 200, 200, 200), "gin": (98, 98, 196, 196, 196), "hyper": (0, 0, 197, 180, 180), "floor": (9,) * 5}
        for name, by_round in hello.items():
            for rate, run in zip(rates[name], runs_of(by_round)):
                run["requests_per_second"] = rate
        del hello["hyper"]["1"], hello["hyper"]["2"]  # It ran in the fast rounds only.
        self.assertGreater(Ranking(data).figure("hello", "hyper", "requests_per_second")["min"], 150)
        self.assertEqual(Ranking(data).closest_peer("hello")[0], "gin")

    def test_a_server_with_errors_is_marked_in_the_table(self):
        data = made_up.ranking()
        data["runs"]["hello"]["gin"]["3"][0]["faults"] = ["2 read errors"]
        text = summary.text(Ranking(data))
        self.assertRegex(next(line for line in text.splitlines() if line.startswith("| gin")), r"^\| gin +\| [\d,]+ \(!\) ")
        self.assertIn("with errors or wrong answers", text)

    def test_memory_of_fewer_connections_than_its_column_says_is_marked(self):
        data = made_up.ranking()
        self.assertNotIn("(!)", summary.text(Ranking(data)))
        data["ramp"]["gin"]["steps"][-1]["missing"] = "only 13,000 of 15,000 connections were there"
        text = summary.text(Ranking(data))
        self.assertRegex(next(line for line in text.splitlines() if line.startswith("| gin")), r"[\d,]+ \(!\) +\|$")
        self.assertIn("not all connections were there", text)

    def test_runs_that_were_disturbed_are_counted_and_listed(self):
        data = made_up.ranking()
        data["runs"]["hello"]["gin"]["3"][0]["disturbed"] = "the host took 9.0 % of the time away"
        self.assertIn("after up to two repetitions: 1;", summary.text(Ranking(data)))
        self.assertIn("the host took 9.0 % of the time away", rendered(data)[0])

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
                        "slope_plus_minus": 4096.0, "samples": [{"seconds": t, "rss_bytes": 4e7} for t in (5, 10)], "failures": []}
        self.assertIn("170,000,000 requests, 2 errors", summary.text(Ranking(data)))
        self.assertIn("2.0 KiB an hour (95 % interval plus or minus 4.0)", rendered(data)[0])

    def test_latency_is_the_percentile_of_the_merged_rounds(self):
        data = made_up.ranking()
        both = Ranking(data).latency["gin"]["50"]
        self.assertEqual(both["samples"], 8000)
        self.assertEqual(Ranking(data).latency["gin"]["90"]["samples"], 4000)
        del data["openloop"]["gin"]["2"]
        self.assertEqual(Ranking(data).latency["gin"]["50"]["samples"], 4000)

    def test_can_be_made_of_nothing(self):
        data = made_up.ranking() | {"runs": {}, "programs": {}, "parts": {}, "failures": ["preparation: ended early: Troupe is missing"]}
        for part in ("openloop", "ramp", "burst", "stall"):
            del data[part]
        self.assertIn("INVALID: preparation", summary.text(Ranking(data)))
        self.assertIn("INVALID: preparation", rendered(data)[0])


class Targets(unittest.TestCase):
    def verdicts(self, data):
        return {target: verdict for target, _, verdict in targets.judged(Ranking(data))}

    def test_each_is_judged_by_the_median_of_ratios(self):
        found = self.verdicts(made_up.ranking())
        self.assertEqual(found["/hello: ahead of every peer"], targets.REACHED)
        self.assertEqual(found["durable payments: ahead of every peer as durable"], targets.REACHED)
        self.assertEqual(found["an idle connection: at most 96 bytes of user memory"], targets.REACHED)
        self.assertEqual(found["p99 at 50 % of each server's maximum: below every peer's"], targets.REACHED)
        self.assertEqual(found["p99 at half of Troupe's maximum, the same rate for all: below every peer's"], targets.REACHED)

    def test_what_a_round_missed_is_reached_by_the_median_only(self):
        data = made_up.ranking()
        runs_of(data["runs"]["hello"]["troupe"])[0]["requests_per_second"] = 1.0
        self.assertEqual(self.verdicts(data)["/hello: ahead of every peer"], targets.BY_THE_MEDIAN)

    def test_what_is_not_reached_or_not_measured_is_said(self):
        data = made_up.ranking()
        for run in runs_of(data["runs"]["hello"]["troupe"]):
            run["requests_per_second"] = 1.0
        data["programs"]["idle_memory"]["bytes_per_connection"]["rss_bytes"] = 97
        found = self.verdicts(data)
        self.assertEqual(found["/hello: ahead of every peer"], targets.MISSED)
        self.assertEqual(found["/hello: at least 1.05 of the best of the study's seven"], targets.MISSED)
        self.assertEqual(found["an idle connection: at most 96 bytes of user memory"], targets.MISSED)
        self.assertEqual(found["soak: no slope of memory, no error, also not in a million requests over 1,000 connections"],
                         targets.UNKNOWN)
        self.assertRegex(summary.text(Ranking(data)), r"\| \*\*not reached\*\* +\|")

    def test_the_better_back_end_is_compared_with_the_better_floor(self):
        data = made_up.ranking()
        data["servers"] += [{**data["servers"][1], "name": "troupe-io_uring"}, {**data["servers"][0], "name": "floor-ring"}]
        for name, rate in (("troupe-io_uring", 500_000.0), ("floor-ring", 501_000.0)):
            data["runs"]["hello"][name] = {str(n): [{**data["runs"]["hello"]["floor"][str(n)][0], "requests_per_second": rate}]
                                           for n in range(1, 6)}
        measured = {target: text for target, text, _ in targets.judged(Ranking(data))}
        self.assertEqual(measured["/hello with the better back end: at least 0.95 of the better floor"],
                         "troupe-io_uring 0.998 (1.00 to 1.00) of floor-ring")


if __name__ == "__main__":
    unittest.main()
