"""Behind real front ends: what nginx and HAProxy pass on is understood as they understand it, so nothing can be smuggled past them."""
import collections
import concurrent.futures
import contextlib
import re
import socket
import unittest

import corpus
from front_end import Haproxy, Nginx
from metrics_test import parse
from troupe_process import Closed, Connection, SystemTest, request, wait_until

POST = b"POST /echo HTTP/1.1\r\n"
HOST = b"Host: a\r\n"
TE = b"Transfer-Encoding: chunked\r\n"
HIDDEN = b"POST /echo HTTP/1.1\r\nHost: hidden\r\nContent-Length: 6\r\n\r\nhidden"
INSIDE = b"0\r\n\r\n" + HIDDEN


def length(text):
    return b"Content-Length: " + text + b"\r\n"


def coding(text):
    return b"Transfer-Encoding: " + text + b"\r\n"


def head(*fields, line=POST):
    return line + HOST + b"".join(fields) + b"\r\n"


def chunks(text):
    return head(TE) + text


# (what it is, the client's bytes). Each hides a request behind a framing that two readers may take differently.
CASES = [
    ("TE then CL of the last chunk", head(TE, length(b"5")) + INSIDE),
    ("CL then TE", head(length(b"5"), TE) + INSIDE),
    ("CL of all then TE", head(length(b"%d" % len(INSIDE)), TE) + INSIDE),
    ("CL 0 then TE", head(length(b"0"), TE) + INSIDE),
    ("TE then CL 0", head(TE, length(b"0")) + INSIDE),
    ("two different CL", head(length(b"5"), length(b"%d" % len(INSIDE))) + INSIDE),
    ("two equal CL", head(length(b"5"), length(b"5")) + INSIDE),
    ("CL list", head(length(b"5, 5")) + INSIDE),
    ("CL list of two", head(length(b"5, 0")) + INSIDE),
    ("CL with plus", head(length(b"+5")) + INSIDE),
    ("CL negative", head(length(b"-1")) + INSIDE),
    ("CL hexadecimal", head(length(b"0x5")) + INSIDE),
    ("CL with underscore", head(length(b"5_0")) + INSIDE),
    ("CL empty", head(length(b"")) + INSIDE),
    ("CL with leading zeros", head(length(b"0005")) + INSIDE),
    ("CL beyond 64 bits", head(length(b"18446744073709551621")) + INSIDE),
    ("CL with trailing space", head(length(b"5 ")) + INSIDE),
    ("CL with a second number", head(length(b"5 6")) + INSIDE),
    ("CL with a space before the colon", head(b"Content-Length : 5\r\n") + INSIDE),
    ("CL with underscore in its name", head(b"Content_Length: 5\r\n") + HIDDEN),
    ("CL folded", head(b"Content-Length:\r\n 5\r\n") + INSIDE),
    ("CL behind a bare LF", head(b"X: a\nContent-Length: 5\r\n") + INSIDE),
    ("CL behind a bare CR", head(b"X: a\rContent-Length: 5\r\n") + INSIDE),
    ("CL with NUL", head(length(b"5\0")) + INSIDE),
    ("CL 5 with GET", head(length(b"5"), line=b"GET /echo HTTP/1.1\r\n") + INSIDE),
    ("TE gzip", head(coding(b"gzip")) + INSIDE),
    ("TE identity", head(coding(b"identity")) + INSIDE),
    ("TE identity and CL", head(coding(b"identity"), length(b"5")) + INSIDE),
    ("TE gzip, chunked", head(coding(b"gzip, chunked")) + INSIDE),
    ("TE chunked, gzip", head(coding(b"chunked, gzip")) + INSIDE),
    ("TE chunked, identity", head(coding(b"chunked, identity")) + INSIDE),
    ("TE chunked, chunked", head(coding(b"chunked, chunked")) + INSIDE),
    ("TE twice", head(TE, TE) + INSIDE),
    ("TE twice, the second unknown", head(TE, coding(b"x")) + INSIDE),
    ("TE twice, the first unknown", head(coding(b"x"), TE) + INSIDE),
    ("TE xchunked", head(coding(b"xchunked")) + INSIDE),
    ("TE chunkedx", head(coding(b"chunkedx")) + INSIDE),
    ("TE in odd case", head(b"tRANSFER-eNCODING: cHUNKED\r\n") + INSIDE),
    ("TE with VT", head(coding(b"\x0bchunked")) + INSIDE),
    ("TE with FF", head(coding(b"chunked\x0c")) + INSIDE),
    ("TE with a no-break space", head(coding(b"\xa0chunked")) + INSIDE),
    ("TE quoted", head(coding(b'"chunked"')) + INSIDE),
    ("TE with TAB", head(b"Transfer-Encoding:\tchunked\r\n") + INSIDE),
    ("TE with a parameter", head(coding(b"chunked;q=1")) + INSIDE),
    ("TE with a comma", head(coding(b"chunked,")) + INSIDE),
    ("TE folded", head(b"Transfer-Encoding:\r\n chunked\r\n") + INSIDE),
    ("TE with a space before the colon", head(b"Transfer-Encoding : chunked\r\n") + INSIDE),
    ("TE with a leading space", head(b" Transfer-Encoding: chunked\r\n") + INSIDE),
    ("TE behind a fold", head(b"X: a\r\n Transfer-Encoding: chunked\r\n", length(b"5")) + INSIDE),
    ("TE with underscore in its name", head(b"Transfer_Encoding: chunked\r\n", length(b"5")) + INSIDE),
    ("TE behind a bare LF", head(b"X: a\nTransfer-Encoding: chunked\r\n", length(b"5")) + INSIDE),
    ("TE in HTTP/1.0", b"POST /echo HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n" + TE + b"\r\n" + INSIDE),
    ("chunk size with 0x", chunks(b"0x5\r\nhello\r\n" + INSIDE)),
    ("chunk size with plus", chunks(b"+5\r\nhello\r\n" + INSIDE)),
    ("chunk size with a space", chunks(b"5 \r\nhello\r\n" + INSIDE)),
    ("chunk size with underscore", chunks(b"0_5\r\nhello\r\n" + INSIDE)),
    ("chunk size empty", chunks(b"\r\nhello\r\n" + INSIDE)),
    ("chunk size of 17 digits", chunks(b"00000000000000005\r\nhello\r\n" + INSIDE)),
    ("chunk size beyond 64 bits", chunks(b"10000000000000005\r\nhello\r\n" + INSIDE)),
    ("chunk size behind LF", chunks(b"5\nhello\r\n" + INSIDE)),
    ("chunk data behind LF", chunks(b"5\r\nhello\n" + INSIDE)),
    ("chunk data one too long", chunks(b"5\r\nhello!\r\n" + INSIDE)),
    ("chunk data without an end", chunks(b"5\r\nhello0\r\n\r\n" + HIDDEN)),
    ("chunk extension", chunks(b"5;a=b\r\nhello\r\n" + INSIDE)),
    ("chunk extension with LF", chunks(b"5;a=b\nhello\r\n" + INSIDE)),
    ("chunk extension quoted", chunks(b'5;a="\r\nhello\r\n' + INSIDE)),
    ("last chunk of many zeros", chunks(b"5\r\nhello\r\n0000\r\n\r\n" + HIDDEN)),
    ("last chunk with an extension", chunks(b"5\r\nhello\r\n0;a\r\n\r\n" + HIDDEN)),
    ("last chunk behind LF", chunks(b"5\r\nhello\r\n0\n\n" + HIDDEN)),
    ("trailer", chunks(b"5\r\nhello\r\n0\r\nX: a\r\n\r\n" + HIDDEN)),
    ("trailer with a length", chunks(b"5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n" + HIDDEN)),
    ("trailer with a Host", chunks(b"5\r\nhello\r\n0\r\nHost: b\r\n\r\n" + HIDDEN)),
    ("head ended by LF LF", POST + HOST + b"Content-Length: 5\n\n" + INSIDE),
    ("two Hosts", head(b"Host: b\r\n", length(b"5")) + INSIDE),
    ("HTTP/1.2", b"POST /echo HTTP/1.2\r\n" + HOST + length(b"5") + b"\r\n" + INSIDE),
    ("Connection names Content-Length", head(b"Connection: Content-Length\r\n", length(b"5")) + INSIDE),
    ("Connection names Transfer-Encoding", head(b"Connection: close, Transfer-Encoding\r\n", TE) + INSIDE),
    ("Expect with a hidden body", head(b"Expect: 100-continue\r\n", length(b"%d" % len(HIDDEN))) + HIDDEN),
    ("Upgrade h2c", head(b"Upgrade: h2c\r\nConnection: Upgrade\r\n", length(b"5")) + INSIDE),
]


