"""Starts and stops the real server, and speaks HTTP/1.1 to it byte by byte.

Every server listens on free ports, keeps its data in a temporary directory, and is ended by its own process id. A test fails when
its server has ended by itself, has exited with something else than was expected, or has written a sanitizer's report.
"""
import ctypes
import json
import mmap
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

BINARY = os.environ.get("TROUPE_BINARY", "")
SOURCE = pathlib.Path(os.environ.get("TROUPE_SOURCE") or pathlib.Path(__file__).resolve().parents[2])
BACKEND = os.environ.get("TROUPE_TEST_BACKEND", "")  # connections.backend of every server; empty: the default
IO_URING_SETUP = 425  # the number of its system call; source: syscalls(2)
PATIENCE = 30.0  # seconds that anything may take which happens at once on an idle machine
REPORT = re.compile(rb"ERROR: \w+Sanitizer|WARNING: \w+Sanitizer|runtime error:|SUMMARY: \w+Sanitizer")


def kernel_has_io_uring():
    """Whether this process may make a ring."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.syscall(IO_URING_SETUP, 4, ctypes.create_string_buffer(120))
    if descriptor < 0:
        print(f"no io_uring here: {os.strerror(ctypes.get_errno())}", file=sys.stderr)
        return False
    os.close(descriptor)
    return True


if BACKEND == "io_uring" and not kernel_has_io_uring():
    sys.exit(77)  # what ctest takes for skipped


def is_sanitized():
    """Whether the program under test was built with a sanitizer: then it is slow and its memory is not its own."""
    with open(BINARY, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as bytes_:
        return any(bytes_.find(name) >= 0 for name in (b"__asan_init", b"__tsan_init"))


def wait_until(condition, what, patience=PATIENCE, pause=0.01):
    """The first true value of the condition. Fails when there is none in time."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {patience} s: {what}")
        time.sleep(pause)


def environment():
    """Ours without TROUPE_*, which the server would take for settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TROUPE_")}


def run_troupe(*arguments, **more):
    """The completed process of one command that ends by itself; its output is text."""
    return subprocess.run([BINARY, *map(str, arguments)], env=environment(), capture_output=True, text=True,
                          timeout=2 * PATIENCE, check=False, **more)


class Server:
    """One `troupe serve`. `settings` are KEY=VALUE; `arguments` go to the command line as they are; `before_exec` runs in the child."""

    def __init__(self, data_dir, *settings, arguments=(), patience=PATIENCE, extra_environment=None, before_exec=None):
        command = [BINARY, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data-dir", str(data_dir)]
        for setting in ([f"connections.backend={BACKEND}"] if BACKEND else []) + list(settings):
            command += ["--set", setting]
        self.errors = bytearray()
        self.process = subprocess.Popen([*command, *map(str, arguments)], env={**environment(), **(extra_environment or {})},
                                        preexec_fn=before_exec, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.pid = self.process.pid
        # A pipe and not a file: a limit of file sizes must not reach the log.
        self._reader = threading.Thread(target=self._read_errors, daemon=True)
        self._reader.start()
        self.address = self.admin = None
        self.patience = patience

    def _read_errors(self):
        while chunk := self.process.stderr.read1(65536):
            self.errors += chunk

    def wait_ready(self):
        """Reads the line that tells the ports. Fails when the server ends before, or takes too long."""
        end = time.monotonic() + self.patience
        line = b""
        while not line.endswith(b"\n"):
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise AssertionError(f"the server was not ready in {self.patience} s:\n{self.log()}")
            chunk = os.read(self.process.stdout.fileno(), 4096)
            if not chunk:
                self.process.wait(self.patience)
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log()}")
            line += chunk
        ready = json.loads(line)
        assert ready["event"] == "ready", line
        self.address, self.admin = (self._split(ready[name]) for name in ("listen", "admin"))
        return self

    @staticmethod
    def _split(text):
        host, _, port = text.rpartition(":")
        return host, int(port)

    @property
    def url(self):
        return f"http://{self.address[0]}:{self.address[1]}"

    def log(self):
        return bytes(self.errors).decode("utf-8", "replace")

    def log_events(self):
        """The log's lines as objects."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def is_running(self):
        return self.process.poll() is None

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait_end(self, patience=None):
        """The exit code, once the process has ended and its log is complete."""
        code = self.process.wait(patience or self.patience)
        self._reader.join(self.patience)
        self.process.stdout.close()
        self.process.stderr.close()
        return code

    def end(self, number=signal.SIGTERM, expected=0):
        """Ends the server by a signal; fails when it ended otherwise than expected or a sanitizer complained."""
        if not self.process.stdout.closed:
            if not self.is_running():
                code = self.wait_end()
                raise AssertionError(f"the server ended by itself with {code}:\n{self.log()}")
            self.send_signal(number)
            try:
                code = self.wait_end()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.wait_end()
                raise AssertionError(f"the server did not end within {self.patience} s:\n{self.log()}") from None
            assert code == expected, f"the server ended with {code} instead of {expected}:\n{self.log()}"
        self.check_sanitizers()

    def kill(self):
        """kill -9."""
        self.end(signal.SIGKILL, -signal.SIGKILL)

    def check_sanitizers(self):
        assert not REPORT.search(bytes(self.errors)), f"a sanitizer reports:\n{self.log()}"

    def connect(self, **options):
        return Connection(self.address, **options)

    def connect_admin(self, **options):
        return Connection(self.admin, **options)

    def ask(self, method, target, body=None, fields=None):
        """One request on a connection of its own."""
        with self.connect() as c:
            return c.ask(method, target, body, fields)

    def ask_admin(self, method, target, body=None):
        with self.connect_admin() as c:
            return c.ask(method, target, body)

    def balance(self, currency="GBP"):
        answer = self.ask("GET", f"/v1/ledger/balance?currency={currency}")
        assert answer.status == 200, answer
        return answer.json()

    def metric(self, name, **labels):
        """The sum of the samples of that name which have all these labels."""
        total = 0.0
        for line in self.ask_admin("GET", "/metrics").body.decode().splitlines():
            found = re.fullmatch(r"(\w+)(?:\{(.*)\})? (\S+)", line)
            if found and found[1] == name and all(f'{key}="{value}"' in (found[2] or "") for key, value in labels.items()):
                total += float(found[3])
        return total

    def resident_bytes(self):
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def cpu_seconds(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as file:
            after_name = file.read().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")

    def open_descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class Response:
    """A parsed answer. Field names are in lower case."""

    def __init__(self, version, status, fields, body):
        self.version, self.status, self.fields, self.body = version, status, fields, body

    def field(self, name):
        values = [value for key, value in self.fields if key == name.lower()]
        assert len(values) < 2, f"{name} occurs {len(values)} times"
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)

    def announces_close(self):
        return (self.field("Connection") or "").lower() == "close"

    def __repr__(self):
        return f"<{self.version} {self.status} {self.fields} {self.body[:300]!r}>"


