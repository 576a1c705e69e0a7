"""From one connection to 15,000 under load: requests/s, and the memory that the server holds at the time."""

import contenders
import memory
import servers
import wrk
from failure import Failure

STEPS = (1, 100, 1_000, 5_000, 15_000)
# Between these the growth is divided by the connections: below, what a server keeps once for all weighs too much.
FEW, MANY = 1_000, 15_000
PATH = "/hello"
STEP_SECONDS = 2


def step(server, count, options):
    threads = min(count, options.wrk_threads)
    with memory.Watch(server.pids) as watch:
        run = wrk.run(server, PATH, connections=count, threads=threads, seconds=STEP_SECONDS)
    errors = sum(run["errors"].values())
    return {
        "connections": count,
        "requests_per_second": run["requests_per_second"],
        "cpu_us_per_request": run["cpu_us_per_request"],
        "rss_bytes": watch.greatest,
        "error_share": errors / (run["requests"] + errors),
        "errors": run["errors"],
    }


def run_once(peer, scenario, place, options):
    """The steps that the server went through, and what stopped it, if anything."""
    result = {"steps": [], "stopped": None}
    with contenders.start(peer, scenario, place) as server:
        contenders.checked_answer(server, peer, scenario, place)
        server.adopt()
        result["rss_bytes_before"] = memory.resident(server.pids)
        wrk.run(server, PATH, connections=64, threads=servers.cores(), seconds=1)
        for count in STEPS:
            try:
                result["steps"].append(step(server, count, options))
            except (Failure, OSError) as failure:
                result["stopped"] = f"{count} connections: {failure}"
                break
    by_count = {s["connections"]: s["rss_bytes"] for s in result["steps"]}
    if FEW in by_count and MANY in by_count:
        result["bytes_per_connection"] = (by_count[MANY] - by_count[FEW]) / (MANY - FEW)
    return result


def seconds_of():
    return 3 + len(STEPS) * (STEP_SECONDS + 0.4)


def measure(taking_part, scenario, place, options, progress, reasons):
    """name -> run; each server once."""
    runs = {}
    for peer in taking_part:
        try:
            run = runs[peer.name] = run_once(peer, scenario, place, options)
        except (Failure, OSError) as failure:
            reasons.setdefault("ramp", {})[peer.name] = str(failure)
            progress.step(f"ramp, {peer.name}: {failure}")
            continue
        if run["stopped"]:
            reasons.setdefault("ramp", {})[peer.name] = run["stopped"]
        each = run.get("bytes_per_connection")
        said = f"{each:,.0f} bytes for each connection" if each is not None else run["stopped"]
        progress.step(f"ramp, {peer.name}: {said}")
    return runs
