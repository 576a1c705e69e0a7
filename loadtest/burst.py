"""Ten times the load for ten seconds, and how long a steady client then still waits longer than before."""

import subprocess
import time

import contenders
import machine
import oha
import openloop
import servers
from failure import Failure, told
from histogram import Histogram

BASE_SHARE = 0.1  # Of the server's own maximum; the burst comes on top of it, to ten times this.
FACTOR = 10
BEFORE_SECONDS, BURST_SECONDS, AFTER_SECONDS = 2, 10, 4
WINDOW_SECONDS = 0.25
# As before: a p99 of the window at most this many times the median window's before the burst, and at least this.
NORMAL_FACTOR, NORMAL_SECONDS = 2, 0.002


def windows(samples):
    """[(start of the window, p99 in seconds)]; a window in which nothing was due is not there."""
    by_window = {}
    for due, took in samples:
        by_window.setdefault(int(due / WINDOW_SECONDS), Histogram()).add(took)
    return [(number * WINDOW_SECONDS, times.percentile(0.99)) for number, times in sorted(by_window.items())]


def recovery(seen):
    """(p99 before, worst p99, seconds from the burst's end until every later window is as before).

    None for the last when it never was within the run.
    """
    before = sorted(p99 for start, p99 in seen if oha.LEAD_SECONDS <= start <= BEFORE_SECONDS - WINDOW_SECONDS)
    if not before:
        raise Failure("the steady client was not answered before the burst")
    usual = before[len(before) // 2]
    normal = max(NORMAL_FACTOR * usual, NORMAL_SECONDS)
    end = BEFORE_SECONDS + BURST_SECONDS
    late = [start for start, p99 in seen if start >= end and p99 > normal]
    last = max((start for start, _ in seen), default=0)
    seconds = max(late) + WINDOW_SECONDS - end if late else 0.0
    return usual, max(p99 for start, p99 in seen), None if late and max(late) >= last else seconds


def both_clients(server, base, place):
    """What the steady client and the burst's said, and where the steady one's samples are.

    Nothing is worked out while the steady client still runs, and the burst's client keeps no samples: to write them, or to read
    them here, would take processor time just when the server is to recover.
    """
    length = BEFORE_SECONDS + BURST_SECONDS + AFTER_SECONDS
    steady = place.directory / "steady.sqlite"
    steady.unlink(missing_ok=True)
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    commands = [oha.command(server, openloop.PATH, length, base, steady),
                oha.command(server, openloop.PATH, BURST_SECONDS, base * (FACTOR - 1), None)]
    clients, said = [], []
    try:
        for command, wait in zip(commands, (BEFORE_SECONDS, 0)):
            clients.append(subprocess.Popen(command, start_new_session=True, **streams))
            time.sleep(wait)
        for client in reversed(clients):  # The burst's ends first, and its few hundred bytes fit into the pipe.
            said.append(client.communicate(timeout=length + oha.LATE_SECONDS)[0])
    except subprocess.TimeoutExpired:
        raise Failure(f"a client of {server.name} did not end") from None
    finally:
        for client in clients:
            if client.poll() is None:
                client.kill()
                client.wait()
    return {"burst": oha.parse(said[0]), "steady": oha.parse(said[1]), "samples": steady}


def run_once(peer, scenario, place, options, most):
    with contenders.start(peer, scenario, place) as server:
        contenders.checked_answer(server, peer, scenario, place)
        server.adopt()
        if most:
            oha.closed(server, openloop.PATH, openloop.CLOSED_SECONDS)  # Warm-up.
        else:
            most = openloop.median_maximum(openloop.maxima(server, place, options.seconds, machine.Patience(0)))
        base = max(10, round(most * BASE_SHARE))
        clients = machine.watched(lambda: both_clients(server, base, place), servers.cores())
        server.check()
    samples = oha.read_samples(clients["samples"])
    clients["samples"].unlink()
    burst = clients["burst"]
    seen = windows(samples)
    steady_answers = sum(BEFORE_SECONDS <= due + took < BEFORE_SECONDS + BURST_SECONDS for due, took in samples)
    usual, worst, seconds = recovery(seen)
    begun = burst["answers"] + sum(burst["errors"].values()) + burst["cut"]
    return {
        "base_per_second": base,
        "burst_offered_per_second": base * FACTOR,
        "burst_achieved_per_second": (burst["answers"] + steady_answers) / BURST_SECONDS,
        "p99_before_us": usual * 1e6,
        "p99_worst_us": worst * 1e6,
        "recovery_seconds": seconds,
        "errors": clients["steady"]["errors"] | {f"burst: {kind}": n for kind, n in burst["errors"].items()},
        "unsent": max(0, base * (FACTOR - 1) * BURST_SECONDS - begun),
        "windows": [[start, p99 * 1e6] for start, p99 in seen],
        **{name: clients[name] for name in ("began", "machine", "disturbed")},
    }


def seconds_of():
    return 0.8 + openloop.CLOSED_SECONDS + BEFORE_SECONDS + BURST_SECONDS + AFTER_SECONDS


def measure(taking_part, scenario, place, options, progress, reasons, runs, latencies):
    """Fills `runs`: name -> run; each server once. `latencies`: what openloop.measure found, for the maxima, or nothing."""
    for peer in taking_part:
        try:
            run = runs[peer.name] = run_once(peer, scenario, place, options, openloop.known_maximum(latencies, peer.name))
        except Exception as error:  # Whatever it was: the other servers are still to be measured.
            reasons.setdefault("burst", {})[peer.name] = told(error)
            progress.step(f"burst, {peer.name}: {told(error)}")
            continue
        again = run["recovery_seconds"]
        said = "never as before within the run" if again is None else f"as before after {again:.2f} s"
        progress.step(f"burst, {peer.name}: {run['base_per_second']:,} to {run['burst_offered_per_second']:,}/s; {said}")
