"""One run of wrk against a server, with the CPU time that the server spent on it."""

from pathlib import Path

import cpu
import servers
from failure import Failure

SCRIPT = Path(__file__).resolve().parent / "wrk.lua"


def run(
    server, path, *, connections, threads, seconds, pipeline=1, close=False, scheme="http", body="", mixed_path=""
):
    """Loads `server` for `seconds`: requests/s, CPU microseconds of the server per request, errors.

    `body`: POST it as JSON. `mixed_path`: three of ten requests ask for it, and for the end of their connection.
    """
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "-s", str(SCRIPT)]
    if close:
        command += ["-H", "Connection: close"]
    command += [f"{scheme}://{server.listen}{path}", "--", str(pipeline)]
    command += ["post", body] if body else ["mixed", mixed_path] if mixed_path else []
    server.check()
    before = cpu.read(*server.pids)
    counted, _ = servers.run_json(command, seconds + 30, server)
    spent = cpu.spent(before, cpu.read(*server.pids))
    requests = counted["requests"]
    if requests == 0:
        raise Failure(f"wrk got no answer from {server.name} on {path}: {counted['errors']}")
    return {
        "requests": requests,
        "requests_per_second": requests / (counted["microseconds"] / 1e6),
        **cpu.per_request(spent, requests),
        "bytes": counted["bytes"],
        "seconds": counted["microseconds"] / 1e6,
        "errors": counted["errors"],
        # An answer with a bad status is among the requests already; of the other errors none was answered.
        "failed_requests": sum(counted["errors"].values()),
        "attempts": requests + sum(n for kind, n in counted["errors"].items() if kind != "status"),
    }


def faults(result, answer_bytes, in_flight):
    """What makes a run invalid: errors that wrk counted, or answers whose size is not `answer_bytes`.

    `in_flight`: answers that may be in one of the two counts only, because the run ended in their middle.
    """
    found = [f"{count} {kind} errors" for kind, count in result["errors"].items() if count]
    if abs(result["bytes"] - result["requests"] * answer_bytes) > in_flight * answer_bytes:
        found.append(f"{result['bytes'] / result['requests']:.1f} bytes per answer instead of {answer_bytes}")
    return found
