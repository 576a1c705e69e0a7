"""From one connection to 15,000 under load: requests/s, and the memory that the server holds at the time.

That so many connections were really there is what the kernel says: descriptors of the server beyond those that it had before.
"""

import contenders
import machine
import memory
import servers
import wrk
from failure import told

STEPS = (1, 100, 1_000, 5_000, 15_000)
# Between these the growth is divided by the connections: below, what a server keeps once for all weighs too much.
FEW, MANY = 1_000, 15_000
PATH = "/hello"
STEP_SECONDS = 2
# Descriptors that a server or wrk needs beside its connections.
SPARE = 500
# wrk opens them all at once and the count is taken now and then: a few may not be accepted yet.
THERE = 0.99


def steps_within(descriptors):
    """The steps that the descriptor limit of a process allows."""
    return [count for count in STEPS if count + SPARE <= descriptors]


def missing(count, seen):
    """What is wrong when a server held `seen` connections of `count`; nothing if they were there."""
    return "" if seen >= THERE * count else f"only {seen:,} of {count:,} connections were there"


def step(server, count, options, idle_descriptors):
    threads = min(count, options.wrk_threads)
    with memory.Watch(server.pids) as watch:
        load = {"connections": count, "threads": threads, "seconds": STEP_SECONDS}
        run = machine.watched(lambda: wrk.run(server, PATH, **load), servers.cores())
    seen = watch.descriptors - idle_descriptors
    return {
        "connections": count,
        "connections_seen": seen,
        "missing": missing(count, seen),
        "requests_per_second": run["requests_per_second"],
        "cpu_us_per_request": run["cpu_us_per_request"],
        "rss_bytes": watch.greatest,
        "error_share": run["failed_requests"] / run["attempts"],
        "errors": run["errors"],
        "disturbed": run["disturbed"],
    }


def run_once(peer, scenario, place, options, steps):
    """The steps that the server went through, and what stopped it, if anything."""
    result = {"steps": [], "stopped": None}
    with contenders.start(peer, scenario, place) as server:
        contenders.checked_answer(server, peer, scenario, place)
        server.adopt()
        result["rss_bytes_before"] = memory.resident(server.pids)
        idle_descriptors = memory.still_descriptors(server.pids)
        wrk.run(server, PATH, connections=64, threads=servers.cores(), seconds=1)
        for count in steps:
            try:
                result["steps"].append(step(server, count, options, idle_descriptors))
            except Exception as error:  # The steps before it stand, and the other servers are still to be measured.
                result["stopped"] = f"{count} connections: {told(error)}"
                break
    result["bytes_per_connection"] = growth({s["connections"]: s for s in result["steps"]})
    return result


def growth(by_count):
    """Bytes for each connection more, by those that were there; None without both steps."""
    if FEW not in by_count or MANY not in by_count:
        return None
    few, many = by_count[FEW], by_count[MANY]
    more = many["connections_seen"] - few["connections_seen"]
    return (many["rss_bytes"] - few["rss_bytes"]) / more if more > 0 else None


def seconds_of():
    return 2 + len(STEPS) * (STEP_SECONDS + 0.05)


def measure(taking_part, scenario, place, options, progress, reasons, runs, descriptors):
    """Fills `runs`: name -> run; each server once. `descriptors`: how many a process may have."""
    steps = steps_within(descriptors)
    if steps != list(STEPS):
        reasons.setdefault("ramp", {})["all"] = (
            f"a process may have {descriptors:,} descriptors, which is enough for {max(steps, default=0):,} connections: ulimit -Hn")
    for peer in taking_part:
        try:
            run = runs[peer.name] = run_once(peer, scenario, place, options, steps)
        except Exception as error:  # Whatever it was: the other servers are still to be measured.
            reasons.setdefault("ramp", {})[peer.name] = told(error)
            progress.step(f"ramp, {peer.name}: {told(error)}")
            continue
        if run["stopped"]:
            reasons.setdefault("ramp", {})[peer.name] = run["stopped"]
        each = run.get("bytes_per_connection")
        told_so = [step["missing"] for step in run["steps"] if step["missing"]] + [run["stopped"] or ""]
        said = "; ".join(filter(None, ["" if each is None else f"{each:,.0f} bytes for each connection", *told_so]))
        progress.step(f"ramp, {peer.name}: {said}")
