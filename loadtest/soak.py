"""Troupe under constant load for a long time: resident memory, descriptors, sessions, errors; and a million requests by ab."""

import re
import statistics
import threading
import time
from dataclasses import dataclass

import ab
import connection
import machine
import memory
import servers
import wrk

CONNECTIONS = 1000
REQUESTS = 1_000_000
PATH = "/hello"
SAMPLE_SECONDS = 5
# Memory that is still filling its pools says nothing of a leak.
SETTLING_SHARE = 0.25
# Two-sided 95 % of the normal distribution; there are hundreds of samples.
SIGMAS = 1.96
# Less than this over the whole soak is a few pages of the allocator, not a leak.
STILL_BYTES = 256 * 1024


@dataclass(frozen=True)
class Slope:
    """Bytes an hour, and half of the width of its 95 % interval."""

    per_hour: float
    plus_minus: float


def slope(points):
    """The straight line of least squares through [(seconds, bytes)]; at least three points."""
    times, values = [p[0] for p in points], [p[1] for p in points]
    middle, mean = statistics.fmean(times), statistics.fmean(values)
    square = sum((t - middle) ** 2 for t in times)
    rise = sum((t - middle) * (v - mean) for t, v in points) / square
    rest = sum((v - mean - rise * (t - middle)) ** 2 for t, v in points)
    error = (rest / (len(points) - 2) / square) ** 0.5
    return Slope(rise * 3600, SIGMAS * error * 3600)


def metric(text, name):
    """The sum over all labels of a metric in the text of Prometheus; None when it is not there."""
    found = re.findall(rf"^{re.escape(name)}(?:\{{[^}}]*\}})? ([0-9.eE+-]+)", text, re.MULTILINE)
    return sum(map(float, found)) if found else None


def sample(server, begin):
    text = connection.fetch(server.admin, "/metrics").partition(b"\r\n\r\n")[2].decode()
    return {
        "seconds": time.monotonic() - begin,
        "rss_bytes": memory.resident(server.pids),
        "descriptors": memory.descriptors(server.pids),
        "sessions": metric(text, "troupe_http_sessions"),
        "actors": metric(text, "troupe_actors"),
        "services_up": metric(text, "troupe_service_up"),
        "crashes": metric(text, "troupe_service_crashes_total"),
    }


class Sampler:
    """Samples of the server every few seconds while the context lasts; what went wrong with them is kept."""

    def __init__(self, server, say):
        self._server, self._say = server, say
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.samples, self.failures = [], []

    def _run(self):
        begin = time.monotonic()
        while not self._over.wait(SAMPLE_SECONDS):
            try:
                now = sample(self._server, begin)
            except Exception as error:  # Whatever it was, the soak must say it and not end as if nothing were.
                self.failures.append(f"no sample after {time.monotonic() - begin:.0f} s: {error}")
                continue
            self.samples.append(now)
            if len(self.samples) % 6 == 0:
                self._say(f"soak, {now['seconds']:.0f} s: {now['rss_bytes'] / 1048576:.1f} MiB, "
                          f"{now['descriptors']} descriptors")

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()


def judge(samples, load, million, before):
    """What is wrong, in sentences, and the slope."""
    settled = [s for s in samples if s["seconds"] >= SETTLING_SHARE * samples[-1]["seconds"]] if samples else []
    failures = [f"{n} {kind} errors in {load['requests']:,} requests" for kind, n in load["errors"].items() if n]
    failures += [f"{n} {kind} errors in ab's million" for kind, n in million["errors"].items() if n]
    if million["requests"] != REQUESTS:
        failures.append(f"ab completed {million['requests']} of {REQUESTS} requests")
    if len(settled) < 3:
        return [*failures, "fewer than three samples after settling"], None
    line = slope([(s["seconds"], s["rss_bytes"]) for s in settled])
    grown = line.per_hour * (settled[-1]["seconds"] - settled[0]["seconds"]) / 3600
    if abs(line.per_hour) > line.plus_minus and abs(grown) > STILL_BYTES:
        failures.append(f"memory moved by {grown / 1024:,.0f} KiB: {line.per_hour / 1024:,.0f} KiB an hour")
    for name in ("descriptors", "actors", "services_up", "crashes"):
        values = {s[name] for s in settled}
        if name == "descriptors" and max(values) - min(values) > 16:
            failures.append(f"descriptors moved from {min(values)} to {max(values)}")
        elif name != "descriptors" and len(values) > 1:
            failures.append(f"{name} moved: {sorted(values, key=str)}")
    if before["after"]["descriptors"] > before["before"]["descriptors"] + 16:
        failures.append(f"descriptors did not return: {before['before']['descriptors']} before, "
                        f"{before['after']['descriptors']} after")
    return failures, line


def measure(place, options, say):
    """The whole soak: samples, load, slope, and what was wrong."""
    seconds = options.soak_minutes * 60
    with servers.troupe(place.directory) as server:
        begin = time.monotonic()
        wrk.run(server, PATH, connections=CONNECTIONS, threads=options.wrk_threads, seconds=2)
        time.sleep(1)
        before = sample(server, begin)
        million = ab.run(server, PATH, keep_alive=True, requests=REQUESTS)
        say(f"soak: ab -c 1000 -n {REQUESTS} -k: {million['errors']}; now wrk for {options.soak_minutes} min")
        with Sampler(server, say) as sampler:
            load = machine.watched(
                lambda: wrk.run(server, PATH, connections=CONNECTIONS, threads=options.wrk_threads, seconds=seconds), servers.cores())
        time.sleep(2)
        ends = {"before": before, "after": sample(server, begin)}
    failures, line = judge(sampler.samples, load, million, ends)
    return {
        "minutes": options.soak_minutes, "load": load, "million": million, "samples": sampler.samples, **ends,
        "slope_bytes_per_hour": line and line.per_hour, "slope_plus_minus": line and line.plus_minus,
        "failures": sampler.failures + failures,
    }