class Closed(AssertionError):
    """The server has closed where an answer was due. `rest` is what came before."""

    def __init__(self, rest):
        super().__init__(f"closed after {rest[:300]!r}")
        self.rest = rest


class Reset(Closed):
    """The connection was reset, and with it what the client had not read yet is lost."""


class Connection:
    """A socket with the bytes that were received and not yet taken."""

    def __init__(self, address, patience=PATIENCE, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(patience)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise
        self.local = self.socket.getsockname()
        self.address = address
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def finish_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def _more(self):
        try:
            chunk = self.socket.recv(262144)
        except ConnectionResetError:
            raise Reset(self.buffer) from None
        if not chunk:
            raise Closed(self.buffer)
        self.buffer += chunk

    def _take(self, count):
        while len(self.buffer) < count:
            self._more()
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken

    def receive_through(self, end):
        """All bytes up to these, as they came."""
        while end not in self.buffer:
            self._more()
        return self._take(self.buffer.index(end) + len(end))

    def read_interim(self):
        """The status line of an answer that consists of its head alone, as 100 Continue."""
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        return head.decode("latin-1")

    def read(self, head_only=False):
        """The next final answer. Fails when the connection ends before it is complete."""
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        line, *rows = head.decode("latin-1").split("\r\n")
        found = re.fullmatch(r"(HTTP/1\.[01]) ([1-5]\d\d) ([ -~]*)", line)
        assert found, f"no status line: {line!r}"
        fields = []
        for row in rows:
            name, colon, value = row.partition(":")
            assert colon and name.strip() == name and name, f"no field: {row!r}"
            fields.append((name.lower(), value.strip()))
        response = Response(found[1], int(found[2]), fields, b"")
        bodiless = head_only or response.status in (204, 304)
        if not bodiless and response.field("Transfer-Encoding") == "chunked":
            assert response.field("Content-Length") is None, response
            response.body = b"".join(iter(self.read_chunk, b""))
        elif not bodiless:
            length = response.field("Content-Length")
            assert length is not None, f"no Content-Length: {response}"
            response.body = self._take(int(length))
        return response

    def read_final(self):
        """The next final answer; interim ones before it are passed over."""
        while True:
            while b"\r\n\r\n" not in self.buffer:
                self._more()
            if not self.buffer.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")):
                return self.read()
            self.read_interim()

    def read_chunk(self):
        """The next chunk of an answer whose head has been read; b"" is the last one."""
        while b"\r\n" not in self.buffer:
            self._more()
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        assert re.fullmatch(rb"[0-9a-f]{1,8}", line), f"no chunk size: {line!r}"
        data = self._take(int(line, 16))
        assert self._take(2) == b"\r\n", "a chunk ends with CRLF"
        return data

    def ask(self, method, target, body=None, fields=None):
        self.send(request(method, target, body, fields))
        return self.read(head_only=method == "HEAD")

    def read_to_end(self, may_reset=False):
        """Everything until the server closes. Fails when it resets the connection, unless it may: where it closes without a word."""
        try:
            while True:
                self._more()
        except Closed as end:
            if isinstance(end, Reset) and not may_reset:
                raise
            return end.rest

    def is_closed_by_server(self, patience=PATIENCE, may_reset=False):
        """Waits for the end of the stream, with nothing before it."""
        self.socket.settimeout(patience)
        return self.read_to_end(may_reset) == b""

    def wait_until_read(self):
        """Until the server's socket holds no unread byte of ours, so that the next send arrives apart."""
        def has_read():
            return unread_bytes(self.address, self.local) == 0

        wait_until(has_read, "the server reads", pause=0.0002)


def unread_bytes(own, peer):
    """How many bytes the TCP socket between two IPv4 addresses has received and nobody has read; None without such a socket. One look-up, while
    /proc/net/tcp is as long as there are sockets on the machine. Sources: sock_diag(7), netlink(7)."""
    by_family, one_request, any_cookie = 20, 1, 0xffffffff
    addresses = struct.pack("!HH16s16s", own[1], peer[1], socket.inet_aton(own[0]), socket.inet_aton(peer[0]))
    asked = struct.pack("=BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0xffffffff) + addresses + struct.pack("=III", 0, any_cookie, any_cookie)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as kernel:
        kernel.send(struct.pack("=IHHII", 16 + len(asked), by_family, one_request, 1, 0) + asked)
        answer = kernel.recv(4096)
    if struct.unpack_from("=H", answer, 4)[0] != by_family or struct.unpack_from("!HH", answer, 20) != (own[1], peer[1]):
        return None  # an error, or the listener: not accepted into the table yet
    return struct.unpack_from("=I", answer, 16 + 56)[0]


def request(method, target, body=None, fields=None):
    """The bytes of a request. A body that is no bytes becomes JSON."""
    head = {"Host": "troupe.test"}
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        head["Content-Type"] = "application/json"
    head.update(fields or {})
    if body is not None and "Transfer-Encoding" not in head:
        head.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in head.items())]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")


