"""One run of wrk against a server, with the CPU time that the server spent on it."""

from pathlib import Path

import cpu
import servers
from failure import Failure

SCRIPT = Path(__file__).resolve().parent / "wrk.lua"


def run(server, path, *, connections, threads, seconds, pipeline=1, close=False, scheme="http"):
    """Loads `server` for `seconds`: requests/s, CPU microseconds of the server per request, errors."""
    command = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "-s", str(SCRIPT)]
    if close:
        command += ["-H", "Connection: close"]
    command += [f"{scheme}://{server.listen}{path}", "--", str(pipeline)]
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
        "cpu_us_per_request": spent.total * 1e6 / requests,
        "cpu_user_us_per_request": spent.user * 1e6 / requests,
        "cpu_system_us_per_request": spent.system * 1e6 / requests,
        "bytes": counted["bytes"],
        "errors": counted["errors"],
    }


def faults(result, answer_bytes, in_flight):
    """What makes a run invalid: errors that wrk counted, or answers whose size is not `answer_bytes`.

    `in_flight`: answers that may be in one of the two counts only, because the run ended in their middle.
    """
    found = [f"{count} {kind} errors" for kind, count in result["errors"].items() if count]
    if abs(result["bytes"] - result["requests"] * answer_bytes) > in_flight * answer_bytes:
        found.append(f"{result['bytes'] / result['requests']:.1f} bytes per answer instead of {answer_bytes}")
    return found