LENIENT = "  option accept-invalid-http-request"
CORPORA = ("framing", "fields", "host", "chunked", "body")
AT_ONCE = 64  # as many connections to the server as nginx keeps
# A request that a front end has not sent to its end is soon answered, or given up.
IMPATIENT = ("connections.head_timeout=1s", "connections.body_timeout=1s")


class Smuggling(SystemTest):
    def total(self, server):
        samples, _ = parse(server.ask_admin("GET", "/metrics").body.decode())
        return sum(value for (name, labels), value in samples.items()
                   if name == "troupe_http_requests_total" and ("listener", "public") in labels)

    def answers(self, front, sent):
        """All final answers on a connection, which the last request or the refusal ends."""
        found = []
        with front.connect() as c:
            try:
                c.send(sent)
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before the end: what was answered can still be read
            try:
                while True:
                    found.append(c.read_final())
            except Closed as end:
                self.assertEqual(end.rest, b"", "half an answer")
        return found

    def check(self, front, server):
        self.answers(front, request("GET", "/hello", None, {"Connection": "close"}))
        wait_until(front.requests, "the front end logs")
        accepted = 0
        for number, (what, case) in enumerate(CASES):
            with self.subTest(what, front=front.name):
                last, probe = b"last-%d" % number, b"probe-%d" % number
                before, served_before = len(front.requests()), self.total(server)
                got = self.answers(front, case + request("POST", "/echo", last, {"Connection": "close"}))
                # One answer for each request that the front end believes in.
                wait_until(lambda: len(front.requests()) >= before + len(got), f"{len(got)} requests are logged")
                bodies = [answer.body for answer in got if answer.status == 200]
                if last in bodies:
                    self.assertEqual(bodies[-1], last)
                accepted += bool(bodies)
                # And what the server makes of it leaves the connection that all clients share in step.
                for _ in range(2):
                    answer = self.answers(front, request("POST", "/echo", probe, {"Connection": "close"}))
                    self.assertEqual([(a.status, a.body) for a in answer], [(200, probe)])
                expected = before + len(got) + 2
                wait_until(lambda: len(front.requests()) >= expected, "the probes are logged")
                self.assertEqual(len(front.requests()), expected, "as many answers as the front end has seen requests")
                sent = sum(row.sent for row in front.requests()[before:])
                served = self.total(server) - served_before
                self.assertEqual(served, sent, "the server answers as many requests as the front end has sent")
        self.assertGreater(accepted, 5, "the cases that are no attacks get through")

    def test_nothing_is_smuggled_through_nginx(self):
        server = self.serve()
        self.check(Nginx(self, self.directory / "nginx", server), server)

    def test_nothing_is_smuggled_through_nginx_that_gathers_bodies(self):
        server = self.serve()
        self.check(Nginx(self, self.directory / "nginx", server, buffering="on"), server)

    def test_nothing_is_smuggled_through_haproxy(self):
        server = self.serve()
        self.check(Haproxy(self, self.directory / "haproxy", server), server)

    def test_nothing_is_smuggled_through_a_lenient_haproxy(self):
        server = self.serve()
        self.check(Haproxy(self, self.directory / "haproxy", server, defaults=LENIENT), server)


