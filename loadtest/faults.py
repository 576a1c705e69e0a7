"""What makes a ranking invalid: errors of Troupe or the floor in any part, and parts that ended early. Errors of a peer are its result."""

import contenders
import rounds


def _kinds(errors):
    return "; ".join(f"{count} {kind}" for kind, count in errors.items() if count)


def _ours(by_name):
    return [(name, value) for name, value in (by_name or {}).items() if contenders.is_ours(name)]


def of_throughput(data):
    return [f"{scenario}, round {number}, {name}: {fault}"
            for scenario, runs in data["runs"].items() for name, by_round in _ours(runs)
            for number, run in rounds.all_runs(by_round) for fault in run["faults"]]


def paced_runs(by_round):
    """[(round, at what rate, the run)] of a server's open loop."""
    return [(number, rate, paced) for number, run in rounds.all_runs(by_round)
            for rate, paced in [*((f"{share} %", one) for share, one in run["shares"].items()),
                                *([("the same rate", run["same"])] if "same" in run else [])]]


def of_latency(data):
    ours = list(_ours(data.get("openloop")))
    found = [f"openloop, round {number}, {name} at {rate}: {_kinds(paced['errors'])}"
             for name, by_round in ours for number, rate, paced in paced_runs(by_round) if _kinds(paced["errors"])]
    return found + [f"openloop, round {number}, {name} at the same rate: {run['same_failed']}"
                    for name, by_round in ours for number, run in rounds.all_runs(by_round) if "same_failed" in run]


def of_ramp(data):
    return [f"ramp, {name} at {step['connections']:,} connections: {fault}"
            for name, run in _ours(data.get("ramp")) for step in run["steps"]
            for fault in (_kinds(step["errors"]), step["missing"]) if fault]


def of_burst(data):
    return [f"burst, {name}: {_kinds(run['errors'])}" for name, run in _ours(data.get("burst")) if _kinds(run["errors"])]


def of_programs(data):
    peers = {server["name"] for server in data["servers"] if not contenders.is_ours(server["name"])}
    return [f"{name}: {failure}" for name, raw in data["programs"].items() for failure in raw.get("failures", [])
            if failure.partition(",")[0].partition(":")[0] not in peers]


def not_measured(data):
    return [f"{part}: {name}: {why}" for part, reasons in data["reasons"].items() if part != "build"
            for name, why in reasons.items() if name == "all" or contenders.is_ours(name)]


def of(data):
    """All of them, a sentence each, which begins with its part."""
    found = [f"{part}: ended early: {why}" for part, why in data["failed_parts"].items()]
    for look in (not_measured, of_throughput, of_latency, of_ramp, of_burst, of_programs):
        found += look(data)
    return found + [f"stall: {fault}" for fault in data.get("stall", {}).get("faults", [])] + [
        f"soak: {fault}" for fault in data.get("soak", {}).get("failures", [])]


def disturbed(data):
    """[(part, server, in what)] of the runs that were kept though the machine was not quiet."""
    found = []
    for scenario, runs in data["runs"].items():
        found += [(f"{scenario}, round {number}", name, run["disturbed"])
                  for name, by_round in runs.items() for number, run in rounds.all_runs(by_round)]
    for name, by_round in data.get("openloop", {}).items():
        found += [(f"openloop, round {number}, {rate}", name, paced["disturbed"]) for number, rate, paced in paced_runs(by_round)]
    for name, run in data.get("ramp", {}).items():
        found += [(f"ramp, {step['connections']:,}", name, step["disturbed"]) for step in run["steps"]]
    found += [("burst", name, run["disturbed"]) for name, run in data.get("burst", {}).items()]
    found += [("soak", "troupe", data["soak"]["load"].get("disturbed"))] if data.get("soak") else []
    return [entry for entry in found if entry[2]]
