"""The servers that Troupe is compared with: what each is, how it is built, and how it is started. See peers/README.md."""

import functools
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import servers
from answers import same_answer, write_products  # noqa: F401  Part of what this module offers.
from failure import Failure, run_main

HERE = Path(__file__).resolve().parent / "peers"
BUILT = servers.ROOT / "build" / "peers"
BUILD_SECONDS = 3600
BEAST_FLAGS = "-std=c++20 -O3 -march=native -flto=auto -DNDEBUG -Wall -Wextra -pthread".split()
# For Go, as rust/.cargo/config.toml has them for Rust: fdatasync as Debian's SQLite, not fsync.
SQLITE_FLAGS = "-O3 -DHAVE_FDATASYNC=1 -DSQLITE_DEFAULT_MEMSTATUS=0"
# What GOAMD64=v3 may use (the x86-64-v3 level), by the names of /proc/cpuinfo.
V3_FLAGS = {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"}
NGINX_MODULES = "/usr/lib/nginx/modules"

# Least versions: what the locked packages need. deploy/install brings no toolchain: Debian 12's are older.
TOOLS = {
    "cargo": (["cargo", "--version"], (1, 89), "Rust (its own installer, rustup)"),
    "go": (["go", "version"], (1, 26), "Go (its own archive, unpacked to /usr/local/go)"),
    "node": (["node", "--version"], (18, 0), "Node.js (or, from Debian 12 on, the package nodejs)"),
}
TOOL_PLACES = [str(Path.home() / ".cargo" / "bin"), "/usr/local/go/bin"]


@dataclass(frozen=True)
class Peer:
    """One server of the comparison. `group`: "study", "fair", "durable", or its own name for the floor and Troupe.

    `serves`: of "hello", "product", "echo", "payment". `parses` and `omits`: what the report's table says of it. `differs`: in what
    its answers must be allowed to differ from Troupe's, in the words of `same_answer`, because nothing turns it off.
    """

    name: str
    group: str
    version: str
    language: str
    parses: str
    omits: str
    serves: frozenset
    differs: frozenset = frozenset()


# Rust's HTTP libraries answer a request of HTTP/1.0 in that version, where the connection's end need not be announced.
OLD_VERSION = frozenset({"status line 'HTTP/1.0 200 OK' instead of 'HTTP/1.1 200 OK'", "field missing: connection: close"})

PAGES = frozenset({"hello", "product"})
ALL = PAGES | {"echo"}
FRAMEWORK = "whole head, method, path, Connection, version, body length; routes"

PEERS = (
    Peer("tokio-study", "study", "tokio 1.53.1", "Rust",
         "end of the head; words in it that ask to close", "method, path, fields, bodies, Date",
         frozenset({"hello"})),
    Peer("hyperlane", "study", "hyperlane 21.3.6", "Rust",
         FRAMEWORK, "Date; pipelined requests are lost", ALL),
    Peer("rocket", "study", "rocket 0.5.1", "Rust", FRAMEWORK, "deadlines; sends 4 more fields of its own", ALL),
    Peer("rust-std", "study", "Rust's standard library", "Rust",
         "end of the head; words in it that ask to close", "method, path, fields, bodies, Date; THREADS",
         frozenset({"hello"})),
    Peer("gin", "study", "gin 1.12.0", "Go", FRAMEWORK, "deadlines", ALL),
    Peer("go-net-http", "study", "Go's standard library", "Go", FRAMEWORK, "deadlines", ALL),
    Peer("node", "study", "Node's standard library", "JavaScript", FRAMEWORK, "deadlines (turned off: they cost)", ALL),
    Peer("tokio-per-core", "fair", "tokio 1.53.1", "Rust",
         "whole head (httparse), method, path, Connection, version, body length; routes", "chunked bodies (refused), Host, deadlines",
         ALL),
    Peer("hyper", "fair", "hyper 1.12.0", "Rust", FRAMEWORK, "deadlines", ALL, OLD_VERSION),
    Peer("axum", "fair", "axum 0.8.9", "Rust", FRAMEWORK, "deadlines", ALL, OLD_VERSION),
    Peer("actix", "fair", "actix-web 4.18.1", "Rust", FRAMEWORK, "deadlines (turned off: they cost)", ALL, OLD_VERSION),
    Peer("fasthttp", "fair", "fasthttp 1.78.0", "Go", FRAMEWORK, "deadlines", ALL),
    Peer("nginx", "fair", "Debian's nginx", "C", FRAMEWORK, "nothing; always writes Connection", PAGES,
         frozenset({"field more: connection: keep-alive"})),
    Peer("beast", "fair", "Boost 1.81", "C++", FRAMEWORK, "Host", ALL),
    Peer("gin-sqlite", "durable", "gin 1.12.0, go-sqlite3 1.14.53", "Go",
         FRAMEWORK + "; JSON, idempotency key", "deadlines; one commit for each payment", frozenset({"payment"})),
    Peer("gin-sqlite-grouped", "durable", "gin 1.12.0, go-sqlite3 1.14.53", "Go",
         FRAMEWORK + "; JSON, idempotency key", "deadlines; one commit for all that wait", frozenset({"payment"})),
    Peer("axum-sqlite", "durable", "axum 0.8.9, rusqlite 0.43.0", "Rust",
         FRAMEWORK + "; JSON, idempotency key", "deadlines; one commit for each payment", frozenset({"payment"})),
    Peer("axum-sqlite-grouped", "durable", "axum 0.8.9, rusqlite 0.43.0", "Rust",
         FRAMEWORK + "; JSON, idempotency key", "deadlines; one commit for all that wait", frozenset({"payment"})),
    Peer("floor", "floor", "this tree", "C++", "ends of heads", "everything else", PAGES),
    Peer("troupe", "troupe", "this tree", "C++", FRAMEWORK + "; Host, limits, deadlines", "nothing",
         ALL | {"payment"}),
)

# Peer -> what builds it: the package of the cargo workspace, the folder of the Go module.
CARGO = {
    "tokio-study": "tokio_study", "hyperlane": "hyperlane_hello", "rocket": "rocket_hello", "rust-std": "rust_std",
    "tokio-per-core": "tokio_per_core", "hyper": "hyper_hello", "axum": "axum_hello", "actix": "actix_hello",
    "axum-sqlite": "axum_sqlite", "axum-sqlite-grouped": "axum_sqlite",
}
GO = {
    "gin": "gin", "go-net-http": "net_http", "fasthttp": "fasthttp", "gin-sqlite": "gin_sqlite",
    "gin-sqlite-grouped": "gin_sqlite",
}
CMAKE = {"floor": "troupe_floor", "troupe": "troupe"}


def row(peer):
    """The peer's line of the table in peers/README.md."""
    serves = ", ".join(name for name in ("hello", "product", "echo", "payment") if name in peer.serves)
    columns = [f"`{peer.name}`", peer.group, peer.version, peer.language, serves, peer.parses, peer.omits]
    return "| " + " | ".join(columns) + " |"


def environment():
    """Ours, with the places where toolchains are usually put, and no download of another toolchain."""
    path = os.pathsep.join([os.environ.get("PATH", "/usr/bin:/bin"), *TOOL_PLACES, "/usr/sbin"])
    return os.environ | {"PATH": path, "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false"}


def _run(name, command, directory, extra=()):
    """One step of a build; its output goes to the peer's log, whose end a failure quotes."""
    BUILT.mkdir(parents=True, exist_ok=True)
    log = BUILT / f"{name}.log"
    with log.open("ab") as output:
        output.write(("$ " + " ".join(command) + "\n").encode())
        output.flush()
        try:
            code = subprocess.run(
                command, cwd=directory, env=environment() | dict(extra), stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, timeout=BUILD_SECONDS, check=False,
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Failure(f"{name} was not built: {error}") from None
    if code != 0:
        raise Failure(f"{name} was not built: {command[0]} exited with {code}; it said: {servers.tail(log)}")


@functools.cache
def _installed():
    """What Debian has, once for all peers."""
    (BUILT / "install.log").unlink(missing_ok=True)
    _run("install", [str(servers.ROOT / "deploy" / "install"), "loadtest"], servers.ROOT)


def _require(tool):
    """Fails when a toolchain is missing or older than the locked packages need."""
    command, least, source = TOOLS[tool]
    wanted = ".".join(map(str, least))
    found = shutil.which(command[0], path=environment()["PATH"])
    if not found:
        raise Failure(f"{tool} is missing: install {source}, {wanted} or later")
    said = subprocess.run([found, *command[1:]], capture_output=True, text=True, timeout=60, check=False).stdout
    version = re.search(r"(\d+)\.(\d+)", said)
    if not version or tuple(map(int, version.groups())) < least:
        raise Failure(f"{tool} is too old ({said.strip()}): install {source}, {wanted} or later")
    return found


def go_level(cpuinfo):
    """The newest x86-64 level that both Go and this machine have, as `target-cpu=native` does for Rust and g++: "v3" or "v1"."""
    flags = re.search(r"^flags\s*:(.*)$", cpuinfo, re.MULTILINE)
    return "v3" if flags and V3_FLAGS <= set(flags[1].split()) else "v1"


def versions():
    """What the toolchains here say of themselves, for the raw results; a missing one says so."""
    asked = {tool: command for tool, (command, _, _) in TOOLS.items()}
    asked |= {"rustc": ["rustc", "--version"], "nginx": ["nginx", "-v"], "g++": ["g++", "--version"]}
    found = {}
    for tool, (name, *arguments) in asked.items():
        program = shutil.which(name, path=environment()["PATH"])
        if not program:
            found[tool] = "missing"
            continue
        done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)
        found[tool] = (done.stdout or done.stderr).partition("\n")[0].strip()
    return found | {"flags": {"rust": "target-cpu=native, fat LTO", "go": f"GOAMD64={go_level(Path('/proc/cpuinfo').read_text())}",
                              "beast": " ".join(BEAST_FLAGS)}}


def _beast():
    source, program = HERE / "beast" / "beast.cpp", BUILT / "beast" / "troupe_beast"
    program.parent.mkdir(parents=True, exist_ok=True)
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        _run("beast", ["g++", *BEAST_FLAGS, str(source), "-o", str(program)], servers.ROOT)


def build(peer):
    """Builds what has changed; downloads and compiles at first use. Failure: why not, with the log's end."""
    (BUILT / f"{peer.name}.log").unlink(missing_ok=True)
    if peer.name in CARGO:
        command = [_require("cargo"), "build", "--release", "--locked", "--package", CARGO[peer.name]]
        _run(peer.name, command, HERE / "rust", {"CARGO_TARGET_DIR": str(BUILT / "rust")}.items())
    elif peer.name in GO:
        command = [_require("go"), "build", "-trimpath", "-ldflags=-s -w", "-o", str(BUILT / "go") + "/"]
        given = {"CGO_ENABLED": "1", "CGO_CFLAGS": SQLITE_FLAGS, "GOAMD64": go_level(Path("/proc/cpuinfo").read_text())}
        _run(peer.name, [*command, f"./{GO[peer.name]}"], HERE / "go", given.items())
    elif peer.name in CMAKE:
        servers.program(CMAKE[peer.name])  # Built with the tree, by servers.build().
    elif peer.name == "node":
        _require("node")
    else:
        _installed()
        if peer.name == "beast":
            _beast()


def _nginx(port, threads, data_file, directory):
    place = Path(directory) / "nginx"
    place.mkdir(parents=True, exist_ok=True)
    products = [line.split("\t", 2) for line in Path(data_file).read_text().splitlines()] if data_file else []
    if any(bad in column for product in products for column in product for bad in "$'\\"):
        raise Failure(f"{data_file}: nginx cannot hold a text with $, ' or a backslash in its configuration")
    table = [[f"'/v1/products/{name}' '{value}';" for name, value in column]
             for column in ([(p[0], p[2]) for p in products], [(p[0], p[1]) for p in products])]
    configuration = place / "nginx.conf"
    configuration.write_text((HERE / "nginx" / "nginx.conf.template").read_text().format(
        modules=NGINX_MODULES, threads=threads, directory=place, port=port,
        user="user root root;" if os.geteuid() == 0 else "",
        json_by_path="\n    ".join(table[0]), etag_by_path="\n    ".join(table[1]),
    ))
    program = shutil.which("nginx", path=environment()["PATH"])
    if not program:
        raise Failure("nginx is missing: deploy/install loadtest")
    return [program, "-e", str(place / "nginx.error.log"), "-c", str(configuration)]


def command(peer, port, threads, data_file, directory):
    """The arguments and the whole environment that start a built peer on 127.0.0.1:`port` with `threads` workers.

    `data_file`: what `write_products` has written; for the floor the bytes of its one answer; none for a peer that
    serves no product. `directory`: where configurations and databases go. Several processes may come of it (nginx, node): all
    are of the first one's group and end with it on SIGTERM.
    """
    given = [str(port), str(threads)]
    products = [str(data_file)] if data_file and "product" in peer.serves else []
    if "payment" in peer.serves and peer.group == "durable":
        most = "1024" if peer.name.endswith("-grouped") else "1"
        products = [str(Path(directory) / "payments.sqlite"), most]
    if peer.name in CARGO:
        argv = [str(BUILT / "rust" / "release" / CARGO[peer.name]), *given, *products]
    elif peer.name in GO:
        argv = [str(BUILT / "go" / GO[peer.name]), *given, *products]
    elif peer.name == "node":
        argv = [shutil.which("node", path=environment()["PATH"]) or "node", str(HERE / "node" / "server.js"), *given, *products]
    elif peer.name == "nginx":
        argv = _nginx(port, threads, data_file, directory)
    elif peer.name == "beast":
        argv = [str(BUILT / "beast" / "troupe_beast"), *given, *products]
    elif peer.name == "floor":
        argv = [servers.program("troupe_floor"), "--listen", f"127.0.0.1:{port}", "--threads", str(threads)]
        argv += ["--response", str(data_file)]
    else:
        argv = [servers.program("troupe"), "serve", "--listen", f"127.0.0.1:{port}", "--admin", "127.0.0.1:0"]
        argv += ["--data-dir", str(Path(directory) / "data"), "--set", f"scheduler.workers={threads}"]
    return argv, environment()


def named(name):
    """The peer of this name. Failure: there is none."""
    for peer in PEERS:
        if peer.name == name:
            return peer
    raise Failure(f"there is no peer {name}; there are: " + ", ".join(peer.name for peer in PEERS))


def _say(name, check):
    """Whether `check` passes; prints a line with the reason if it does not."""
    try:
        check(name)
    except Failure as failure:
        print(f"{name}: {failure}", flush=True)
        return False
    return True


def main(arguments):
    """Builds the peers named, or all, or looks for the toolchains only (--toolchains). 1: some are not there."""
    if arguments == ["--toolchains"]:
        return 0 if all([_say(tool, _require) for tool in TOOLS]) else 1
    wanted = arguments or [peer.name for peer in PEERS]
    built = [_say(name, lambda name: build(named(name))) for name in wanted]
    print(f"{built.count(True)} of {len(built)} built")
    return 0 if all(built) else 1


if __name__ == "__main__":
    run_main(lambda: main(sys.argv[1:]))