class Corpus(SystemTest):
    """All cases of the corpus about where a request ends and what its fields are, many at once.

    The front end's log tells which requests it has sent and which of them the server has answered. The server must have given these answers, by
    their statuses, and no others but for requests that the front end broke off itself, because of what came behind their heads: of such a one it
    has sent a part, and closed the connection before any answer. The server may have refused that part, once, or seen it end early and said nothing (RFC
    9112 section 8); which it is, is a matter of who was first. So each of these cases is sent once more alone, where its bound is a single answer.
    """

    def given(self, server):
        """How many answers the server has given, by status."""
        samples, _ = parse(server.ask_admin("GET", "/metrics").body.decode())
        given = collections.Counter()
        for (name, labels), value in samples.items():
            if name == "troupe_http_requests_total" and ("listener", "public") in labels:
                given[int(dict(labels)["status"])] += int(value)
        return given

    def strange(self, front, client, case):
        """Sends a case and a request of its own behind it. Words of another client among the answers; there must be none."""
        word = b"client-%d-" % client
        with front.connect(client) as c:
            try:
                c.send(case.bytes + request("POST", "/echo", word, {"Connection": "close"}))
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before the end
            received = c.read_to_end(may_reset=True)
        return [found for found in re.findall(rb"client-\d+-", received) if found != word]

    def account(self, front, server, cases):
        """Sends the cases, by client, and asserts the above. The clients whose requests were broken off, and how many requests were answered 200."""
        before, seen = self.given(server), len(front.requests())
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for (client, case), strange in zip(cases.items(), pool.map(lambda item: self.strange(front, *item), cases.items())):
                self.assertFalse(strange, f"answers to others in that of client {client}, {case}")

        def account():
            rows = front.requests()[seen:]
            got = collections.Counter(row.status for row in rows if row.answered)
            broken_off = [row.client for row in rows if row.sent and not row.answered]
            return got, self.given(server) - before, broken_off

        def agrees():
            got, given, broken_off = account()
            return not got - given and (given - got).total() <= len(broken_off)

        with contextlib.suppress(AssertionError):
            wait_until(agrees, "the sums agree", patience=5)
        got, given, broken_off = account()
        self.assertTrue(agrees(), f"{front.name} has got {dict(got)}, the server has given {dict(given)}, and these were broken off: "
                                  f"{[str(cases[client]) for client in broken_off]}")
        return sorted(set(broken_off)), got[200]

    def check(self, front, server):
        cases = dict(enumerate((case for name in CORPORA for case in corpus.load(corpus.CORPUS / f"{name}.corpus")), 1))
        self.assertGreater(len(cases), 500)
        broken_off, accepted = self.account(front, server, cases)
        self.assertGreater(accepted, 100, "what is no attack gets through")
        self.assertLess(len(broken_off), 20, "most requests are sent whole or not at all")
        for client in broken_off:
            with self.subTest(front=front.name):
                self.account(front, server, {client: cases[client]})

    def test_the_corpus_is_accounted_for_through_nginx(self):
        server = self.serve(*IMPATIENT)
        self.check(Nginx(self, self.directory / "nginx", server), server)

    def test_the_corpus_is_accounted_for_through_nginx_that_gathers_bodies(self):
        server = self.serve(*IMPATIENT)
        self.check(Nginx(self, self.directory / "nginx", server, buffering="on"), server)

    def test_the_corpus_is_accounted_for_through_haproxy(self):
        server = self.serve(*IMPATIENT)
        self.check(Haproxy(self, self.directory / "haproxy", server), server)

    def test_the_corpus_is_accounted_for_through_a_lenient_haproxy(self):
        server = self.serve(*IMPATIENT)
        self.check(Haproxy(self, self.directory / "haproxy", server, defaults=LENIENT), server)


