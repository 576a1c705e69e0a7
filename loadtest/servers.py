"""Builds what is measured, starts it, and stops it: only processes started here, by their own handle."""

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import connection
import cpu
from failure import Failure

ROOT = Path(__file__).resolve().parent.parent
BINARIES = ROOT / "build" / "release" / "bin"
INSTALL_SECONDS = 1800
BUILD_SECONDS = 3600
READY_SECONDS = 30
STOP_SECONDS = 20
PART_SECONDS = 3600
IMPORT_SECONDS = 300

PRODUCT_PATH = "/v1/products/85123A"
PRODUCT = {
    "name": "WHITE HANGING HEART T-LIGHT HOLDER",
    "description": "A white heart of metal that hangs and holds one tea light",
    "price": {"amount_minor": 255, "currency": "GBP"},
    "stock": 0,
}


def cores():
    return len(os.sched_getaffinity(0))


def build():
    """Installs what is missing, configures and builds the release preset; prints to standard error only."""
    targets = ["troupe", "troupe_floor", "troupe_ping", "troupe_payclient", "troupe_paybase", "troupe_tlsclient"]
    steps = [
        ([str(ROOT / "deploy" / "install"), "loadtest"], INSTALL_SECONDS),
        (["cmake", "--preset", "release"], BUILD_SECONDS),
        (["cmake", "--build", "--preset", "release", "--target", *targets], BUILD_SECONDS),
    ]
    for command, seconds in steps:
        print("loadtest: " + " ".join(command), file=sys.stderr, flush=True)
        try:
            subprocess.run(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=seconds, check=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise Failure(f"the step before measuring failed: {error}") from None


def program(name):
    path = BINARIES / name
    if not path.exists():
        raise Failure(f"{path.relative_to(ROOT)} is missing: run without --no-build")
    return str(path)


def run_program(command, seconds):
    """Runs a program to its end; it is killed when that takes longer than `seconds`."""
    streams = {"stdin": subprocess.DEVNULL, "capture_output": True, "text": True}
    try:
        return subprocess.run(command, **streams, timeout=seconds, start_new_session=True, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(f"{Path(command[0]).name} could not be run to its end: {error}") from None


def run_json(command, seconds, server=None):
    """Runs a program that prints one JSON line, against a server if one is given.

    Returns the line's value and whether the program exited with 0.
    """
    done = run_program(command, seconds)
    if server:
        server.check()
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        said = (done.stderr or done.stdout).strip()[-500:]
        raise Failure(f"{Path(command[0]).name} printed no result (exit code {done.returncode}): {said}")
    return json.loads(lines[-1]), done.returncode == 0


def run_part(command):
    """Runs another program of this folder, passing an interrupt on so that it stops its servers."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        return process.wait(PART_SECONDS)
    except subprocess.TimeoutExpired:
        raise Failure(f"{Path(command[1]).name} took more than {PART_SECONDS} s") from None
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


@contextlib.contextmanager
def scratch():
    """A directory on the disk of the checkout, so that an fsync is a real one; removed at the end."""
    parent = ROOT / "build"
    parent.mkdir(exist_ok=True)
    path = Path(tempfile.mkdtemp(prefix="loadtest-", dir=parent))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Server:
    """A server that runs until its context ends. `listen` and `admin` are HOST:PORT."""

    def __init__(self, name, process, log, ready):
        self.name = name
        self.pid = process.pid
        self.pids = [process.pid]  # Whose CPU time counts as the server's.
        self.listen = ready["listen"]
        self.admin = ready.get("admin")
        self._process = process
        self._log = log

    def adopt(self):
        """Takes the processes that the server has started since for its own."""
        self.pids = cpu.family(self.pid)

    def check(self):
        """Fails when the server has ended by itself."""
        code = self._process.poll()
        if code is not None:
            raise Failure(f"{self.name} ended with {code} under load; it said: {tail(self._log)}")


def tail(log):
    return log.read_text(errors="replace").strip()[-800:] or "nothing"


def ready_line(name, process, log):
    """Waits for the JSON line that a server prints when it listens."""
    output = process.stdout.fileno()
    received = b""
    end = time.monotonic() + READY_SECONDS
    while b"\n" not in received:
        readable, _, _ = select.select([output], [], [], max(0, end - time.monotonic()))
        piece = os.read(output, 4096) if readable else b""
        if not piece:
            raise Failure(f"{name} was not ready within {READY_SECONDS} s or ended; it said: {tail(log)}")
        received += piece
    try:
        ready = json.loads(received.split(b"\n")[0])
        connection.host_and_port(ready["listen"])
    except (ValueError, KeyError, TypeError):
        raise Failure(f"{name} printed no ready line with a listen address but {received[:200]!r}") from None
    return ready


def accepting(name, process, log, port):
    """Waits for a server that prints no ready line, until it takes a connection; what it prints goes to its log."""
    end = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return {"listen": f"127.0.0.1:{port}"}
        time.sleep(0.02)
    raise Failure(f"{name} took no connection within {READY_SECONDS} s or ended; it said: {tail(log)}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def started(name, command, directory, *, port=None, environment=None):
    """Starts a server and waits until it is ready; at the end stops it with SIGTERM, then SIGKILL.

    With `port` it is ready when it takes a connection there, otherwise when it prints its ready line.
    """
    log = directory / f"{name}.log"
    with log.open("wb") as errors:
        # In a session of its own: Ctrl-C reaches this program only, which stops the servers in order.
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=errors if port else subprocess.PIPE, stderr=errors,
            start_new_session=True, env=environment,
        )
    try:
        ready = accepting(name, process, log, port) if port else ready_line(name, process, log)
        yield Server(name, process, log, ready)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            print(
                f"loadtest: {name} did not stop within {STOP_SECONDS} s of SIGTERM and was killed",
                file=sys.stderr,
            )
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)  # And whatever of its session is left.
        process.wait()
        if process.stdout:
            process.stdout.close()


def floor(directory, label, response, close=False, ring=False):
    """The bare loop that gives this answer, by epoll or io_uring, one thread per usable core."""
    answer = directory / f"{label}.response"
    answer.write_bytes(response)
    addresses = ["--listen", "127.0.0.1:0"]
    command = [program("troupe_floor"), *addresses, "--threads", str(cores()), "--response", str(answer)]
    command += (["--close"] if close else []) + (["--ring"] if ring else [])
    return started(f"floor-{label}", command, directory)


# Threads are scheduled as Troupe's and the floor's are unasked: see loadtest/profiles/build.md.
AS_BATCH = ["chrt", "--batch", "0"]


def troupe(directory, settings=()):
    """Troupe on the embedded store in `directory`/data, with the sample catalogue where there is one."""
    data = directory / "data"
    data.mkdir(parents=True, exist_ok=True)
    catalogue = ROOT / "deploy" / "sample" / "catalogue.jsonl"
    if catalogue.exists() and not (data / "catalog.sqlite").exists():
        done = run_program(
            [program("troupe"), "import", str(catalogue), "--data-dir", str(data)], IMPORT_SECONDS
        )
        if done.returncode != 0:
            raise Failure(f"troupe import failed with {done.returncode}: {done.stderr.strip()[-500:]}")
    addresses = ["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
    command = [program("troupe"), "serve", *addresses, "--data-dir", str(data)]
    for setting in settings:
        command += ["--set", setting]
    return started("troupe", command, directory)


def ensure_product(server):
    """Puts the product that is measured, unless the import brought it."""
    _, status = connection.exchange(
        server.listen, connection.get_request(server.listen, PRODUCT_PATH), "the catalogue"
    )
    if status == 200:
        return
    body = json.dumps(PRODUCT).encode()
    head = (
        f"PUT {PRODUCT_PATH} HTTP/1.1\r\nHost: {server.listen}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    answer, status = connection.exchange(server.listen, head.encode() + body, "the catalogue")
    if status not in (200, 201, 204):
        raise Failure(f"PUT {PRODUCT_PATH} answered {status}: {answer[-300:]!r}")
