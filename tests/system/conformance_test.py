"""The corpus of tests/http_corpus sent to the real server: whole, split, and byte by byte, over many connections at once."""
import concurrent.futures
import os
import random
import re
import unittest

import corpus
from troupe_process import Connection, SharedServerTest, SystemTest, is_sanitized, wait_until

AT_ONCE = 16
ROUNDS = int(os.environ.get("TROUPE_CORPUS_ROUNDS", "10"))  # of the whole corpus, before descriptors and memory must be back
LONG = 4096  # bytes above which a case is not sent byte by byte, but in this many pieces at most


def whole(data, _):
    return [data]


def split(data, chance):
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(3))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)])]


def byte_by_byte(data, _):
    step = -(-len(data) // LONG) or 1
    return [data[at:at + step] for at in range(0, len(data), step)]


def send(connection, pieces):
    for piece in pieces:
        try:
            connection.send(piece)
        except (BrokenPipeError, ConnectionResetError):
            return  # refused and closed already; the answer is there


def check(what, expected, answer):
    """What is wrong with the answer, or None. Checks of the request are the parser's."""
    if what == "body" and answer.body != expected:
        return f"the body is {answer.body[:100]!r} and not {expected[:100]!r}"
    if what == "says" and expected not in answer.body:
        return f"{expected!r} is not in the body {answer.body[:300]!r}"
    if what == "no-answer" and answer.field(expected.decode()) is not None:
        return f"{expected.decode()} is {answer.field(expected.decode())!r}"
    if what == "answer":
        name, _, value = expected.decode("latin-1").partition(":")
        if answer.field(name) != value.strip():
            return f"{name} is {answer.field(name)!r} and not {value.strip()!r}"
    return None


def conversation(address, case, pieces):
    """Sends the case and compares. Fails with what is different."""
    with Connection(address, patience=10) as c:
        send(c, pieces)
        if case.ending == "wait":
            c.finish_sending()
        answer = None
        for status, no_body in case.answers:
            if status < 200:
                got = int(c.read_interim().split()[1])
            else:
                answer = c.read(head_only=no_body)
                got = answer.status
            assert got == status, f"answered {got} and not {status}: {answer}"
        for what, expected in case.checks:
            fault = answer and check(what, expected, answer)
            assert not fault, fault
        if case.ending == "open":
            nonce = os.urandom(8).hex().encode()
            assert not answer or not answer.announces_close(), "the close is announced"
            echoed = c.ask("POST", "/echo", nonce)
            assert (echoed.status, echoed.body) == (200, nonce), f"the request behind it got {echoed}"
        else:
            assert case.ending == "wait" or answer.announces_close(), "the close is not announced"
            rest = c.read_to_end()
            assert rest == b"", f"more came: {rest[:300]!r}"


def faults(address, cases, ways):
    """Runs the cases in parallel; the differences as text."""
    def run(case):
        found = []
        for way in ways:
            pieces = way(case.bytes, random.Random(f"{case.where} {way.__name__}"))
            try:
                conversation(address, case, pieces)
            except (AssertionError, OSError) as error:
                found.append(f"{case}, {way.__name__}: {type(error).__name__}: {error}")
        return found

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return [fault for found in pool.map(run, cases) for fault in found]


class Corpus(SharedServerTest):
    def run_file(self, name):
        cases = corpus.load(corpus.CORPUS / f"{name}.corpus")
        self.assertTrue(cases)
        found = faults(self.server.address, cases, (whole, split, byte_by_byte))
        self.assertFalse(found, f"{len(found)} of {3 * len(cases)}:\n" + "\n".join(found[:20]))
        self.assertEqual(self.server.ask("GET", "/hello").body, b"Hello")

    def test_c1_to_c14_request_lines(self):
        """C-1 to C-14."""
        self.run_file("request_line")

    def test_c15_to_c23_targets(self):
        """C-15 to C-23."""
        self.run_file("target")

    def test_c22_c24_hosts(self):
        """C-22, C-24."""
        self.run_file("host")

    def test_c25_to_c30_framing(self):
        """C-25 to C-30."""
        self.run_file("framing")

    def test_c31_to_c37_fields(self):
        """C-31 to C-37."""
        self.run_file("fields")

    def test_c38_to_c41_c68_to_c73_connections(self):
        """C-38 to C-41, C-68 to C-73."""
        self.run_file("connection")

    def test_c43_to_c48_chunks(self):
        """C-43 to C-48."""
        self.run_file("chunked")

    def test_c49_to_c52_bodies_and_what_is_incomplete_is_never_executed(self):
        """C-49 to C-52."""
        before = self.server.balance()
        self.run_file("body")
        self.assertEqual(self.server.balance(), before)

    def test_c53_media_types(self):
        """C-53."""
        self.run_file("media_type")

    def test_c54_json(self):
        """C-54."""
        self.run_file("json")

    def test_c55_c60_payments(self):
        """C-55, C-60."""
        self.run_file("payment")

    def test_every_file_of_the_corpus_is_run(self):
        run = {"request_line", "target", "host", "framing", "fields", "connection", "chunked", "body", "media_type", "json",
               "payment"}
        self.assertEqual({file.stem for file in corpus.CORPUS.glob("*.corpus")}, run)

    def test_c14_random_bytes_are_refused_and_others_are_served(self):
        """C-14."""
        for seed in range(20):
            data = random.Random(seed).randbytes(1 << 20 if seed == 0 else 1 << 12)
            with self.server.connect() as c:
                send(c, [data])
                try:
                    c.finish_sending()
                except OSError:
                    pass  # reset already
                self.assertNotIn(b"HTTP/1.1 2", c.read_to_end())
        self.assertEqual(self.server.ask("GET", "/hello").body, b"Hello")

    def test_c42_what_a_client_claims_about_itself_has_no_effect(self):
        """C-42."""
        claimed = "0123456789abcdef0123456789abcdef"
        claims = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Host": "other.example", "X-Forwarded-Proto": "https", "Forwarded": "for=192.0.2.1",
                  "X-Real-IP": "192.0.2.1", "X-User": "root", "X-Request-Id": claimed, "X-B3-TraceId": claimed, "b3": f"{claimed}-0123456789abcdef-1",
                  "traceparent": f"00-{claimed}-0123456789abcdef-01", "X-Original-URL": "/v1/products", "X-HTTP-Method-Override": "DELETE"}
        plain = self.server.ask("GET", "/hello")
        with_claims = self.server.ask("GET", "/hello", fields=claims)
        self.assertEqual((with_claims.status, with_claims.body), (plain.status, plain.body))
        self.assertEqual({name for name, _ in with_claims.fields}, {name for name, _ in plain.fields})
        missing = self.server.ask("GET", "/nowhere", fields=claims)
        self.assertNotEqual(self.assert_problem(missing, 404)["request_id"], claimed)
        for value in set(claims.values()):
            self.assertNotIn(value.encode(), missing.body)

    def test_c58_c59_texts_are_kept_and_are_no_commands(self):
        """C-58, C-59."""
        def texts():
            yield from ("'; DROP TABLE products; --", '" OR ""="', "1' OR '1'='1", "%' OR 1=1 --", "\\'; --", "`id`", "$(id)",
                        "${jndi:ldap://h/a}", "%s%n%x", "{{7*7}}", "<script>alert(1)</script>", "Robert'); --", "NULL", "\u202egnp.exe",
                        "\r\nSet-Cookie: a=b", "a\nlevel=error", "\x1b[2J\x1b[31m", "a\0b", "\ufeffbom", "\U0001f600", "ﷺ" * 20,
                        "Ω≈ç√∫˜µ", "\u0300" * 30, "test\u2028line", "\x7f\x80\x9f", "*1\r\n$8\r\nFLUSHALL\r\n", "*", "_", "%", '"', "MATCH *", "a AND b",
                        "NEAR(a b)", "^a", "a:b", "(a", "-a", "a OR")

        kept = []
        for number, text in enumerate(texts()):
            with self.subTest(text):
                path = f"/v1/products/naughty-{number}"
                product = {"name": text, "description": text, "price": {"amount_minor": 1, "currency": "GBP"}}
                stored = self.server.ask("PUT", path, product)
                if re.search("[\0-\x1f\x7f-\x9f]", text):  # no control characters in texts
                    self.assert_problem(stored, 400)
                else:
                    self.assertIn(stored.status, (200, 201), stored)
                    read = self.server.ask("GET", path).json()
                    self.assertEqual((read["name"], read["description"]), (text, text))
                    kept.append(path)
                encoded = "".join(f"%{byte:02x}" for byte in text.encode())
                for target in (f"/v1/products?q={encoded}", f"/v1/products?page_token={encoded}", f"/v1/stats/top?metric={encoded}",
                               f"/v1/products/{encoded}", f"/v1/payments/{encoded}", f"/v1/ledger/balance?currency={encoded}"):
                    self.assertIn(self.server.ask("GET", target).status, (200, 400, 404), target)
        self.assertGreater(len(kept), 20)
        for path in kept:
            self.assertEqual(self.server.ask("GET", path).status, 200, "every row is still there")
        # One record a line, whatever clients send.
        for line in self.server.log().splitlines():
            self.assertTrue(line.startswith("{"), line)
            self.assertNotRegex(line, "[\0-\x1f\x7f]")


