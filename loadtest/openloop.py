"""Latency under load: each server at shares of its own maximum, by an open loop; histograms merged over the rounds."""

import statistics

import contenders
import histogram
import oha
import rounds
from failure import Failure

SHARES = (10, 25, 50, 75, 90)
PATH = "/hello"
PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}
CLOSED_SECONDS = 1
# Below this share of what is offered a rate was not held, and its times say how long a queue grew.
HELD = 0.97


def maximum(server, place, seconds):
    """(closed loop, maximum): the maximum is what the scheduled loop gets answered when it offers what the closed one reached.

    Both are of this generator on these cores. It also warms the server up.
    """
    closed = oha.closed(server, PATH, CLOSED_SECONDS)["requests_per_second"]
    if closed < 100:
        raise Failure(f"{server.name} answered {closed:.0f} requests a second")
    over = oha.paced(server, PATH, round(closed), seconds, place.directory)
    return closed, max(100.0, min(closed, over["achieved_per_second"]))


def run_once(peer, scenario, place, options):
    with contenders.start(peer, scenario, place) as server:
        contenders.checked_answer(server, peer, scenario, place)
        server.adopt()
        closed, most = maximum(server, place, options.seconds)
        runs = {}
        for share in SHARES:
            run = oha.paced(server, PATH, max(10, round(most * share / 100)), options.seconds, place.directory)
            run["histogram"] = run["histogram"].to_json()
            runs[str(share)] = run
    return {"closed_per_second": closed, "maximum_per_second": most, "shares": runs}


def known_maximum(runs, name):
    """The median maximum of the rounds that were measured; None without any."""
    found = [run["maximum_per_second"] for run in runs.get(name, {}).values()]
    return statistics.median(found) if found else None


def seconds_of(options):
    return 1 + CLOSED_SECONDS + (options.seconds + oha.LEAD_SECONDS + 0.8) * (1 + len(SHARES))


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
        "held": all(run["achieved_per_second"] >= HELD * run["offered_per_second"] for run in runs),
        "errors": errors,
        "unsent": sum(run["unsent"] for run in runs),
        "cpu_us_per_request": mean("cpu_us_per_request"),
        "histogram": times.to_json(),
    }


def measure(taking_part, scenario, place, options, progress, reasons):
    """name -> {round -> run}, in interleaved rounds."""
    runs = {peer.name: {} for peer in taking_part}
    by_name = {peer.name: peer for peer in taking_part}
    for number, names in enumerate(rounds.order(list(by_name), options.latency_rounds), 1):
        for name in names:
            where = f"open loop, round {number} of {options.latency_rounds}, {name}"
            try:
                run = runs[name][number] = run_once(by_name[name], scenario, place, options)
            except (Failure, OSError) as failure:
                reasons.setdefault("openloop", {})[name] = str(failure)
                progress.step(f"{where}: {failure}")
                continue
            p99 = histogram.Histogram.from_json(run["shares"]["50"]["histogram"]).percentile(0.99) or 0
            progress.step(f"{where}: most {run['maximum_per_second']:,.0f} requests/s; p99 at 50 % {p99 * 1e3:.2f} ms")
    return runs
