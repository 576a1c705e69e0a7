"""TLS on the listeners: what is spoken, with whom, and that nobody loses a request over it."""
import contextlib
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import socket
import ssl
import tempfile
import threading
import time
import unittest

from certificate_authority import CertificateAuthority, openssl
from tls_connection import RecordConnection, SecureConnection, application_records, trusting
from troupe_process import PATIENCE, Closed, Connection, Server, SystemTest, request, run_troupe, wait_until

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
HELLO = request("GET", "/hello")


def echo(body, fields=None):
    return request("POST", "/echo", body, fields)


def metric(server, name, admin=None, **labels):
    """The sum of the samples of this name that have these labels."""
    with admin or server.connect_admin() as c:
        text = c.ask("GET", "/metrics").body.decode()
    total = 0.0
    for line in text.splitlines():
        if re.match(rf"{name}[{{ ]", line) and all(f'{k}="{v}"' in line for k, v in labels.items()):
            total += float(line.rpartition(" ")[2])
    return total


class TlsTest(SystemTest):
    """One authority and its certificates for all tests of a class; servers of each test's own."""

    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="troupe-tls-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared, ignore_errors=True)
        cls.ca = CertificateAuthority(cls.shared / "ca")
        cls.shop = cls.ca.make("shop", "/CN=shop", ["shop.test"])
        cls.context = trusting(cls.ca)

    def serve_tls(self, *settings, certificates=None, **more):
        pairs = ",".join(p.setting for p in certificates or [self.shop])
        return self.serve(f"tls.certificates={pairs}", *settings, **more)

    def connect(self, server, context=None, **options):
        c = SecureConnection(server.address, context or self.context, **options)
        self.addCleanup(c.close)
        return c

    def refusal(self, server, context, **options):
        """What a client is told that is not let in: by the handshake, or in TLS 1.3 by the first answer."""
        try:
            with SecureConnection(server.address, context, **options) as c:
                c.send(HELLO)
                c.socket.recv(1)
        except (ssl.SSLError, ConnectionError) as refused:
            return str(refused)
        return ""


