"""What a ranking consists of: its parts in their order, who takes part in which, and how long each takes."""

import functools
import json
import sys
from pathlib import Path

import burst
import connection
import contenders
import openloop
import ramp
import report
import scenarios
import servers
import soak
import stall
import throughput
from failure import Failure, told
from parts import Part
from timetable import Timetable

HERE = Path(__file__).resolve().parent


class Course:
    """All that the parts of a ranking need: who takes part, where, and the data that they fill."""

    def __init__(self, options, taking_part, payers, output, data, directory):
        self.options, self.payers, self.output, self.data, self.directory = options, payers, output, data, directory
        self.taking_part = taking_part
        wanted = options.scenario or scenarios.NAMES
        self.table = {s: [p for p in taking_part if scenarios.takes_part(s, p)] for s in scenarios.RANKING if s.name in wanted}
        # Memory and bursts are asked of one floor and of each back end of Troupe.
        self.once_each = [p for p in taking_part if p.name in (contenders.REFERENCE, contenders.OURS, *contenders.BACK_ENDS)
                          or p.group in ("study", "fair")]
        self.bursting = [p for p in self.once_each if p.group != "fair"]
        self.measured_for_latency = [p for p in taking_part if p.name not in contenders.OTHER_WAYS or p.name in contenders.BACK_ENDS]
        self.parts = self._throughput() + [part for part in self._others() if part.name in wanted]
        if options.soak:
            self.parts.append(Part("soak", 1, options.soak_minutes * 60 + 30, self._soak))
        self.only({part.name for part in self.parts})
        self.place = None
        self.descriptors = 0

    def only(self, names):
        """Leaves the other parts out."""
        self.parts = [part for part in self.parts if part.name in names]
        self.timetable = Timetable([(p.name, p.steps, p.seconds) for p in self.parts])

    def prepare(self):
        """Troupe's answers, which the others must give; without them nothing can be measured."""
        self.place = contenders.Place(self.directory, {scenarios.RANKING[0], *self.table})
        self.descriptors = connection.raise_descriptor_limit(4096)

    def _throughput(self):
        options = self.options
        return [
            Part(s.name, sum(map(len, throughput.order(s, [p.name for p in peers], options))), throughput.seconds_of(s, options),
                 functools.partial(self._measure_throughput, s, peers))
            for s, peers in self.table.items()
        ]

    def _others(self):
        options = self.options
        first, later = openloop.seconds_of(options)
        entries = sum(map(len, openloop.order([p.name for p in self.measured_for_latency], options)))
        begun = len(self.measured_for_latency)
        durable_ways = 2 * (1 + len(self.payers)) + 1
        return [
            Part("openloop", entries, (stall.SECONDS + begun * first + (entries - begun) * later) / entries, self._measure_latency),
            Part("payments", 1, durable_ways * options.pairs * (options.seconds + 0.3) + 15, functools.partial(
                self._run_program, "payments", ["--short", *self._payers(), *self._sizes()])),
            Part("idle_memory", 1, 25, functools.partial(self._run_program, "idle_memory", [])),
            Part("ramp", len(self.once_each), ramp.seconds_of(), self._measure_ramp),
            Part("burst", len(self.bursting), burst.seconds_of(), self._measure_burst),
        ]

    def _payers(self):
        return ["--peers=" + ",".join(p.name for p in self.payers)] if self.payers else []

    def _sizes(self):
        return ["--pairs", str(self.options.pairs), "--seconds", str(self.options.seconds)]

    def _common(self):
        return self.place, self.options, self.timetable, self.data["reasons"]

    def _measure_throughput(self, scenario, peers):
        runs = self.data["runs"][scenario.name] = {}
        throughput.measure(scenario, peers, *self._common(), runs)

    def _measure_latency(self):
        self.data["reasons"].pop("stall", None)
        try:
            self.data["stall"] = stall.measure(self.directory)
        except Exception as error:  # Without the proof the times are still worth having, but the ranking is not valid.
            self.data["reasons"]["stall"] = {"all": told(error)}
        runs = self.data["openloop"] = {}
        openloop.measure(self.measured_for_latency, scenarios.RANKING[0], *self._common(), runs)

    def _measure_ramp(self):
        runs = self.data["ramp"] = {}
        ramp.measure(self.once_each, scenarios.RANKING[0], *self._common(), runs, self.descriptors)

    def _measure_burst(self):
        runs = self.data["burst"] = {}
        burst.measure(self.bursting, scenarios.RANKING[0], *self._common(), runs, self.data.get("openloop", {}))

    def _soak(self):
        self.data["soak"] = soak.measure(self.place, self.options, report.say)

    def _run_program(self, name, arguments):
        """Another program of this folder; its table and raw figures. Failure: it wrote none."""
        written, raw = self.output / f"{name}.md", self.output / f"{name}.json"
        for old in (written, raw):
            old.unlink(missing_ok=True)
        code = servers.run_part([sys.executable, str(HERE / name), "--no-build", "--output", str(self.output), *arguments])
        if not (written.exists() and raw.exists()):
            raise Failure(f"loadtest/{name} ended with {code} and wrote no result")
        self.data["parts"][name] = written.read_text()
        self.data["programs"][name] = json.loads(raw.read_text())
        self.timetable.step(f"{name}: exit code {code}")
