"""What the report and the summary say, worked out from the raw figures of ranking.json."""

import json

import contenders
import openloop
import rounds

RATE, COST = "requests_per_second", "cpu_us_per_request"


class Ranking:
    """The raw figures with the questions that are asked of them."""

    def __init__(self, data):
        self.data = data
        self.servers = {s["name"]: s for s in data["servers"]}
        self.latency = {
            name: {
                share: openloop.summarise([run["shares"][share] for run in by_round.values()])
                for share in map(str, openloop.SHARES)
            }
            for name, by_round in data.get("openloop", {}).items()
            if by_round
        }

    @classmethod
    def read(cls, directory):
        return cls(json.loads((directory / "ranking.json").read_text()))

    def kind(self, name):
        """The CSS class of a server: its group."""
        return self.servers[name]["group"]

    def scenarios(self):
        """Those in which anything was measured."""
        return [s for s in self.data["scenarios"] if any(self.data["runs"].get(s["name"], {}).values())]

    def figure(self, scenario, name, figure):
        return rounds.figures(self.data["runs"].get(scenario, {}), name, figure)

    def ratio(self, scenario, name, figure=RATE, reference=contenders.REFERENCE):
        return rounds.ratios(self.data["runs"].get(scenario, {}), name, reference, figure)

    def ordered(self, scenario, figure=RATE, descending=True):
        """[(name, spread)] of those that were measured, best first."""
        found = [(name, self.figure(scenario, name, figure)) for name in self.data["runs"].get(scenario, {})]
        found = [(name, spread) for name, spread in found if spread]
        return sorted(found, key=lambda pair: pair[1]["median"], reverse=descending)

    def best_peer(self, scenario, groups=("study", "fair")):
        """The peer with the greatest median, or None."""
        return next((n for n, _ in self.ordered(scenario) if self.kind(n) in groups), None)

    def memory(self, name):
        """The ramp of a server, or None."""
        return self.data.get("ramp", {}).get(name)

    def resident_at(self, name, connections):
        steps = (self.memory(name) or {}).get("steps", [])
        return next((s["rss_bytes"] for s in steps if s["connections"] == connections), None)

    def errors(self, name):
        """Errors over requests of all closed loops of a server."""
        runs = [run for by_name in self.data["runs"].values() for run in by_name.get(name, {}).values()]
        wrong = sum(sum(run["errors"].values()) for run in runs)
        total = sum(run["requests"] for run in runs) + wrong
        return wrong / total if total else None

    def not_measured(self):
        """[(part, server, why)]"""
        return [(part, name, why) for part, by_name in self.data["reasons"].items() for name, why in by_name.items()]
