"""Who takes part: peers, the floors and Troupe, all started the same way, and their answers checked before they are measured."""

import contextlib
import re
import subprocess
from dataclasses import replace

import answers
import connection
import peers
import servers
from failure import Failure, told

REFERENCE = "floor"
OURS = "troupe"
GROUPS = ("floor", "troupe", "study", "fair")
# What a peer cannot leave out, told in its row; everything else of the fair set's answers is the same.
EXCUSED = {"nginx": {"field more: connection: keep-alive"}}
# Plain "troupe" is what the program does unasked; each other way is forced and measured beside it.
RING_FLAG = "--ring"
OTHER_WAYS = {
    "troupe-epoll": ("connections.backend", "epoll"),
    "troupe-io_uring": ("connections.backend", "io_uring"),
    "troupe-normal": ("scheduler.batch", "false"),
    "troupe-batch": ("scheduler.batch", "true"),
}
BACK_ENDS = ("troupe-epoll", "troupe-io_uring")


def _says(program, argument):
    done = subprocess.run(
        [servers.program(program), argument], capture_output=True, text=True, timeout=30, check=False
    )
    return done.stdout + done.stderr


def other_ways(settings):
    """The names of Troupe's variants that are not what `troupe check-config` says it does unasked, of the settings that it has."""
    def unasked(setting):
        found = re.search(rf"^\s*{re.escape(setting)}\W+(\w+)", settings, re.MULTILINE)
        return found and found[1]

    return [name for name, (setting, value) in OTHER_WAYS.items() if unasked(setting) not in (None, value)]


def known():
    """All that may be measured in this tree: the floors, Troupe, the study's seven, the fair set."""
    by_group = {group: [p for p in peers.PEERS if p.group == group] for group in GROUPS}
    found = list(by_group["floor"])
    if RING_FLAG in _says("troupe_floor", "--help"):
        found.append(replace(found[0], name="floor-ring", language="C++, io_uring"))
    found += by_group["troupe"]
    for name in other_ways(_says("troupe", "check-config")):
        found.append(replace(by_group["troupe"][0], name=name, language="C++, " + "=".join(OTHER_WAYS[name])))
    return found + by_group["study"] + by_group["fair"]


def is_ours(name):
    """Whether an error of it makes the ranking invalid: the floors and all ways of Troupe."""
    return name.partition("-")[0] in (REFERENCE, OURS)


def names():
    """For the options; the floors and Troupe are always measured."""
    return [p.name for p in peers.PEERS if p.group in ("study", "fair")]


def durable():
    """The peers of the payments, which are measured by a program of its own."""
    return [p for p in peers.PEERS if p.group == "durable"]


def described(peer):
    """A peer as JSON takes it."""
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in vars(peer).items()}


def build(wanted, say):
    """Builds the peers; returns those that can be measured, and why the others cannot, by name."""
    good, reasons = [], {}
    for peer in wanted:
        if peer.group in ("floor", "troupe"):
            good.append(peer)  # Built with the tree.
            continue
        say(f"loadtest: building {peer.name}")
        try:
            peers.build(peer)
            good.append(peer)
        except Exception as error:  # the others may be built
            reasons[peer.name] = f"not built: {told(error)}"
            say(f"loadtest: {reasons[peer.name]}")
    return good, reasons


class Place:
    """Where servers run: the scratch directory, Troupe's answers and the product file made from them."""

    def __init__(self, directory, scenarios):
        self.directory = directory
        self.products = directory / "products.tsv"
        self.expected = {}
        with servers.troupe(directory) as troupe:
            servers.ensure_product(troupe)
            page = connection.fetch(troupe.listen, servers.PRODUCT_PATH)
            answers.write_products(self.products, {servers.PRODUCT_PATH.rpartition("/")[2]: page})
            for scenario in scenarios:
                self.expected[scenario.name] = ask(troupe, scenario)


def ask(server, scenario):
    return connection.ask(server.listen, scenario.request(server.listen), scenario.name, scenario.close)


def _with_family(context):
    @contextlib.contextmanager
    def adopted():
        with context as server:
            server.adopt()
            yield server

    return adopted()


def start(peer, scenario, place):
    """A context with the running server."""
    if peer.group == "floor":
        return servers.floor(
            place.directory, scenario.name, place.expected[scenario.name], scenario.close, peer.name == "floor-ring"
        )
    if peer.group == "troupe":
        return servers.troupe(place.directory, ["=".join(OTHER_WAYS[peer.name])] if peer.name in OTHER_WAYS else [])
    directory = place.directory / peer.name
    directory.mkdir(exist_ok=True)
    port = servers.free_port()
    argv, environment = peers.command(peer, port, servers.cores(), place.products, directory)
    if peer.group == "fair":  # the study's set runs as it was performed
        argv = servers.AS_BATCH + argv
    return _with_family(servers.started(peer.name, argv, directory, port=port, environment=environment))


def differences(expected, got, check):
    """In what an answer differs, as (what forbids measuring, what is only told). `check`: "answer" or "body".

    Fields in another order or spelt otherwise have the same size and cost nothing; for "body" only that must be equal.
    """
    found = answers.same_answer(expected, got)
    if check == "body":
        fatal = [f for f in found if f.startswith("body ")]
    else:
        fatal = [f for f in found if not f.startswith(("order", "case"))]
    return fatal, [f for f in found if f not in fatal]


def checked_answer(server, peer, scenario, place):
    """Warms the server up with one request; the length of its answer, and in what it differs. Failure: too much."""
    got = ask(server, scenario)
    strict = "answer" if scenario.check == "answer" and peer.group != "study" else "body"
    fatal, told = differences(place.expected[scenario.name], got, strict)
    excused = EXCUSED.get(peer.name, set())
    fatal, told = [f for f in fatal if f not in excused], told + [f for f in fatal if f in excused]
    if fatal:
        raise Failure("does not give the agreed answer: " + "; ".join(fatal))
    return len(got), told
