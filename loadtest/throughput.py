"""The ranking's closed loops: every server once a round under wrk or ab, the floor and Troupe twice (rounds.py)."""

import ab
import contenders
import machine
import rounds
import scenarios
import servers
import wrk
from failure import told

WARM_UP_SECONDS = 1
# Start, check, warm-up and stop of a server, as it was seen on two cores; only for the estimate.
OVERHEAD_SECONDS = 1.15


def load(server, scenario, options, seconds=None):
    """One run of the scenario's tool; with `seconds` a warm-up, always under wrk."""
    study = options.study and not seconds
    length = seconds or (scenarios.STUDY_SECONDS if study else options.seconds)
    if scenario.tool == "ab" and not seconds:
        size = {"requests": scenarios.STUDY_REQUESTS} if study else {"seconds": length}
        return ab.run(server, scenario.path, keep_alive=not scenario.close, **size)
    return wrk.run(
        server, scenario.path, connections=scenarios.CONNECTIONS, threads=options.wrk_threads, seconds=length,
        pipeline=scenario.pipeline, close=scenario.close, body=scenario.body, mixed_path=scenario.mixed_path,
    )


def faults(result, scenario, answer_bytes, options):
    """What was wrong with a run, in sentences."""
    if scenario.tool == "wrk" and not scenario.mixed_path:
        in_flight = (scenarios.CONNECTIONS + options.wrk_threads) * scenario.pipeline
        return wrk.faults(result, answer_bytes, in_flight)
    return [f"{count} {kind} errors" for kind, count in result["errors"].items() if count]


def seconds_of(scenario, options):
    """About how long one server takes once."""
    if not options.study:
        return options.seconds + OVERHEAD_SECONDS
    return OVERHEAD_SECONDS + (scenarios.STUDY_SECONDS if scenario.tool == "wrk" else 20)


def run_once(peer, scenario, place, options, patience):
    with contenders.start(peer, scenario, place) as server:
        answer_bytes, differs = contenders.checked_answer(server, peer, scenario, place)
        load(server, scenario, options, WARM_UP_SECONDS)
        server.adopt()
        result = patience.run(lambda: load(server, scenario, options), servers.cores())
    result["answer_bytes"], result["differs"] = answer_bytes, differs
    result["bytes_per_second"] = result["bytes"] / result["seconds"]
    result["error_share"] = result["failed_requests"] / result["attempts"]
    result["faults"] = faults(result, scenario, answer_bytes, options)
    return result


def order(scenario, names, options):
    """The rounds of a scenario: all that were asked for where figures are judged by it, fewer of the others."""
    return rounds.order(names, scenario.rounds(options.pairs), contenders.REFERENCE, contenders.OURS)


def measure(scenario, taking_part, place, options, progress, reasons, runs):
    """Fills `runs`: name -> {round -> [run, ...]}. `reasons` gets why a server has no run; after two failures it is left out."""
    runs |= {peer.name: {} for peer in taking_part}
    by_name = {peer.name: peer for peer in taking_part}
    failed = {}
    turns = order(scenario, list(by_name), options)
    patience = machine.Patience(sum(map(len, turns)))
    for number, names in enumerate(turns, 1):
        for name in names:
            where = f"{scenario.name}, round {number} of {len(turns)}, {name}"
            if failed.get(name, 0) >= 2:
                progress.step(f"{where}: left out")
                continue
            try:
                run = run_once(by_name[name], scenario, place, options, patience)
            except Exception as error:  # Whatever it was: the other servers are still to be measured.
                failed[name] = failed.get(name, 0) + 1
                reasons.setdefault(scenario.name, {})[name] = told(error)
                progress.step(f"{where}: {told(error)}")
                continue
            runs[name].setdefault(str(number), []).append(run)
            said = f"{run['requests_per_second']:,.0f} requests/s, {run['cpu_us_per_request']:.2f} us CPU each"
            progress.step("; ".join([f"{where}: {said}", *run["faults"], *filter(None, [run["disturbed"]])]))