class ProxyProtocol(SystemTest):
    def refused(self, server, reason):
        samples, _ = parse(server.ask_admin("GET", "/metrics").body.decode())
        return samples.get(("troupe_http_sessions_refused_total", frozenset({("listener", "public"), ("reason", reason)})))

    def test_haproxy_speaks_version_2_with_health_checks(self):
        server = self.serve("connections.proxy_protocol=required", "proxies.trusted=127.0.0.0/8,::1")
        with socket.create_server(("127.0.0.1", 0)) as listening:
            front = Haproxy(self, self.directory / "haproxy", server, listening=listening,
                            options="send-proxy-v2 check check-send-proxy inter 100ms",
                            defaults="  option httpchk GET /hello")
            for _ in range(3):
                with Connection(listening.getsockname()) as c:
                    for _ in range(3):
                        self.assertEqual(c.ask("POST", "/echo", b"x").body, b"x")
            wait_until(lambda: len(front.requests()) == 9, "all are logged")
            self.assertEqual([row[1:] for row in front.requests()], [(200, True, True)] * 9)
        self.assertEqual(self.refused(server, "proxy_header"), 0)

    def test_haproxy_speaks_version_1_in_vain(self):
        server = self.serve("connections.proxy_protocol=required")
        with socket.create_server(("127.0.0.1", 0)) as listening:
            Haproxy(self, self.directory / "haproxy", server, listening=listening, options="send-proxy")
            with Connection(listening.getsockname()) as c:
                self.assertIn(c.ask("GET", "/hello").status, (502, 503))
        wait_until(lambda: self.refused(server, "proxy_header") == 1, "it is counted")

    def test_without_a_header_the_connection_is_closed(self):
        server = self.serve("connections.proxy_protocol=required")
        with server.connect() as c:
            c.send(request("GET", "/hello"))
            self.assertTrue(c.is_closed_by_server(may_reset=True))
        self.assertEqual(server.ask_admin("GET", "/healthz").status, 200)


