"""Latency under load, by an open loop: each server at shares of its own maximum, and all at the same rate. Histograms merged over the rounds."""

import statistics

import contenders
import histogram
import machine
import oha
import rounds
import servers
from failure import Failure, told

SHARES = (10, 25, 50, 75, 90)
# At this share the rounds are compared with each other; the other shares are measured in the first round, for half as long.
COMPARED = 50
PATH = "/hello"
PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
CLOSED_SECONDS = 1
# How often a maximum is measured, of which the median counts: two tries of the same server may lie a third apart.
TRIES = 3
# Start, check and stop of a server; start of the generator and what it does with its samples: as seen on two cores.
SERVER_SECONDS, RUN_SECONDS = 0.2, 0.6
# Below this share of what is offered a rate was not held, and its times say how long a queue grew.
HELD = 0.97
# Below this share of what fell due its times lack the slowest, which the end of the run has cut.
COMPLETE = 0.99


def maxima(server, place, seconds, patience):
    """[(closed loop, maximum)] of each try: the maximum is what the scheduled loop gets answered when it offers what the closed one reached.

    Both are of this generator on these cores. It also warms the server up.
    """
    tries = []
    for _ in range(TRIES):
        closed = oha.closed(server, PATH, CLOSED_SECONDS)["requests_per_second"]
        if closed < 100:
            raise Failure(f"{server.name} answered {closed:.0f} requests a second")
        over = patience.run(lambda: oha.paced(server, PATH, round(closed), seconds, place.directory), servers.cores())
        tries.append((closed, max(100.0, min(closed, over["achieved_per_second"]))))
    return tries


def median_maximum(tries):
    return statistics.median(most for _, most in tries)


def rate_of(most, share):
    return max(10, round(most * share / 100))


def paced(server, rate, place, seconds, patience):
    """One rate. The histogram as JSON has it; the p99 by itself, for the rounds to be compared by."""
    run = patience.run(lambda: oha.paced(server, PATH, rate, seconds, place.directory), servers.cores())
    times = run["histogram"]
    if not times.count:
        raise Failure(f"{server.name} answered nothing of {rate} requests a second: {run['errors']}")
    return run | {"samples": times.count, "histogram": times.to_json(), "p99_us": times.percentile(PERCENTILES["p99"]) * 1e6}


def run_once(peer, scenario, place, options, most, same, patience):
    """All shares when the server's maximum is not known yet, otherwise the compared one only; and the rate `same` for all, when it is known."""
    with contenders.start(peer, scenario, place) as server:
        contenders.checked_answer(server, peer, scenario, place)
        server.adopt()
        result = {"shares": {}}
        if most:
            oha.closed(server, PATH, CLOSED_SECONDS)  # Warm-up.
        else:
            tries = maxima(server, place, options.seconds, patience)
            most = median_maximum(tries)
            result |= {"tries_per_second": tries, "maximum_per_second": most}
        for share in SHARES if "maximum_per_second" in result else (COMPARED,):
            seconds = options.seconds if share == COMPARED else brief(options)
            result["shares"][str(share)] = paced(server, rate_of(most, share), place, seconds, patience)
        if same and "maximum_per_second" not in result:  # In a later round, where all are warmed up alike.
            try:
                result["same"] = paced(server, same, place, options.seconds, patience)
            except Failure as failure:  # One that answers nothing at that rate has its own share all the same.
                result["same_failed"] = told(failure)
    return result


def brief(options):
    return max(1, options.seconds // 2)


def known_maximum(runs, name):
    """The median maximum of the rounds in which it was measured; None without any."""
    found = [run["maximum_per_second"] for _, run in rounds.all_runs(runs.get(name, {})) if "maximum_per_second" in run]
    return statistics.median(found) if found else None


def compared(runs):
    """The runs at the compared share as rounds.ratios takes them: name -> {round -> [run]}."""
    return {name: {number: [run["shares"][str(COMPARED)] for run in turn if str(COMPARED) in run["shares"]]
                   for number, turn in by_round.items()} for name, by_round in runs.items()}


def held(run):
    """Whether the rate was answered, and the times are those of nearly all that fell due."""
    return run["achieved_per_second"] >= HELD * run["offered_per_second"] and run["samples"] >= COMPLETE * run["due"]


def at_same_rate(runs):
    """As `compared`: the runs at half of Troupe's maximum, whatever the server's own is."""
    return {name: {number: [run["same"] for run in turn if "same" in run] for number, turn in by_round.items()}
            for name, by_round in runs.items()}


def order(names, options):
    return rounds.order(names, options.latency_rounds, contenders.REFERENCE, contenders.OURS)


def seconds_of(options):
    """(all of a first round, a server once in a later one)."""
    run = options.seconds + oha.LEAD_SECONDS + RUN_SECONDS
    others = (len(SHARES) - 1) * (brief(options) + oha.LEAD_SECONDS + RUN_SECONDS)
    first = SERVER_SECONDS + TRIES * (CLOSED_SECONDS + run) + run + others
    return first, SERVER_SECONDS + CLOSED_SECONDS + 2 * run


def summarise(runs):
    """The rounds of one server at one share: percentiles of the merged histogram, rates, errors summed by kind."""
    times = histogram.merged(histogram.Histogram.from_json(run["histogram"]) for run in runs)
    errors = {}
    for run in runs:
        for kind, count in run["errors"].items():
            errors[kind] = errors.get(kind, 0) + count

    def mean(name):
        return sum(run[name] for run in runs) / len(runs)

    return {
        **{f"{name}_us": (times.percentile(share) or 0) * 1e6 for name, share in PERCENTILES.items()},
        "mean_us": (times.mean() or 0) * 1e6,
        "max_us": times.max_seconds * 1e6,
        "samples": times.count,
        "offered_per_second": mean("offered_per_second"),
        "achieved_per_second": mean("achieved_per_second"),
        "held": all(map(held, runs)),
        "errors": errors,
        "unsent": sum(run["unsent"] for run in runs),
        "cpu_us_per_request": mean("cpu_us_per_request"),
        "histogram": times.to_json(),
    }


def measure(taking_part, scenario, place, options, progress, reasons, runs):
    """Fills `runs`: name -> {round -> [run, ...]}, in interleaved rounds."""
    runs |= {peer.name: {} for peer in taking_part}
    by_name = {peer.name: peer for peer in taking_part}
    turns = order(list(by_name), options)
    patience = machine.Patience(sum(map(len, turns)))
    failed = {}
    for number, names in enumerate(turns, 1):
        for name in names:
            where = f"open loop, round {number} of {len(turns)}, {name}"
            if failed.get(name, 0) >= 2:
                progress.step(f"{where}: left out")
                continue
            try:
                ours = known_maximum(runs, contenders.OURS)
                same = rate_of(ours, COMPARED) if ours else None
                run = run_once(by_name[name], scenario, place, options, known_maximum(runs, name), same, patience)
            except Exception as error:  # Whatever it was: the other servers are still to be measured.
                failed[name] = failed.get(name, 0) + 1
                reasons.setdefault("openloop", {})[name] = told(error)
                progress.step(f"{where}: {told(error)}")
                continue
            runs[name].setdefault(str(number), []).append(run)
            at = run["shares"][str(COMPARED)]
            said = f"p99 {at['p99_us'] / 1e3:.2f} ms at {at['offered_per_second']:,.0f} requests/s, {COMPARED} % of the most"
            progress.step("; ".join([f"{where}: {said}", *filter(None, [at["disturbed"]])]))
