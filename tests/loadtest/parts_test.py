"""A part that ends early is recorded, the others run, what was measured is kept; and what makes a ranking invalid."""

import argparse
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import pathlib
import sqlite3
import tempfile
import unittest

import loadtest_path
import made_up
import faults
import parts
import report
import timetable
from failure import Failure, Interrupted
from ranking import Ranking


class Running(unittest.TestCase):
    def setUp(self):
        self.data = {"failed_parts": {}, "reasons": {}, "took": {}}
        self.kept = []
        self.addCleanup(setattr, report, "say", report.say)
        report.say = lambda text: None

    def run_parts(self, **measures):
        made = [parts.Part(name, 1, 1, measure) for name, measure in measures.items()]
        table = timetable.Timetable([(part.name, 1, 1) for part in made])
        parts.run_all(made, self.data, table, lambda: self.kept.append(sorted(self.data["took"])))

    def fill(self, name):
        def measure():
            self.data[name] = "measured"

        return measure

    def fail(self, error):
        def measure():
            raise error

        return measure

    def test_whatever_ends_a_part_is_recorded_and_the_others_run(self):
        self.run_parts(
            database=self.fail(sqlite3.OperationalError("disk image is malformed")), text=self.fail(ValueError("no JSON")),
            ours=self.fail(Failure("Troupe ended under load")), last=self.fill("last"))
        self.assertEqual(self.data["last"], "measured")
        self.assertEqual(self.data["failed_parts"], {
            "database": "OperationalError: disk image is malformed", "text": "ValueError: no JSON", "ours": "Troupe ended under load"})

    def test_each_part_is_written_when_it_ends(self):
        self.run_parts(one=self.fill("one"), two=self.fail(Failure("x")), three=self.fill("three"))
        self.assertEqual(self.kept, [["one"], ["one", "two"], ["one", "three", "two"]])

    def test_a_part_that_is_run_again_replaces_only_itself(self):
        self.run_parts(one=self.fill("one"), two=self.fail(Failure("x")))
        self.assertEqual(parts.unfinished(["one", "two", "three"], self.data), ["two", "three"])
        self.data["reasons"] = {"one": {"gin": "not ready"}, "two": {"gin": "not ready"}}
        self.run_parts(two=self.fill("two"))
        self.assertEqual((self.data["one"], self.data["two"], self.data["failed_parts"]), ("measured", "measured", {}))
        self.assertEqual(self.data["reasons"], {"one": {"gin": "not ready"}})

    def test_an_interrupt_ends_the_whole_but_what_was_measured_is_kept(self):
        with self.assertRaises(Interrupted):
            self.run_parts(one=self.fill("one"), two=self.fail(Interrupted(2)), three=self.fill("three"))
        self.assertEqual(self.kept[-1], ["one", "two"])
        self.assertNotIn("three", self.data)
        self.assertEqual(parts.unfinished(["one", "two", "three"], self.data), ["two", "three"])


