"""The cells of the report's tables: the articles' columns, measured, and those of ramp, burst and soak."""

import rounds
import scenarios
from ranking import COST, RATE

HEADER = ["server", "requests/s", "to the floor", "to its ring", "to Troupe", "mean ms", "errors", "KB/s", "bytes",
          "connect ms", "reused", "CPU us", "user", "system"]
RAMP_HEADER = ["server", "MiB before", "MiB at 1,000", "MiB at 15,000", "bytes a connection", "requests/s at 1",
               "at 1,000", "at 15,000", "errors at 15,000"]
BURST_HEADER = ["server", "steady/s", "burst offered/s", "burst answered/s", "p99 before us", "worst p99 us",
                "recovery s", "errors"]
ARTICLE_HEADER = ["server", "requests/s", "mean ms", "p99 us at 50 %", "errors", "KB/s", "connect ms", "reused", "MiB at 1,000",
                  "MiB at 15,000", "bytes a connection", "CPU us", "user", "system"]
# Behind a figure of a server that gave errors or wrong answers, or did not hold the rate.
FLAWED = " (!)"
CONNECTIONS = {"wrk": scenarios.CONNECTIONS, "ab": 1000}


def number(figures, digits=0):
    return "" if figures is None else f"{figures['median']:,.{digits}f}"


def percent(figures):
    return "" if figures is None else f"{100 * figures['median']:.2f} %"


def spread(figures):
    return "" if figures is None else f"{figures['median']:.2f} ({figures['min']:.2f} to {figures['max']:.2f})"


def rows(ranking, scenario):
    """[(CSS class, cells)], best first. The mean of a closed loop is its connections over its rate, connecting included."""
    tool = next(s.tool for s in scenarios.RANKING if s.name == scenario)
    pipeline = next(s.pipeline for s in scenarios.RANKING if s.name == scenario)
    found = []
    for name, rate in ranking.ordered(scenario):
        figure = {f: ranking.figure(scenario, name, f) for f in (
            "error_share", "bytes_per_second", "answer_bytes", "connect_ms", "reuse_share", COST,
            "cpu_user_us_per_request", "cpu_system_us_per_request")}
        mean = 1000 * CONNECTIONS[tool] * pipeline / rate["median"] if rate["median"] else 0
        found.append((ranking.kind(name), [
            name + (FLAWED if ranking.flawed(scenario, name) else ""), number(rate), spread(ranking.ratio(scenario, name)),
            spread(ranking.ratio(scenario, name, RATE, "floor-ring")), spread(ranking.ratio(scenario, name, RATE, "troupe")),
            f"{mean:.2f}", percent(figure["error_share"]),
            f"{figure['bytes_per_second']['median'] / 1000:,.0f}", number(figure["answer_bytes"]),
            number(figure["connect_ms"], 1), percent(figure["reuse_share"]), number(figure[COST], 2),
            number(figure["cpu_user_us_per_request"], 2), number(figure["cpu_system_us_per_request"], 2),
        ]))
    return found


def article_rows(ranking):
    """The articles' columns of each server in one row: of `hello` where nothing else is said, in its order."""
    found = []
    for name, rate in ranking.ordered("hello"):
        steps = {s["connections"]: s["rss_bytes"] for s in (ranking.memory(name) or {"steps": []})["steps"]}
        each = (ranking.memory(name) or {}).get("bytes_per_connection")
        p99 = (ranking.at_compared(name) or {}).get("p99_us")
        found.append((ranking.kind(name), [
            name, number(rate), f"{1000 * CONNECTIONS['wrk'] / rate['median']:.2f}" if rate["median"] else "",
            "" if p99 is None else f"{p99:,.0f}", f"{100 * ranking.errors(name):.3f} %",
            f"{ranking.figure('hello', name, 'bytes_per_second')['median'] / 1000:,.0f}",
            number(ranking.figure("ab-close", name, "connect_ms"), 1), percent(ranking.figure("ab", name, "reuse_share")),
            *(f"{steps[count] / 1048576:,.1f}" if count in steps else "" for count in (1_000, 15_000)),
            "" if each is None else f"{each:,.0f}", number(ranking.figure("hello", name, COST), 2),
            number(ranking.figure("hello", name, "cpu_user_us_per_request"), 2),
            number(ranking.figure("hello", name, "cpu_system_us_per_request"), 2),
        ]))
    return found


def ramp_cells(run):
    by_count = {s["connections"]: s for s in run["steps"]}

    def resident(count):
        return f"{by_count[count]['rss_bytes'] / 1048576:,.1f}" if count in by_count else ""

    def rate(count):
        return f"{by_count[count]['requests_per_second']:,.0f}" if count in by_count else ""

    each = run.get("bytes_per_connection")
    last = by_count.get(15_000)
    errors = run["stopped"] or "" if last is None else "; ".join(filter(None, [f"{100 * last['error_share']:.2f} %", last["missing"]]))
    return [f"{run['rss_bytes_before'] / 1048576:,.1f}", resident(1_000), resident(15_000),
            "" if each is None else f"{each:,.0f}", rate(1), rate(1_000), rate(15_000), errors]


def burst_cells(run):
    again = run["recovery_seconds"]
    errors = "; ".join(f"{n} {kind}" for kind, n in run["errors"].items()) or "0"
    return [f"{run['base_per_second']:,}", f"{run['burst_offered_per_second']:,}", f"{run['burst_achieved_per_second']:,.0f}",
            f"{run['p99_before_us']:,.0f}", f"{run['p99_worst_us']:,.0f}",
            "not within the run" if again is None else f"{again:.2f}", errors]


def soak_sentence(run):
    slope, about = run["slope_bytes_per_hour"], run["slope_plus_minus"]
    moved = "too few samples for a slope" if slope is None else (
        f"resident memory moved by {slope / 1024:,.1f} KiB an hour (95 % interval plus or minus {about / 1024:,.1f})")
    ends = [run[when]["descriptors"] for when in ("before", "after")]
    actors = run["after"]["actors"]
    return (
        f"{run['minutes']} minutes, 1,000 connections: {run['load']['requests']:,} requests, "
        f"{sum(run['load']['errors'].values())} errors; before that ab's {run['million']['requests']:,} requests over 1,000 "
        f"connections, {sum(run['million']['errors'].values())} errors. After the first quarter {moved}. Descriptors "
        f"{ends[0]} before and {ends[1]} after" + ("" if actors is None else f", actors {actors:.0f}") + "."
    )


def told_differences(ranking):
    """[(server, text)]: in what answers differ though they were measured; order and case of fields are not told."""
    found = {}
    for by_name in ranking.data["runs"].values():
        for name, by_round in by_name.items():
            for _, run in rounds.all_runs(by_round):
                told = [text for text in run["differs"] if not text.startswith(("order", "case"))]
                found.setdefault(name, {}).update(dict.fromkeys(told))
    return [(name, "; ".join(texts)) for name, texts in found.items() if texts]
