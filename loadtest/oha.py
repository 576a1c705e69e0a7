"""The open loop: oha from crates.io sends at a fixed rate and times each request from when its turn came. See README.md."""

import contextlib
import json
import resource
import shutil
import sqlite3
import subprocess
import sys

import cpu
import peers
import servers
from failure import Failure
from histogram import Histogram

VERSION = "1.16.0"  # The crate carries its own lock file, which --locked obeys.
CONNECTIONS = 256
TOOLS = servers.ROOT / "build" / "tools"
PROGRAM = TOOLS / "bin" / "oha"
INSTALL_SECONDS = 3600
LATE_SECONDS = 60
# At the begin all connections are made at once, and what falls due meanwhile waits for them: not the server's latency under load.
LEAD_SECONDS = 0.5
# Its clock ticks in milliseconds and rounds up: a request that is let go within two of when it was due is on time.
CLOCK_SECONDS = 0.002
# How oha calls requests that were under way when its time was over.
CUT = "aborted due to deadline"


def threads():
    """Half of the cores, so that the server has the other half."""
    return max(1, servers.cores() // 2)


def install():
    """Builds the pinned version unless it is there. TLS is not used; OpenSSL's is the quickest to build."""
    if PROGRAM.exists() and VERSION in servers.run_program([str(PROGRAM), "--version"], 30).stdout:
        return
    cargo = shutil.which("cargo", path=peers.environment()["PATH"])
    if not cargo:
        raise Failure("oha needs Rust's cargo: install it with rustup")
    command = [cargo, "install", "oha", "--version", VERSION, "--locked", "--no-default-features", "--features"]
    command += ["native-tls", "--root", str(TOOLS), "--target-dir", str(TOOLS / "target"), "--force"]
    print("loadtest: " + " ".join(command[:6]), file=sys.stderr, flush=True)
    log = TOOLS / "oha.log"
    TOOLS.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=peers.environment(),
            timeout=INSTALL_SECONDS, check=False,
        )
    if done.returncode != 0:
        raise Failure(f"oha was not built; it said: {servers.tail(log)}")


def command(server, path, seconds, rate, samples, corrected=True):
    made = [str(PROGRAM), "-z", f"{round(seconds * 1000)}ms", "-c", str(CONNECTIONS), "--no-tui", "--redirect", "0"]
    made += ["--disable-compression", "--worker-threads", str(threads()), "--output-format", "json"]
    if rate:
        made += ["-q", str(rate)] + (["--latency-correction"] if corrected else [])
    if samples:
        made += ["--db-url", str(samples)]
    return [*made, f"http://{server.listen}{path}"]


def parse(text):
    """What oha counted: answers by status, errors by kind, requests that its own deadline cut."""
    try:
        said = json.loads(text)
        statuses, errors = said["statusCodeDistribution"], dict(said["errorDistribution"])
        seconds = said["summary"]["total"]
    except (ValueError, KeyError, TypeError):
        raise Failure(f"oha printed no result but {text[:300]!r}") from None
    cut = errors.pop(CUT, 0)
    for status, count in statuses.items():
        if not status.startswith("2"):
            errors[f"status {status}"] = count
    return {"answers": sum(n for s, n in statuses.items() if s.startswith("2")), "errors": errors, "cut": cut,
            "seconds": seconds}


def read_samples(path):
    """[(seconds at which its turn came, seconds until its answer)] of the 2xx answers, in no order."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as rows:
        return rows.execute(
            "SELECT coalesce(start_latency_correction, start), duration FROM oha WHERE status BETWEEN 200 AND 299"
        ).fetchall()


def from_due(samples, rate):
    """The same from when the generator's clock should have let each request go, so that its own delays count too.

    One was due every 1/`rate` seconds since the first, in the order in which their turns came; oha stamps it when the tick that follows
    has run, up to CLOCK_SECONDS later, and what is beyond that was a delay. Requests without a sample before one (errors, those that
    the end cut) make it seem later, by 1/`rate` each.
    """
    if not samples:
        return samples
    ordered = sorted(samples)
    first = min(stamp - i / rate for i, (stamp, _) in enumerate(ordered))
    delays = (max(0.0, stamp - (first + i / rate) - CLOCK_SECONDS) for i, (stamp, _) in enumerate(ordered))
    return [(stamp - delay, took + delay) for (stamp, took), delay in zip(ordered, delays)]


def closed(server, path, seconds):
    """As many requests as the connections allow, one after the other on each: requests/s and errors."""
    done = servers.run_program(command(server, path, seconds, None, None), seconds + LATE_SECONDS)
    server.check()
    result = parse(done.stdout)
    return result | {"requests_per_second": result["answers"] / seconds}


def result_of(text, samples, rate, seconds, lead):
    """A paced run's figures. Times are of what was due after the first `lead` seconds, the rate is of what was answered after them.

    Both windows end with the run. An answer counts in the rate by when it came, so that a server with a long queue is not told to
    have answered less than it did. `unsent` requests were due in all of the run, but the generator or a full set of connections
    held them back. Errors are of all of the run.
    """
    result = parse(text)
    times, answered = Histogram(), 0
    for due, took in samples:
        if due >= lead:
            times.add(took)
        if lead <= due + took < lead + seconds:
            answered += 1
    begun = result["answers"] + sum(result["errors"].values()) + result["cut"]
    return result | {
        "offered_per_second": rate,
        "achieved_per_second": answered / seconds,
        "due": round(rate * seconds),
        "unsent": max(0, round(rate * (lead + seconds)) - begun),
        "histogram": times,
    }


def paced(server, path, rate, seconds, directory, *, corrected=True, lead=LEAD_SECONDS):
    """`rate` requests a second for `lead` seconds more than `seconds`, in which the connections are made.

    Achieved rate, errors by kind, histogram of times from when each request was due, CPU of both sides.
    """
    samples = directory / "oha.sqlite"
    samples.unlink(missing_ok=True)
    server.check()
    before, client = cpu.read(*server.pids), resource.getrusage(resource.RUSAGE_CHILDREN)
    made = command(server, path, lead + seconds, rate, samples, corrected)
    done = servers.run_program(made, lead + seconds + LATE_SECONDS)
    spent, used = cpu.spent(before, cpu.read(*server.pids)), resource.getrusage(resource.RUSAGE_CHILDREN)
    server.check()
    if not samples.exists():
        raise Failure(f"oha wrote no samples of {server.name}: {(done.stderr or done.stdout).strip()[-300:]}")
    taken = read_samples(samples)
    result = result_of(done.stdout, from_due(taken, rate) if corrected else taken, rate, seconds, lead)
    samples.unlink()
    client_seconds = used.ru_utime + used.ru_stime - client.ru_utime - client.ru_stime
    return result | cpu.per_request(spent, max(1, result["answers"])) | {"client_cpu_seconds": client_seconds}
