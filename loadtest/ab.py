"""One run of ab (ApacheBench) against a server, and what its text says. One thread, HTTP/1.0, times in whole milliseconds."""

import re

import cpu
import servers
from failure import Failure

CONNECTIONS = 1000
# What ab sends; a server that does not echo Keep-Alive to HTTP/1.0 is not asked twice on a connection.
AGENT = "ApacheBench/2.3"
MOST_PER_SECOND = 400_000


def request(address, path, keep_alive):
    field = "Connection: Keep-Alive\r\n" if keep_alive else ""
    return f"GET {path} HTTP/1.0\r\n{field}Host: {address}\r\nUser-Agent: {AGENT}\r\nAccept: */*\r\n\r\n".encode()


def _number(text, label, default=None):
    found = re.search(rf"^{re.escape(label)}:\s+([0-9.]+)", text, re.MULTILINE)
    if found:
        return float(found[1])
    if default is None:
        raise Failure(f"ab printed no '{label}': {text[-400:]!r}")
    return default


def parse(text):
    """ab's report as figures. Failure: it is not one."""
    complete = int(_number(text, "Complete requests"))
    kinds = re.search(r"\(Connect: (\d+), Receive: (\d+), Length: (\d+), Exceptions: (\d+)\)", text)
    errors = dict(zip(["connect", "read", "length", "exceptions"], map(int, kinds.groups()))) if kinds else {}
    errors["status"] = int(_number(text, "Non-2xx responses", 0))
    connect = re.search(r"^Connect:\s+\d+\s+([0-9.]+)", text, re.MULTILINE)
    seconds = _number(text, "Time taken for tests")
    failed, unconnected = int(_number(text, "Failed requests")), errors.get("connect", 0)
    return {
        "requests": complete,
        "requests_per_second": complete / seconds if seconds else 0.0,
        "bytes": int(_number(text, "Total transferred")),
        "seconds": seconds,
        "errors": errors,
        "failed": failed,
        # ab counts each kind by itself: a bad answer of another length is in two, and both are among the complete requests.
        "failed_requests": max(failed - unconnected, errors["status"]) + unconnected,
        "attempts": complete + unconnected,
        "reuse_share": _number(text, "Keep-Alive requests", 0) / complete if complete else 0.0,
        "connect_ms": float(connect[1]) if connect else None,
        "percentiles_ms": {p: int(ms) for p, ms in re.findall(r"^\s+(\d+)%\s+(\d+)", text, re.MULTILINE)},
    }


def run(server, path, *, keep_alive, seconds=None, requests=None):
    """Loads `server` for `seconds`, or with so many `requests`: as wrk.run, with connect time and reuse."""
    most = requests or seconds * MOST_PER_SECOND
    command = ["ab", "-q", "-r", *(["-k"] if keep_alive else []), "-c", str(CONNECTIONS)]
    command += [] if requests else ["-t", str(seconds)]
    command += ["-n", str(most), f"http://{server.listen}{path}"]
    server.check()
    before = cpu.read(*server.pids)
    done = servers.run_program(command, (seconds or requests / 1000) + 60)
    spent = cpu.spent(before, cpu.read(*server.pids))
    server.check()
    if done.returncode != 0:
        raise Failure(f"ab failed against {server.name} ({done.returncode}): {done.stderr.strip()[-300:]}")
    result = parse(done.stdout)
    if not result["requests"]:
        raise Failure(f"ab got no answer from {server.name}")
    return result | cpu.per_request(spent, result["requests"])
