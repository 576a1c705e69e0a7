"""The quick comparison: Troupe and the floor in pairs under wrk, both alive, the other one idle meanwhile."""

import contextlib
import functools
import statistics

import connection
import cpu
import machine
import report
import scenarios
import servers
import wrk
from failure import Failure

CONNECTIONS, PIPELINE = scenarios.CONNECTIONS, scenarios.PIPELINE
SCENARIOS = [s for s in scenarios.RANKING if s.name in ("hello", "product", "close", "pipelined")]


def measure(scenario, troupe, options, directory, progress):
    """The interleaved pairs of one scenario: both sides' runs, and what was wrong with them."""
    answer = connection.fetch(troupe.listen, scenario.path, scenario.close)
    runs = {"floor": [], "troupe": []}
    failures = []
    in_flight = (CONNECTIONS + options.wrk_threads) * scenario.pipeline
    with servers.floor(directory, scenario.name, answer, scenario.close) as floor:
        if connection.fetch(floor.listen, scenario.path, scenario.close) != answer:
            raise Failure(f"the floor does not give Troupe's bytes for {scenario.path}")
        sides = [("floor", floor, troupe), ("troupe", troupe, floor)]
        load = {
            "connections": CONNECTIONS,
            "threads": options.wrk_threads,
            "pipeline": scenario.pipeline,
            "close": scenario.close,
        }
        for _, server, _ in sides:
            wrk.run(server, scenario.path, seconds=1, **load)  # Warm-up, not counted.
        for pair in range(1, options.pairs + 1):
            for side, server, bystander in sides:
                before = cpu.read(bystander.pid)
                measure_once = functools.partial(wrk.run, server, scenario.path, seconds=options.seconds, **load)
                result = machine.watched(measure_once, servers.cores())
                result["bystander_cpu_seconds"] = cpu.spent(before, cpu.read(bystander.pid)).total
                runs[side].append(result)
                for fault in wrk.faults(result, len(answer), in_flight):
                    failures.append(f"{scenario.name}, pair {pair}, {side}: {fault}")
                progress.step(
                    f"{scenario.name}, pair {pair} of {options.pairs}, {side}: "
                    f"{result['requests_per_second']:,.0f} requests/s, "
                    f"{result['cpu_us_per_request']:.2f} us CPU per request"
                )
    return {
        "scenario": scenario.name,
        "answer_bytes": len(answer),
        "answer": answer.decode("latin-1"),
        **runs,
    }, failures


def column(runs, name):
    return [run[name] for run in runs]


def summarise(measured):
    """Medians of both sides and the spread of the per-pair ratios."""
    floor, troupe = measured["floor"], measured["troupe"]
    rate, cost = "requests_per_second", "cpu_us_per_request"
    return {
        "floor_requests_per_second": statistics.median(column(floor, rate)),
        "troupe_requests_per_second": statistics.median(column(troupe, rate)),
        "throughput_ratio": report.ratios(column(troupe, rate), column(floor, rate)),
        "floor_cpu_us": statistics.median(column(floor, cost)),
        "troupe_cpu_us": statistics.median(column(troupe, cost)),
        "troupe_cpu_user_us": statistics.median(column(troupe, "cpu_user_us_per_request")),
        "troupe_cpu_system_us": statistics.median(column(troupe, "cpu_system_us_per_request")),
        "cpu_ratio": report.ratios(column(troupe, cost), column(floor, cost)),
    }


def table(wanted, summaries):
    header = ["scenario", "floor req/s", "troupe req/s", "throughput ratio"]
    header += ["floor CPU us", "troupe CPU us", "(user + system)", "CPU ratio"]
    rows = []
    for scenario in wanted:
        if scenario.name not in summaries:
            continue
        s = summaries[scenario.name]
        rows.append(
            [
                scenario.title,
                f"{s['floor_requests_per_second']:,.0f}",
                f"{s['troupe_requests_per_second']:,.0f}",
                report.show(s["throughput_ratio"]),
                f"{s['floor_cpu_us']:.2f}",
                f"{s['troupe_cpu_us']:.2f}",
                f"{s['troupe_cpu_user_us']:.2f} + {s['troupe_cpu_system_us']:.2f}",
                report.show(s["cpu_ratio"]),
            ]
        )
    return report.markdown_table(header, rows)


def quick(options, output):
    wanted = [s for s in SCENARIOS if not options.scenario or s.name in options.scenario]
    data = {
        "environment": report.environment(),
        "connections": CONNECTIONS,
        "wrk_threads": options.wrk_threads,
        "floor_threads": servers.cores(),
        "pairs": options.pairs,
        "seconds": options.seconds,
        "measured": [],
    }
    failures = []
    progress = report.Progress(len(wanted) * options.pairs * 2, options.seconds + 1)
    with contextlib.ExitStack() as stack:
        directory = stack.enter_context(servers.scratch())
        troupe = stack.enter_context(servers.troupe(directory))
        servers.ensure_product(troupe)
        for scenario in wanted:
            try:
                measured, wrong = measure(scenario, troupe, options, directory, progress)
            except Failure as failure:  # The other scenarios may still be measured.
                failures.append(f"{scenario.name}: {failure}")
                report.say(f"loadtest: {failures[-1]}")
                continue
            data["measured"].append(measured)
            failures += wrong
    if not data["measured"]:
        raise Failure("nothing could be measured")
    summaries = data["summaries"] = {m["scenario"]: summarise(m) for m in data["measured"]}
    texts = [table(wanted, summaries)]
    if {"hello", "pipelined"} <= summaries.keys():
        factor = (
            summaries["pipelined"]["troupe_requests_per_second"]
            / summaries["hello"]["troupe_requests_per_second"]
        )
        data["troupe_pipelined_over_unpipelined"] = factor
        texts.append(f"Troupe with {PIPELINE} pipelined requests: {factor:.2f} times its throughput without.")
    idle = max(run["bystander_cpu_seconds"] for m in data["measured"] for run in m["floor"]) / options.seconds
    texts.append(f"While the floor was measured, the idle Troupe used at most {100 * idle:.1f} % of a core.")
    disturbed = [run for m in data["measured"] for side in ("floor", "troupe") for run in m[side] if run["disturbed"]]
    if disturbed:
        texts.append(f"Runs that the host or other processes disturbed: {len(disturbed)}; the raw figures say which and in what.")
    texts.append(
        f"wrk -t{options.wrk_threads} -c{CONNECTIONS} -d{options.seconds}s, "
        f"interleaved pairs: {options.pairs}; medians, ratios of each pair as median (least to greatest). "
        "A closed loop; client and server share the cores."
    )
    return report.write(output, "quick", data, texts, failures)
