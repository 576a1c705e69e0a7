"""A ranking as loadtest/run writes it, with figures that were never measured: for the tests, and to look at the page."""

import random

import loadtest_path  # noqa: F401
import histogram
import openloop
import scenarios

GROUPS = {"floor": "floor", "troupe": "troupe", "tokio-study": "study", "hyperlane": "study", "gin": "study", "rust-std": "study",
          "hyper": "fair", "nginx": "fair", "beast": "fair"}
SPEED = {"floor": 1.0, "troupe": 0.95, "tokio-study": 0.9, "hyperlane": 0.8, "gin": 0.5, "rust-std": 0.7, "hyper": 0.85,
         "nginx": 0.75, "beast": 0.7}


def run(draw, speed, tool):
    rate = 160_000 * speed * draw.uniform(0.95, 1.05)
    cost = 5.2 / speed * draw.uniform(0.97, 1.03)
    made = {"requests": int(rate * 2), "requests_per_second": rate, "cpu_us_per_request": cost,
            "cpu_user_us_per_request": cost * 0.3, "cpu_system_us_per_request": cost * 0.7, "bytes": int(rate * 210), "seconds": 2.0,
            "errors": {"read": 0}, "failed_requests": 0, "attempts": int(rate * 2), "answer_bytes": 105, "bytes_per_second": rate * 105,
            "error_share": 0.0, "differs": [], "faults": [], "began": 0.0, "disturbed": ""}
    return made | ({"connect_ms": 3.2, "reuse_share": 1.0} if tool == "ab" else {})


def times(draw, slowness):
    made = histogram.Histogram()
    for _ in range(4000):
        made.add(min(0.05, draw.lognormvariate(-8.3, 0.6) * slowness))
    return made.to_json()


def paced(draw, rate, slowness):
    return {"answers": int(rate * 2), "errors": {}, "cut": 0, "seconds": 2.0, "offered_per_second": rate,
            "achieved_per_second": rate * 0.999, "due": 4000, "samples": 4000, "unsent": 3, "histogram": times(draw, slowness), "cpu_us_per_request": 6.0,
            "cpu_user_us_per_request": 2.0, "cpu_system_us_per_request": 4.0, "client_cpu_seconds": 0.9, "disturbed": "",
            "p99_us": 1000.0 * slowness * draw.uniform(0.95, 1.05)}


def latencies(draw, speed):
    """Round -> runs: all shares in the first round, the compared one in the second."""
    most = 95_000 * speed

    def shares(asked):
        return {str(s): paced(draw, most * s / 100, (0.4 + s / 40) / speed) for s in asked}

    first = {"tries_per_second": [[most * 1.2, most * part] for part in (0.9, 1, 1.1)], "maximum_per_second": most, "shares": shares(openloop.SHARES)}
    same = paced(draw, 47_500, 1.65 / speed ** 2)
    return {"1": [first], "2": [{"shares": shares([openloop.COMPARED]), "same": same}]}


def ramp(speed):
    steps = [{"connections": n, "requests_per_second": 160_000 * speed * n / (n + 20), "cpu_us_per_request": 6.0,
              "rss_bytes": 9e6 / speed + n * 400 / speed ** 6, "error_share": 0.0, "errors": {}, "disturbed": "", "connections_seen": n, "missing": ""} for n in (1, 10, 100, 1000, 5000, 15000)]
    return {"steps": steps, "stopped": None, "rss_bytes_before": 8e6, "bytes_per_connection": 400 / speed ** 6}


def burst(draw, speed):
    windows = [[i / 4, 300 / speed * draw.uniform(0.9, 1.2) * (40 if 3 <= i / 4 < 13.5 else 1)] for i in range(76)]
    return {"base_per_second": int(9500 * speed), "burst_offered_per_second": int(95_000 * speed), "burst_achieved_per_second": 93_000 * speed,
            "p99_before_us": 300.0, "p99_worst_us": 12_000.0, "recovery_seconds": 0.5, "errors": {}, "unsent": 0, "windows": windows,
            "disturbed": ""}


def ranking():
    """A fresh one at each call, the same each time."""
    draw = random.Random(1)
    servers = [{"name": name, "group": group, "version": "1.0", "language": "C++", "parses": "whole head", "omits": "nothing",
                "serves": ["hello", "product"]} for name, group in GROUPS.items()]
    runs = {s.name: {name: {str(n): [run(draw, SPEED[name] * (0.25 if s.close else 1), s.tool)] for n in range(1, 6)}
                     for name in GROUPS if not (s.mixed_path and name == "floor")} for s in scenarios.RANKING}
    machine = {"time": "2026-11-25T12:00:00+00:00", "commit": "0123456789abcdef", "changed_since_commit": False, "command": ["run"],
               "cpu": "made up", "cores": 2, "memory_mib": 1, "load_average_before": 0.0, "kernel": "6.18", "compiler": "g++ 12",
               "wrk": "wrk 4.1.0"}
    return {
        "environment": machine, "options": {"pairs": 5, "seconds": 2}, "tools": {"oha": "1.16.0", "ab": "2.3"}, "servers": servers,
        "scenarios": [{"name": s.name, "title": s.title, "about": s.about, "mixed": bool(s.mixed_path), "rounds": 5}
                      for s in scenarios.RANKING],
        "reasons": {"build": {"node": "not built: node is missing"}}, "runs": runs, "failures": [],
        "failed_parts": {}, "took": {}, "again": [],
        "programs": {"idle_memory": {"bytes_per_connection": {"rss_bytes": 52.4}, "failures": []},
                     "payments": {"ratio_to_peers": {"gin-sqlite": {"median": 9.1, "min": 8.0, "max": 9.9},
                                                     "axum-sqlite-grouped": {"median": 1.2, "min": 1.1, "max": 1.3}}, "failures": []}},
        "parts": {"payments": "| way | per second |\n| --- | --- |\n| Troupe | 76,995 |\n\nA sentence.\n"},
        "stall": {"rate": 10_000, "stall_seconds": 0.2, "faults": [], "corrected": {"100 ms": 1010}, "service_time": {"100 ms": 256}},
        "openloop": {name: latencies(draw, SPEED[name]) for name in GROUPS},
        "ramp": {name: ramp(SPEED[name]) for name in GROUPS}, "burst": {name: burst(draw, SPEED[name]) for name in GROUPS},
    }