class PeerLimit(SystemTest):
    def test_c77_one_peer_cannot_take_all_sessions(self):
        """C-77."""
        server = self.serve("connections.sessions=40", "connections.sessions_per_peer=10")
        held = []
        for _ in range(10):
            c = self.from_address(server, "127.0.0.2")
            self.assertEqual(c.ask("GET", "/hello").status, 200)
            held.append(c)
        for _ in range(50):
            with self.from_address(server, "127.0.0.2") as c:
                try:
                    c.send(request("GET", "/hello"))
                except (BrokenPipeError, ConnectionResetError):
                    pass
                self.assertTrue(c.is_closed_by_server(may_reset=True))
        for last in range(3, 13):
            with self.from_address(server, f"127.0.0.{last}") as c:
                self.assertEqual(c.ask("GET", "/hello").status, 200)
        for c in held:
            self.assertEqual(c.ask("GET", "/hello").status, 200, "who came first keeps its sessions")
        held.pop().close()

        def has_place():
            with self.from_address(server, "127.0.0.2") as c:
                try:
                    return c.ask("GET", "/hello").status == 200
                except (Closed, BrokenPipeError, ConnectionResetError):
                    return False
        wait_until(has_place, "a place that is left is taken again")

    def from_address(self, server, address):
        c = Connection.__new__(Connection)
        c.socket = socket.create_connection(server.address, 30, (address, 0))
        c.buffer = b""
        self.addCleanup(c.close)
        return c


class SlowBodies(SystemTest):
    def test_c62_a_body_that_drips_is_refused_and_no_handler_starts(self):
        """C-62."""
        server = self.serve("connections.body_rate=500", "connections.body_rate_after=400ms", "connections.body_timeout=20s")
        with server.connect() as c:
            c.send(request("POST", "/v1/payments", None, {"Content-Length": 1000, "Content-Type": "application/json", "Idempotency-Key": "k"}))
            for _ in range(200):
                try:
                    c.send(b" ")
                    c.socket.settimeout(0.05)
                    c._more()
                    break
                except TimeoutError:
                    continue
            c.socket.settimeout(30)
            answer = c.read()
            self.assert_problem(answer, 408)
            self.assertTrue(answer.announces_close())
        samples, _ = parse(server.ask_admin("GET", "/metrics").body.decode())
        self.assertFalse([labels for (name, labels) in samples if name == "troupe_http_requests_total" and ("route", "/v1/payments") in labels])

    def test_c63_a_reader_that_takes_a_little_at_a_time_has_no_more_time_than_one_that_takes_nothing(self):
        """C-63."""
        server = self.serve("connections.write_timeout=1s")
        asked = request("POST", "/echo", b"x" * 1000000) * 16
        with server.connect(receive_buffer=4096) as c:
            c.socket.setblocking(False)
            sent = taken = 0

            def ended():
                nonlocal sent, taken
                try:
                    sent += c.socket.send(memoryview(asked)[sent:sent + 262144]) if sent < len(asked) else 0
                except BlockingIOError:
                    pass
                except (BrokenPipeError, ConnectionResetError):
                    return True
                try:
                    piece = c.socket.recv(512)
                except BlockingIOError:
                    return False
                except ConnectionResetError:
                    return True
                taken += len(piece)
                return not piece
            # 10 KB a second: more than any inactivity would allow, and far too little for the answers.
            wait_until(ended, "the write deadline ends a reader that dawdles", patience=20, pause=0.05)
            self.assertGreater(taken, 1024)
            self.assertLess(taken, 1000000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
