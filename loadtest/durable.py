"""The programs that pay as durably as Troupe (peers.py has them): which can be run, how, and what their files hold."""

import contextlib
import socket
import sqlite3
import subprocess
import time

import connection
import peers
import servers
from failure import Failure

GROUP = "durable"

# What counts the payments in a file, and adds up its ledger entries. Beyond 2^63 sum() would fail: total() is a double,
# and exact up to 2^53.
BOOKS = {
    "troupe": "SELECT (SELECT count(*) FROM operations WHERE kind = 1), (SELECT total(amount) FROM entries)",
    GROUP: "SELECT (SELECT count(*) FROM payments), (SELECT total(amount_minor) FROM ledger_entries)",
}


def named(asked):
    """The peers of these names, or all. Failure: there is none of a name."""
    durable = {peer.name: peer for peer in peers.PEERS if peer.group == GROUP}
    unknown = [name for name in asked if name not in durable]
    if unknown:
        raise Failure(f"there is no durable peer {unknown[0]}; there are: {', '.join(durable)}")
    return [durable[name] for name in asked or durable]


def build(wanted, say):
    """Builds the peers; those that can be measured, and why the others cannot, by name."""
    good, reasons = [], {}
    for peer in wanted:
        say(f"loadtest: building {peer.name}")
        try:
            peers.build(peer)
            good.append(peer)
        except Failure as failure:
            reasons[peer.name] = str(failure)
            say(f"loadtest: {peer.name} is left out: {failure}")
    return good, reasons


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _accepting(name, process, log, port):
    end = time.monotonic() + servers.READY_SECONDS
    while process.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return {"listen": f"127.0.0.1:{port}"}
        time.sleep(0.02)
    raise Failure(
        f"{name} took no connection within {servers.READY_SECONDS} s or ended; it said: {servers.tail(log)}"
    )


@contextlib.contextmanager
def started(peer, directory):
    """Starts a built peer on a database of its own in `directory`/NAME, one worker per usable core; a server as
    `servers.troupe` has it. At the end it is stopped with SIGTERM, then SIGKILL."""
    place = directory / peer.name
    place.mkdir()
    port = _free_port()
    command, environment = peers.command(peer, port, servers.cores(), None, place)
    command = servers.AS_BATCH + command
    log = directory / f"{peer.name}.log"
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                env=environment,
            )
        except OSError as error:
            raise Failure(f"{peer.name} could not be started: {error}; run without --no-build") from None
    try:
        server = servers.Server(peer.name, process, log, _accepting(peer.name, process, log, port))
        connection.fetch(server.listen, "/v1/ledger/balance")  # So that its database is there.
        yield server
    finally:
        process.terminate()
        try:
            process.wait(servers.STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def books(name, directory):
    """Payments in the file of a server that has ended, and the sum of its entries: ours or a peer's."""
    file = directory / "data" / "payments.sqlite" if name == "troupe" else directory / name / "payments.sqlite"
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=10)) as database:
            return database.execute(BOOKS["troupe" if name == "troupe" else GROUP]).fetchone()
    except sqlite3.Error as error:
        raise Failure(f"{file.name} of {name} could not be read: {error}") from None