class Spoken(TlsTest):
    """Protocol versions, ciphers and ALPN, as the openssl tool sees them."""

    @staticmethod
    def attempt(server, *options):
        done = openssl("s_client", "-connect", f"{server.address[0]}:{server.address[1]}", "-brief", "-servername", "shop.test", *options)
        return done.returncode == 0 and b"CONNECTION ESTABLISHED" in done.stderr

    def test_tls_1_2_and_1_3_are_spoken_and_nothing_older(self):
        weak = ("-cipher", "ALL:@SECLEVEL=0")
        server = self.serve_tls()
        for option, good in (("-tls1", False), ("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
            self.assertEqual(self.attempt(server, option, *weak), good, option)
        newest = self.serve_tls("tls.min_version=1.3", data_dir=self.directory / "other")
        for option, good in (("-tls1_2", False), ("-tls1_3", True)):
            self.assertEqual(self.attempt(newest, option, *weak), good, option)

    def test_of_all_ciphers_that_openssl_knows_only_six_are_taken_in_tls_1_2(self):
        known = openssl("ciphers", "-s", "-tls1_2", "ALL:COMPLEMENTOFALL:@SECLEVEL=0").stdout.decode().strip().split(":")
        self.assertGreater(len(known), 50)
        taken = set()
        for key in ("ec", "rsa"):
            server = self.serve_tls(certificates=[self.ca.make(f"c-{key}", "/CN=shop", ["shop.test"], key=key)], data_dir=self.directory / key)
            taken |= {c for c in known if self.attempt(server, "-tls1_2", "-cipher", f"{c}:@SECLEVEL=0")}
            self.assertEqual(server.ask_admin("GET", "/healthz").status, 200)
        self.assertEqual(taken, {f"ECDHE-{key}-{cipher}" for key in ("ECDSA", "RSA")
                                 for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")})

    def test_alpn_chooses_http_1_1_and_refuses_offers_without_it(self):
        server = self.serve_tls()
        for offer, chosen in ((["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"), ([], None)):
            context = trusting(self.ca)
            if offer:
                context.set_alpn_protocols(offer)
            c = self.connect(server, context)
            self.assertEqual(c.socket.selected_alpn_protocol(), chosen)
            self.assertEqual(c.ask("GET", "/hello").body, b"Hello")
        context = trusting(self.ca)
        context.set_alpn_protocols(["h2"])
        self.assertRegex(self.refusal(server, context), "(?i)no.application.protocol")

    def test_the_server_name_chooses_among_several_certificates(self):
        server = self.serve_tls(certificates=[self.shop, self.ca.make("pay", "/CN=pay", ["pay.test", "refund.test"], key="rsa"),
                                              self.ca.make("wild", "/CN=wild", ["*.shop.test"])])
        for name, shown in (("shop.test", "shop"), ("pay.test", "pay"), ("REFUND.test", "pay"), ("eu.shop.test", "wild")):
            self.assertEqual(self.connect(server, name=name).shown(), shown)
        anybody = trusting(self.ca)
        anybody.check_hostname = False
        for name in ("a.eu.shop.test", "unknown.test", None):
            self.assertEqual(self.connect(server, anybody, name=name).shown(), "shop")


class Exchanges(TlsTest):
    def test_keep_alive_close_pipelining_and_big_bodies_both_ways(self):
        server = self.serve_tls()
        body = bytes(range(256)) * 4096
        for version in VERSIONS:
            c = self.connect(server, trusting(self.ca, version))
            for _ in range(20):
                self.assertEqual(c.ask("GET", "/hello").body, b"Hello")
            c.send(b"".join(echo(b"%d" % i) for i in range(200)))
            self.assertEqual([c.read().body for _ in range(200)], [b"%d" % i for i in range(200)])
            self.assertEqual(c.ask("POST", "/echo", body).body, body)
            c.send(request("POST", "/echo", None, {"Expect": "100-continue", "Content-Length": 5}))
            self.assertEqual(c.read_interim(), "HTTP/1.1 100 Continue")
            c.send(b"later")
            self.assertEqual(c.read().body, b"later")
            self.assertEqual(c.ask("GET", "/hello", fields={"Connection": "close"}).body, b"Hello")
            self.assertTrue(c.is_closed_by_server())  # with close_notify, or the connection says so

    def test_a_request_may_come_one_byte_a_record_and_a_record_one_byte_a_packet(self):
        server = self.serve_tls()
        c = self.connect(server)
        for i in range(len(HELLO)):
            c.send(HELLO[i:i + 1])
        self.assertEqual(c.read().body, b"Hello")
        with RecordConnection(server.address, self.context) as r:
            r.shake_hands()
            for byte in r.records(r.tls.write, echo(b"slow", {"Connection": "close"})):
                r.socket.sendall(bytes([byte]))
            self.assertTrue(r.read_to_end().endswith(b"\r\n\r\nslow"))

    def test_the_answers_of_a_batch_share_records(self):
        server = self.serve_tls()
        with RecordConnection(server.address, trusting(self.ca, ssl.TLSVersion.TLSv1_2)) as r:
            r.shake_hands()
            before = len(application_records(r.received))
            r.write(HELLO * 30)
            text = b""
            while text.count(b"Hello") < 30:
                text += r.read(1)
            self.assertLess(len(application_records(r.received)) - before, 8)

    def test_answers_that_the_client_does_not_take_wait_and_come_whole(self):
        server = self.serve_tls()
        bodies = [bytes([i]) * 60_000 for i in range(100)]
        for version in VERSIONS:
            with RecordConnection(server.address, trusting(self.ca, version), receive_buffer=4096) as r:
                r.shake_hands()
                sent = r.records(r.tls.write, b"".join(echo(b) for b in bodies[:-1]) + echo(bodies[-1], {"Connection": "close"}))
                sender = threading.Thread(target=r.socket.sendall, args=(sent,))  # of records: no two threads may use one session of the ssl module
                sender.start()
                self.assertEqual(server.ask_admin("GET", "/healthz").status, 200)
                self.assertEqual(self.connect(server).ask("GET", "/hello").body, b"Hello")
                answers = re.split(rb"HTTP/1\.1 200 [ -~\r\n]+?\r\n\r\n", r.read_to_end())
                sender.join()
                self.assertTrue(answers == [b"", *bodies], [(a[:1], len(a)) for a in answers])

    def test_a_client_that_never_takes_its_answers_is_closed_by_the_write_deadline(self):
        server = self.serve_tls("connections.write_timeout=500ms")
        c = self.connect(server, receive_buffer=4096)
        c.socket.settimeout(5)
        with self.assertRaises((OSError, ssl.SSLError)):
            for _ in range(1000):
                c.send(echo(b"x" * 65536))
        wait_until(lambda: metric(server, "troupe_http_sessions", listener="public") == 0, "it is closed")
        self.assertEqual(metric(server, "troupe_http_pool_in_use", listener="public"), 0)

    def test_a_crowd_that_sends_records_of_one_byte_lets_others_in(self):
        server = self.serve_tls("connections.actors=1")
        with contextlib.ExitStack() as stack:
            crowd = []
            for _ in range(230):  # more than have a read in one turn
                r = stack.enter_context(RecordConnection(server.address, self.context))
                r.shake_hands()
                head = r.records(r.tls.write, request("POST", "/echo", None, {"Content-Length": 3000, "Connection": "close"}))
                crowd.append((r, head + b"".join(r.records(r.tls.write, b"x") for _ in range(3000))))
            sender = threading.Thread(target=lambda: [r.socket.sendall(sent) for r, sent in crowd])
            sender.start()
            for _ in range(5):
                self.assertEqual(self.connect(server).ask("GET", "/hello").body, b"Hello")
            sender.join()
            for r, _ in crowd:
                self.assertTrue(r.read_to_end().endswith(b"x" * 3000))
        self.assertEqual(metric(server, "troupe_http_sessions_timed_out_total", listener="public"), 0)

    def test_a_close_notify_behind_requests_ends_the_session_when_they_are_answered(self):
        server = self.serve_tls()
        for version in VERSIONS:
            with RecordConnection(server.address, trusting(self.ca, version)) as r:
                r.shake_hands()
                sent = r.records(r.tls.write, echo(b"one") + echo(b"two"))
                r.socket.sendall(sent + r.records(r.tls.unwrap))
                self.assertRegex(r.read_to_end(), rb"(?s)^HTTP/1.1 200 .*one.*HTTP/1.1 200 .*two$")

    def test_an_end_without_close_notify_answers_what_came_whole_and_nothing_else(self):
        server = self.serve_tls()
        for version in VERSIONS:
            for sent, answers in ((echo(b"whole"), 1), (echo(b"whole") + HELLO[:-2], 1), (request("POST", "/echo", None, {"Content-Length": 9}) + b"part", 0)):
                with RecordConnection(server.address, trusting(self.ca, version)) as r:
                    r.shake_hands()
                    r.write(sent)
                    r.socket.shutdown(socket.SHUT_WR)
                    self.assertEqual(r.read_to_end().count(b"HTTP/1.1 200"), answers)
            with RecordConnection(server.address, trusting(self.ca, version)) as r:
                r.shake_hands()
                r.socket.sendall(r.records(r.tls.write, echo(b"torn"))[:-1])
                r.socket.shutdown(socket.SHUT_WR)
                r.drop_all()
                self.assertNotIn(b"torn", r.received)
        self.assertEqual(self.connect(server).ask("GET", "/hello").body, b"Hello")

    def test_a_bad_request_is_told_so_before_the_end(self):
        server = self.serve_tls("connections.head_timeout=500ms")
        c = self.connect(server)
        c.send(b"GET /hello\r\n\r\n")
        self.assert_problem(c.read(), 400)
        self.assertTrue(c.is_closed_by_server())
        c = self.connect(server)
        c.send(HELLO[:-2])
        self.assert_problem(c.read(), 408)
        self.assertTrue(c.is_closed_by_server())


class Handshakes(TlsTest):
    def test_sessions_are_resumed_on_every_connection_actor_and_after_a_reload(self):
        for version in VERSIONS:
            server = self.serve_tls("connections.actors=4", data_dir=self.directory / version.name)
            context = trusting(self.ca, version)
            first = self.connect(server, context)
            self.assertFalse(first.socket.session_reused)
            first.ask("GET", "/hello")  # tickets of TLS 1.3 come behind the handshake
            held, session = [], first.socket.session
            for _ in range(8):  # held open, so that each of the four actors gets some
                c = self.connect(server, context, session=session)
                self.assertEqual(c.ask("GET", "/hello").body, b"Hello")
                self.assertTrue(c.socket.session_reused)
                session = c.socket.session
                held.append(c)
            server.send_signal(signal.SIGHUP)
            wait_until(lambda: "tls_reloaded" in server.log(), "the reload")
            c = self.connect(server, context, session=session)
            self.assertTrue(c.socket.session_reused)
            wait_until(lambda: metric(server, "troupe_tls_resumed_total", listener="public") == 9, "nine were resumed")
            self.assertEqual(metric(server, "troupe_tls_handshakes_total", outcome="ok", version=version.name[4:].replace("_", ".")), 10)

    def test_a_session_is_resumed_under_no_other_server_name(self):
        # Source: RFC 6066 section 3.
        pairs = [self.ca.make("one", "/CN=one", ["one.test"]), self.ca.make("two", "/CN=two", ["two.test"])]
        server = self.serve_tls(certificates=pairs)
        for version in VERSIONS:
            context = trusting(self.ca, version)
            context.check_hostname = False
            for begun in ("one.test", None):
                for name, shown in (("one.test", "one"), ("two.test", "two"), (None, "one")):
                    first = self.connect(server, context, name=begun)
                    first.ask("GET", "/hello")
                    again = self.connect(server, context, name=name, session=first.socket.session)
                    self.assertEqual((again.socket.session_reused, again.shown()), (name == begun, shown), (version, begun, name))
                    self.assertEqual(again.ask("GET", "/hello").body, b"Hello")

    def test_a_malformed_server_name_is_refused_with_an_alert(self):
        server = self.serve_tls()
        for version in VERSIONS:
            for back, value in ((5, 1), (4, 0), (3, 1), (2, 1), (1, 8), (1, 10), (-4, 0)):  # lengths, the type, and a NUL within
                with RecordConnection(server.address, trusting(self.ca, version)) as r:
                    hello = bytearray(r.records(r.tls.do_handshake))
                    hello[hello.index(b"shop.test") - back] = value
                    r.socket.sendall(hello)
                    r.drop_all()
                    self.assertEqual(r.received[:1] + r.received[5:], b"\x15\x02\x32", (version, back))  # fatal, decode_error
        self.assertEqual(self.connect(server).ask("GET", "/hello").body, b"Hello")

    def test_what_is_no_tls_is_closed_and_harms_nobody(self):
        server = self.serve_tls()
        keeping = self.connect(server)
        for sent in (HELLO, b"\0" * 5000, b"\xff" * 5000, b"\x16\x03\x01\xff\xff" + b"\x01" * 70000, b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00",
                     b"\x15\x03\x01\x00\x02\x02\x28", b"\x17\x03\x03\x00\x10" + b"x" * 16, os.urandom(2000)):
            with Connection(server.address) as c:
                try:
                    c.send(sent)
                except ConnectionError:
                    pass
                if sent != HELLO:  # of that it knows at once that it is none; what might become TLS has until its deadline
                    c.finish_sending()
                self.assertNotIn(b"HTTP/1.1 2", c.read_to_end())
            self.assertEqual(keeping.ask("GET", "/hello").body, b"Hello")
        wait_until(lambda: metric(server, "troupe_tls_handshakes_total", outcome="failed") == 8, "eight are counted")
        wait_until(lambda: metric(server, "troupe_http_sessions", listener="public") == 1, "only one session is left")

    def test_a_slow_handshake_ends_at_its_deadline_however_it_drips(self):
        server = self.serve_tls("connections.tls_handshake_timeout=500ms")
        for name in ("silent", "drips", "stops after the hello"):
            with self.subTest(name), RecordConnection(server.address, self.context) as r:
                hello = r.records(r.tls.do_handshake)
                began = time.monotonic()
                r.socket.sendall(hello if name.startswith("stops") else hello[:1])
                at = 1
                while name == "drips" and not select.select([r.socket], [], [], 0.05)[0]:
                    r.socket.sendall(hello[at:at + 1])
                    at += 1
                    self.assertLess(at, 200)
                r.drop_all()
                took = time.monotonic() - began
                self.assertGreater(took, 0.45)
                self.assertLess(took, PATIENCE / 3)
        self.assertEqual(metric(server, "troupe_tls_handshakes_total", outcome="timed_out"), 3)
        self.assertEqual(self.connect(server).ask("GET", "/hello").body, b"Hello")

    def test_client_certificates_optional_and_required(self):
        till = self.ca.make("till", "/CN=till 7")
        strangers = CertificateAuthority(self.shared / "strangers", "Other CA")
        stranger = strangers.make("till", "/CN=till 7")
        for mode in ("optional", "required"):
            server = self.serve_tls(f"tls.client_ca={self.ca.root.certificate}", f"tls.client_certificates={mode}", data_dir=self.directory / mode)
            for version in VERSIONS:
                c = self.connect(server, trusting(self.ca, version, till))
                self.assertEqual(c.ask("GET", "/hello").body, b"Hello")
                again = self.connect(server, c.socket.context, session=c.socket.session)
                self.assertTrue(again.socket.session_reused)
                self.assertEqual(again.ask("GET", "/hello").body, b"Hello")
                self.assertTrue(self.refusal(server, trusting(self.ca, version, stranger)))
                nobody = trusting(self.ca, version)
                if mode == "optional":
                    self.assertEqual(self.connect(server, nobody).ask("GET", "/hello").body, b"Hello")
                else:
                    self.assertTrue(self.refusal(server, nobody))


class Reload(TlsTest):
    def setUp(self):
        super().setUp()
        self.own = CertificateAuthority(self.directory / "ca")
        self.pair = self.own.make("shop", "/CN=first", ["shop.test"])
        self.context = trusting(self.own)

    def shown(self, server):
        with SecureConnection(server.address, self.context) as c:
            return c.shown()

    def test_sighup_and_a_changed_file_bring_the_new_certificate_and_drop_no_session(self):
        server = self.serve_tls(certificates=[self.pair])
        kept = self.connect(server)
        self.assertEqual((kept.ask("GET", "/hello").body, kept.shown()), (b"Hello", "first"))
        half = self.connect(server)
        half.send(HELLO[:10])
        self.own.make("shop", "/CN=second", ["shop.test"])
        server.send_signal(signal.SIGHUP)
        wait_until(lambda: self.shown(server) == "second", "SIGHUP is obeyed")
        self.own.make("shop", "/CN=third", ["shop.test"])
        wait_until(lambda: self.shown(server) == "third", "the change is seen")
        self.assertEqual(kept.ask("GET", "/hello").body, b"Hello")
        half.send(HELLO[10:])
        self.assertEqual(half.read().body, b"Hello")

    def test_a_swapped_link_brings_the_new_certificate(self):
        # As Kubernetes mounts secrets: files are links into ..data, which is a link to a directory of one version.
        mount = self.directory / "mount"
        mount.mkdir()

        def version(name):
            made = self.own.make(name, f"/CN={name}", ["shop.test"])
            (mount / f"..{name}").mkdir()
            shutil.copy(made.certificate, mount / f"..{name}" / "tls.crt")
            shutil.copy(made.key, mount / f"..{name}" / "tls.key")
            (mount / "..tmp").symlink_to(f"..{name}")
            os.replace(mount / "..tmp", mount / "..data")

        version("one")
        for name in ("tls.crt", "tls.key"):
            (mount / name).symlink_to(pathlib.Path("..data") / name)
        server = self.serve(f"tls.certificates={mount / 'tls.crt'}:{mount / 'tls.key'}")
        self.assertEqual(self.shown(server), "one")
        version("two")
        wait_until(lambda: self.shown(server) == "two", "the swap is seen")

    def test_a_bad_new_certificate_keeps_the_old_and_says_so(self):
        server = self.serve_tls(certificates=[self.pair])
        self.pair.certificate.write_text("rubbish\n")
        wait_until(lambda: "tls_reload_failed" in server.log(), "the failure is logged")
        self.assertEqual(self.shown(server), "first")
        self.own.make("shop", "/CN=second", ["shop.test"])
        wait_until(lambda: self.shown(server) == "second", "the good one is taken")
        failures = [e for e in server.log_events() if e["event"] == "tls_reload_failed"]
        self.assertIn("cannot use the certificate file", failures[0]["reason"])
        self.assertIn("shop.pem", failures[0]["reason"])
        self.assertIn("old certificates stay", failures[0]["advice"])

    def test_a_certificate_that_is_renewed_while_descriptors_are_short_is_taken_when_they_are_back(self):
        most = 100
        server = self.serve_tls(certificates=[self.pair], before_exec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most)))
        with contextlib.ExitStack() as crowd:
            for _ in range(most):  # more than it can take
                crowd.enter_context(RecordConnection(server.address, self.context))
            wait_until(lambda: server.open_descriptors() >= most, "all descriptors are taken")
            self.own.make("shop", "/CN=second", ["shop.test"])
            wait_until(lambda: "tls_reload_failed" in server.log(), "the failure is logged")
        wait_until(lambda: self.shown(server) == "second", "the new one is taken")
        failures = [e["reason"] for e in server.log_events() if e["event"] == "tls_reload_failed"]
        self.assertLessEqual(len(failures), 2, failures)
        self.assertIn("Too many open files; raise the limit of open files", failures[0])

    def test_sighup_without_tls_ends_nothing(self):
        server = self.serve()
        server.send_signal(signal.SIGHUP)
        wait_until(lambda: "nothing_to_reload" in server.log(), "it is said")
        self.assertEqual(server.ask("GET", "/hello").body, b"Hello")


class Configuration(TlsTest):
    def test_the_ready_line_names_the_urls_and_the_admin_listener_speaks_tls_when_told(self):
        for admin, scheme in (("false", "http"), ("true", "https")):
            server = self.launch(f"tls.certificates={self.shop.setting}", f"tls.admin={admin}", data_dir=self.directory / admin)
            line = server.process.stdout.readline().decode()
            self.assertIn('"url":"https://127.0.0.1:', line)
            port = int(re.search(rf'"admin_url":"{scheme}://127.0.0.1:(\d+)"', line)[1])
            if admin == "true":
                with SecureConnection(("127.0.0.1", port), self.context) as c:
                    self.assertEqual(c.ask("GET", "/readyz").body, b"ready\n")

    def test_check_config_loads_the_files_and_a_start_with_bad_ones_says_what_to_do(self):
        good = run_troupe("check-config", "--set", f"tls.certificates={self.shop.setting}")
        self.assertEqual((good.returncode, good.stderr), (0, ""))
        missing = f"tls.certificates={self.shop.certificate}:{self.directory}/missing.key"
        for command in ("check-config", "serve"):
            bad = run_troupe(command, "--set", missing, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--data-dir", self.directory / "d")
            self.assertEqual(bad.returncode, 2)
            self.assertRegex(bad.stderr, r"^troupe: TLS: cannot use the key file '.*missing\.key': No such file")

    def test_a_list_in_the_file_and_a_key_that_everybody_can_read(self):
        exposed = self.ca.make("exposed", "/CN=exposed", ["exposed.test"])
        exposed.key.chmod(0o644)
        file = self.directory / "troupe.yaml"
        file.write_text(f"tls:\n  certificates:\n    - {self.shop.setting}\n    - {exposed.setting}\n")
        server = self.serve(arguments=("--config", file))
        self.assertEqual(self.connect(server, name="exposed.test").shown(), "exposed")
        warnings = [e for e in server.log_events() if e["event"] == "tls_key_exposed"]
        self.assertEqual([w["file"] for w in warnings], [str(exposed.key)])
        left = metric(server, "troupe_tls_certificate_seconds_left", file=str(exposed.certificate))
        self.assertAlmostEqual(left / 86400, 90, delta=1)


class Drain(TlsTest):
    def test_a_drain_under_load_fails_no_request_and_ends_every_session_properly(self):
        server, stopping, failures, counts = self.serve_tls(), threading.Event(), [], [0] * 6

        def client(number):
            try:
                while not stopping.is_set():
                    with SecureConnection(server.address, self.context) as c:
                        while True:
                            answer = c.ask("POST", "/echo", b"%d" % counts[number])
                            if answer.body != b"%d" % counts[number]:
                                failures.append(repr(answer))
                            counts[number] += 1
                            if answer.announces_close():
                                if not c.is_closed_by_server():
                                    failures.append("bytes after the last answer")
                                break
            except (Closed, OSError) as problem:
                failures.append(repr(problem))

        clients = [threading.Thread(target=client, args=(i,)) for i in range(len(counts))]
        for c in clients:
            c.start()
        idle = self.connect(server)
        self.assertEqual(idle.ask("GET", "/hello").body, b"Hello")
        wait_until(lambda: min(counts) > 20 or failures, "the clients are at work")
        stopping.set()
        server.send_signal(signal.SIGTERM)
        self.assertTrue(idle.is_closed_by_server())
        for c in clients:
            c.join()
        self.assertEqual(failures, [])
        self.assertEqual(server.wait_end(), 0)
        server.check_sanitizers()


if __name__ == "__main__":
    unittest.main(verbosity=2)