def chunked(*pieces):
    """The chunked coding of the pieces."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def payment(customer, amount_minor, reference="", currency="GBP"):
    return {"customer_id": customer, "amount_minor": amount_minor, "currency": currency, "reference": reference}


def key(text):
    return {"Idempotency-Key": f'"{text}"'}


class SystemTest(unittest.TestCase):
    """A test with a directory of its own, whose servers are ended and judged with it."""

    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="troupe-system-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def launch(self, *settings, data_dir=None, **more):
        """A server that has been started, and may not be ready."""
        server = Server(data_dir or self.directory / "data", *settings, **more)
        self.addCleanup(self._end, server)
        return server

    def serve(self, *settings, **more):
        return self.launch(*settings, **more).wait_ready()

    @staticmethod
    def _end(server):
        try:
            server.end()
        finally:
            if server.is_running():
                server.process.kill()
                server.wait_end()

    def assert_problem(self, response, status, detail=None):
        """Problem details as every error has them. Source: RFC 9457."""
        self.assertEqual(response.status, status, response)
        self.assertEqual(response.field("Content-Type"), "application/problem+json")
        problem = response.json()
        self.assertEqual(set(problem), {"type", "title", "status", "detail", "instance", "request_id"})
        self.assertEqual(problem["status"], status)
        self.assertTrue(problem["title"])
        self.assertTrue(problem["detail"])
        self.assertRegex(problem["request_id"], r"^[0-9a-f]{32}$")
        self.assertEqual(problem["instance"], "urn:troupe:request:" + problem["request_id"])
        self.assertNotRegex(problem["detail"], r"(?i)sqlite|/work|\.cpp|select |caf::")
        if detail:
            self.assertIn(detail, problem["detail"])
        return problem


class SharedServerTest(SystemTest):
    """Tests that ask one server together."""
    settings = ()

    @classmethod
    def setUpClass(cls):
        cls.shared_directory = pathlib.Path(tempfile.mkdtemp(prefix="troupe-system-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared_directory, ignore_errors=True)
        cls.server = Server(cls.shared_directory / "data", *cls.settings)
        cls.addClassCleanup(cls._end, cls.server)
        cls.server.wait_ready()