class BaseLine(SystemTest):
    def test_descriptors_and_memory_return_to_the_base_line(self):
        # The sanitizer keeps what was freed; its share would hide ours.
        server = self.serve(extra_environment={"ASAN_OPTIONS": "quarantine_size_mb=1"})
        cases = corpus.load_all()
        ways = (whole, split)
        before = server.open_descriptors()
        self.assertFalse(faults(server.address, cases, ways))  # buffers that are kept have their size then
        wait_until(lambda: server.open_descriptors() <= before, "all descriptors are given back")
        base = server.resident_bytes()
        for _ in range(ROUNDS):
            found = faults(server.address, cases, ways)
            self.assertFalse(found, "\n".join(found[:20]))
        wait_until(lambda: server.open_descriptors() <= before, "all descriptors are given back")
        self.assertGreaterEqual(self.sessions(server), len(cases) * len(ways) * (1 + ROUNDS))
        grown = server.resident_bytes() - base
        self.assertLess(grown, (64 if is_sanitized() else 8) << 20, f"grown by {grown} bytes in {ROUNDS} rounds")
        self.assertEqual(server.ask("GET", "/hello").body, b"Hello")

    @staticmethod
    def sessions(server):
        """How many the server has had."""
        text = server.ask_admin("GET", "/metrics").body.decode()
        return sum(int(n) for n in re.findall(r'^troupe_http_sessions_opened_total\{[^}]*listener="public"[^}]*\} (\d+)', text, re.MULTILINE))


if __name__ == "__main__":
    unittest.main(verbosity=2)
