"""What the report and the summary say, worked out from the raw figures of ranking.json."""

import json

import contenders
import openloop
import rounds

RATE, COST = "requests_per_second", "cpu_us_per_request"
PEERS = ("study", "fair")
COMPARED = str(openloop.COMPARED)


def _closest(found, more_is_better):
    """Of [(name, spread or None)] the one with the least median, or where less is better the greatest."""
    found = sorted([(name, spread) for name, spread in found if spread], key=lambda pair: pair[1]["median"])
    return found[0 if more_is_better else -1] if found else None


class Ranking:
    """The raw figures with the questions that are asked of them."""

    def __init__(self, data):
        self.data = data
        self.servers = {s["name"]: s for s in data["servers"]}
        self.latency = {name: shares for name, by_round in data.get("openloop", {}).items() if (shares := self._shares(by_round))}
        self._compared = openloop.compared(data.get("openloop", {}))
        self._at_same_rate = openloop.at_same_rate(data.get("openloop", {}))

    @staticmethod
    def _shares(by_round):
        """share -> the summary of all rounds in which it was measured."""
        runs = [run["shares"] for _, run in rounds.all_runs(by_round)]
        return {share: openloop.summarise([shares[share] for shares in runs if share in shares])
                for share in map(str, openloop.SHARES) if any(share in shares for shares in runs)}

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

    def has(self, scenario, name):
        return bool(self.figure(scenario, name, RATE))

    def peers(self, groups=PEERS):
        return [name for name in self.servers if self.kind(name) in groups]

    def closest_peer(self, scenario, groups=PEERS, figure=RATE, way=contenders.OURS):
        """(peer, spread of the ratios to it) of the peer that this way of Troupe is least ahead of, or most behind; None without any.

        By ratios within rounds: the greatest median may come of a stretch in which the machine was fast for all.
        """
        return _closest([(name, self.ratio(scenario, way, figure, name)) for name in self.peers(groups)], figure == RATE)

    def latency_ratio(self, reference, same_rate=False):
        """Spread of the ratios of Troupe's p99 to it, a ratio a round: each at the compared share of its maximum, or both at the same rate."""
        runs = self._at_same_rate if same_rate else self._compared
        return rounds.ratios(runs, contenders.OURS, reference, "p99_us")

    def closest_latency(self, same_rate=False):
        """As closest_peer, for that p99."""
        return _closest([(name, self.latency_ratio(name, same_rate)) for name in self.peers()], False)

    def holds(self, name, same_rate=False):
        """Whether the server answered what was offered in all of its runs at the compared share, or at the same rate."""
        runs = self._at_same_rate if same_rate else self._compared
        return all(openloop.held(run) for _, run in rounds.all_runs(runs.get(name, {})))

    def at_same_rate(self, name):
        """The summary at the same rate for all, or None."""
        runs = [run for _, run in rounds.all_runs(self._at_same_rate.get(name, {}))]
        return openloop.summarise(runs) if runs else None

    def at_compared(self, name):
        """The summary at the compared share, or None."""
        return self.latency.get(name, {}).get(COMPARED)

    def flawed(self, scenario, name):
        """Whether any run of the server in it had an error or a wrong answer."""
        return any(run["faults"] for _, run in rounds.all_runs(self.data["runs"].get(scenario, {}).get(name, {})))

    def memory(self, name):
        """The ramp of a server, or None."""
        return self.data.get("ramp", {}).get(name)

    def resident_at(self, name, connections):
        steps = (self.memory(name) or {}).get("steps", [])
        return next((s["rss_bytes"] for s in steps if s["connections"] == connections), None)

    def reached(self, name, connections):
        """Whether so many connections were there at that step of the ramp."""
        steps = (self.memory(name) or {}).get("steps", [])
        return any(s["connections"] == connections and not s["missing"] for s in steps)

    def errors(self, name):
        """Errors over requests of all closed loops of a server."""
        runs = [run for by_name in self.data["runs"].values() for _, run in rounds.all_runs(by_name.get(name, {}))]
        total = sum(run["attempts"] for run in runs)
        return sum(run["failed_requests"] for run in runs) / total if total else None

    def not_measured(self):
        """[(part, server, why)]"""
        return [(part, name, why) for part, by_name in self.data["reasons"].items() for name, why in by_name.items()]