def program():
    """loadtest/run as a module."""
    loader = importlib.machinery.SourceFileLoader("ranking_program", str(loadtest_path.ROOT / "loadtest" / "run"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


class Course:
    """Stands for the real one, whose parts start servers: no preparation, and the parts it was given."""

    made = []
    preparation = None

    def __init__(self, options, taking_part, payers, output, data, directory):
        self.parts = [parts.Part(name, 1, 1, lambda measure=measure: measure(data)) for name, measure in self.made]
        self.only({part.name for part in self.parts})

    def only(self, names):
        self.parts = [part for part in self.parts if part.name in names]
        self.timetable = timetable.Timetable([(part.name, 1, 1) for part in self.parts])

    def prepare(self):
        if self.preparation:
            raise self.preparation


class Whole(unittest.TestCase):
    def setUp(self):
        self.run = program()
        self.run.Course = Course
        self.run.contenders = argparse.Namespace(
            known=lambda: [argparse.Namespace(name=n, group=n) for n in ("floor", "troupe")], names=lambda: [], durable=lambda: [],
            described=lambda peer: {"name": peer.name, "group": peer.group, "version": "", "language": "", "parses": "", "omits": ""},
            REFERENCE="floor", OURS="troupe")
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.output = pathlib.Path(place.name)
        self.addCleanup(setattr, report, "say", report.say)
        report.say = lambda text: None
        self.addCleanup(setattr, Course, "preparation", None)

    def rank(self, *made, again=False, scenario=None):
        Course.made = made
        options = argparse.Namespace(only=None, scenario=scenario, no_build=True, again=again, pairs=1, seconds=1, soak=False)
        with contextlib.redirect_stdout(io.StringIO()):
            return self.run.rank(options, self.output)

    def written(self):
        return json.loads((self.output / "ranking.json").read_text())

    def fail(self, data):
        raise sqlite3.OperationalError("no more room")

    def test_the_report_is_written_whatever_ends_a_part(self):
        self.assertEqual(self.rank(("ramp", self.fail), ("hello", lambda data: data["runs"].update(hello={}))), 1)
        self.assertEqual(self.written()["failures"], ["ramp: ended early: OperationalError: no more room"])
        self.assertIn("INVALID: ramp", (self.output / "summary.md").read_text())
        self.assertIn("INVALID: ramp", (self.output / "report.html").read_text())

    def test_the_report_is_written_when_nothing_could_begin(self):
        Course.preparation = Failure("Troupe was not ready")
        self.assertEqual(self.rank(("hello", self.fail)), 1)
        self.assertIn("preparation: ended early: Troupe was not ready", (self.output / "summary.md").read_text())

    def test_the_report_is_written_after_an_interrupt(self):
        def interrupt(data):
            raise Interrupted(2)

        with self.assertRaises(Interrupted):
            self.rank(("hello", lambda data: data["parts"].update(payments="| a |\n| --- |\n| kept |\n")), ("ramp", interrupt))
        self.assertIn("kept", (self.output / "report.html").read_text())

    def test_going_on_measures_what_is_missing_and_loses_nothing(self):
        calls = []
        first = ("hello", lambda data: calls.append("hello") or data["parts"].update(hello="first"))
        self.rank(first, ("ramp", self.fail))
        self.assertEqual(self.rank(first, ("ramp", lambda data: data["parts"].update(ramp="second")), again=True), 0)
        self.assertEqual(calls, ["hello"])
        self.assertEqual(self.written()["parts"], {"hello": "first", "ramp": "second"})
        self.assertEqual(len(self.written()["again"]), 1)

    def test_an_earlier_ranking_is_not_written_over(self):
        self.rank(("hello", lambda data: None))
        with self.assertRaisesRegex(Failure, "is there already.*--again"):
            self.rank(("hello", lambda data: None))

    def test_a_ranking_of_another_commit_is_not_gone_on_with(self):
        self.rank(("hello", lambda data: None))
        other = self.written()
        other["environment"]["commit"] = "0" * 40
        (self.output / "ranking.json").write_text(json.dumps(other))
        with self.assertRaisesRegex(Failure, "of another commit"):
            self.rank(("hello", lambda data: None), again=True)


class Invalid(unittest.TestCase):
    def found(self, change):
        data = made_up.ranking()
        self.assertEqual(faults.of(data), [])
        change(data)
        return faults.of(data)

    def test_errors_of_ours_in_any_part_are(self):
        changes = {
            "hello, round 2, troupe: 3 read errors": lambda d: d["runs"]["hello"]["troupe"]["2"][0].update(faults=["3 read errors"]),
            "openloop, round 1, troupe at 90 %: 2 status 503":
                lambda d: d["openloop"]["troupe"]["1"][0]["shares"]["90"].update(errors={"status 503": 2}),
            "openloop, round 2, troupe at the same rate: 1 timeout":
                lambda d: d["openloop"]["troupe"]["2"][0]["same"].update(errors={"timeout": 1}),
            "openloop, round 2, troupe at the same rate: nothing was answered":
                lambda d: d["openloop"]["troupe"]["2"][0].update(same_failed="nothing was answered"),
            "ramp, floor at 1,000 connections: 4 timeout": lambda d: d["ramp"]["floor"]["steps"][3].update(errors={"timeout": 4}),
            "ramp, troupe at 15,000 connections: only 9 of 15,000 connections were there":
                lambda d: d["ramp"]["troupe"]["steps"][5].update(missing="only 9 of 15,000 connections were there"),
            "burst, troupe: 1 connection refused": lambda d: d["burst"]["troupe"].update(errors={"connection refused": 1}),
            "payments: troupe, round 1: refused": lambda d: d["programs"]["payments"].update(failures=["troupe, round 1: refused"]),
            "stall: not counted": lambda d: d["stall"].update(faults=["not counted"]),
            "soak: memory moved": lambda d: d.update(soak={"failures": ["memory moved"]}),
            "burst: ended early: OSError: no room": lambda d: d["failed_parts"].update(burst="OSError: no room"),
        }
        for sentence, change in changes.items():
            self.assertEqual(self.found(change), [sentence])

    def test_a_way_of_troupe_or_of_the_floor_that_failed_is(self):
        for name in ("troupe-epoll", "troupe-io_uring", "floor-ring", "troupe"):
            self.assertEqual(self.found(lambda d: d["reasons"].update(close={name: "was not ready"})), [f"close: {name}: was not ready"])

    def test_what_a_peer_does_is_part_of_its_result(self):
        def change(data):
            data["runs"]["hello"]["gin"]["2"][0]["faults"] = ["3 read errors"]
            data["burst"]["gin"]["errors"] = {"connection refused": 1}
            data["reasons"]["close"] = {"gin": "was not ready"}
            data["programs"]["payments"].update(failures=["gin, kept connections, round 1: refused", "gin: 3 payments were answered 201, but its file holds 2"])

        self.assertEqual(self.found(change), [])

    def test_a_request_counts_once_in_the_share_of_errors(self):
        data = made_up.ranking()
        for by_name in data["runs"].values():
            for by_round in by_name.values():
                for turn in by_round.values():
                    turn[0].update(failed_requests=10, attempts=1000, errors={"length": 10, "status": 10})
        self.assertEqual(Ranking(data).errors("gin"), 0.01)


if __name__ == "__main__":
    unittest.main()
