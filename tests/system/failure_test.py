"""Wrong starts, and resources that run out: a clear line, an exit code, and recovery."""
import contextlib
import resource
import shutil
import signal
import socket
import sqlite3
import threading
import time
import unittest

from troupe_process import Closed, SystemTest, key, payment, request, run_troupe, wait_until

FREE = ("--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")


class Starts(SystemTest):
    def refused(self, code, *arguments):
        """The one line in which a start that fails says why."""
        done = run_troupe("serve", *arguments)
        self.assertEqual(done.returncode, code, done)
        self.assertEqual(done.stdout, "")
        said = [line for line in done.stderr.splitlines() if not line.startswith("{")]  # the log apart
        self.assertEqual(len(said), 1, done.stderr)
        self.assertTrue(said[0].startswith("troupe: "), said)
        return said[0]

    def test_a_port_that_is_taken_is_named_with_what_to_do(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            where = f"127.0.0.1:{taken.getsockname()[1]}"
            for mine, other in (("--listen", "--admin"), ("--admin", "--listen")):
                said = self.refused(1, mine, where, other, "127.0.0.1:0", "--data-dir", self.directory / "d")
                self.assertIn(where, said)
                self.assertIn("stop the other process or choose another address", said)

    def test_wrong_settings_say_which_and_what_was_expected(self):
        for arguments, words in ((("--set", "colour=red"), ("colour", "check-config")),
                                 (("--set", "connections.head_timeout=soon"), ("connections.head_timeout", "500ms", "soon")),
                                 (("--set", "connections.backlog=0"), ("connections.backlog", "1 to")),
                                 (("--listen", "nonsense"), ("listen", "HOST:PORT", "nonsense")),
                                 (("--services", "hello,nope"), ("nope", "catalog")),
                                 (("--store", "memory"), ("store", "sqlite")),
                                 (("--config", self.directory / "none.yaml"), ("none.yaml",))):
            with self.subTest(arguments):
                said = self.refused(2, *arguments)
                for word in words:
                    self.assertIn(word, said)
        done = run_troupe("serve", "--bogus")
        self.assertEqual(done.returncode, 2)
        self.assertIn("--bogus", done.stderr)
        self.assertEqual(run_troupe().returncode, 2)

    def test_a_wrong_configuration_file_is_refused_with_its_line(self):
        file = self.directory / "c.yaml"
        for text, line, word in (("listen: 127.0.0.1:0\nconnections:\n  sesions: 5\n", 3, "connections.sesions"),
                                 ("# none\nconnections:\n  head_timeout: soon\n", 3, "expected a time"),
                                 ("listen: 127.0.0.1:0\na: b\n  c: d\n", 3, ""),
                                 ("log:\n  level: loud\n", 2, "debug")):
            with self.subTest(text):
                file.write_text(text, encoding="utf-8")
                said = self.refused(2, "--config", file)
                self.assertIn(f"c.yaml:{line}: ", said)
                self.assertIn(word, said)

    def test_a_data_directory_that_cannot_be_used_is_named(self):
        file = self.directory / "file"
        file.write_text("in the way", encoding="utf-8")
        for data in (file, file / "below"):
            said = self.refused(1, *FREE, "--data-dir", data)
            self.assertIn(str(data), said)
            self.assertIn("--data-dir", said)
        self.serve()
        said = self.refused(1, *FREE, "--data-dir", self.directory / "data")
        self.assertIn("another troupe uses the data directory", said)

    def test_databases_that_are_damaged_or_newer_are_left_alone(self):
        self.serve().end()
        good = self.directory / "data"
        for name in ("payments.sqlite", "catalog.sqlite", "stats.sqlite"):
            bad = self.directory / ("bad-" + name)
            shutil.copytree(good, bad)
            for leftover in bad.glob(name + "-*"):
                leftover.unlink()
            (bad / name).write_bytes(b"this is no database\n" * 300)
            said = self.refused(1, *FREE, "--data-dir", bad)
            self.assertIn(name, said)
            self.assertIn("not a SQLite database", said)
            self.assertTrue((bad / name).read_bytes().startswith(b"this is no database"))

            new = self.directory / ("new-" + name)
            shutil.copytree(good, new)
            with contextlib.closing(sqlite3.connect(new / name)) as database, database:
                database.execute("INSERT INTO schema_version(number, applied_at) VALUES (999, 0)")
            said = self.refused(1, *FREE, "--data-dir", new)
            self.assertIn("999", said)
            self.assertIn("start the version that wrote it", said)
        self.serve().end()


class Exhaustion(SystemTest):
    def test_a_full_disk_refuses_payments_and_loses_none(self):
        """C-115, C-116."""
        server = self.serve()
        statuses, acknowledged, lock = set(), {}, threading.Lock()

        def pay(c, name):
            answer = c.ask("POST", "/v1/payments", payment("full", 100), key(name))
            with lock:
                statuses.add(answer.status)
                if answer.status == 201:
                    acknowledged[name] = answer.body
            return answer

        with server.connect() as c:
            for i in range(20):
                self.assertEqual(pay(c, f"before-{i}").status, 201)
        before = len(acknowledged)
        hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (8192, hard))  # smaller than the log of the store is

        def client(number):
            with server.connect() as connection:
                for i in range(10):
                    pay(connection, f"full-{number}-{i}")

        threads = [threading.Thread(target=client, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertTrue(server.is_running(), server.log())
        self.assertEqual(statuses, {201, 503})
        self.assertEqual(len(acknowledged), before, "nothing can have been recorded")
        with server.connect() as c:
            self.assert_problem(pay(c, "full-0-0"), 503)
            self.assert_problem(c.ask("PUT", "/v1/products/full", {"name": "x", "price": {"amount_minor": 1, "currency": "GBP"}}), 503)
            self.assertEqual(c.ask("GET", "/hello").status, 200)
            self.assertEqual(c.ask("GET", "/v1/products/full").status, 404)
        self.assertEqual(server.balance()["payments"], {"count": before, "amount_minor": 100 * before})

        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (hard, hard))
        with server.connect() as c:
            for n in range(4):
                for i in range(10):
                    self.assertEqual(pay(c, f"full-{n}-{i}").status, 201)
        expected = {"currency": "GBP", "payments": {"count": before + 40, "amount_minor": 100 * (before + 40)},
                    "refunds": {"count": 0, "amount_minor": 0}, "credits": {"count": 0, "amount_minor": 0}, "entries_sum_minor": 0}
        self.assertEqual(server.balance(), expected)
        server.end()
        server = self.serve()
        self.assertEqual(server.balance(), expected)
        with server.connect() as c:
            for name, body in acknowledged.copy().items():
                self.assertEqual(pay(c, name).body, body)

    def test_a_disk_that_is_full_while_it_drains_costs_no_payment_and_no_time(self):
        """C-115, C-116."""
        server = self.serve()
        lock, refused, acknowledged = threading.Lock(), set(), {}

        def client(number):
            count = 0
            with server.connect() as c:
                while True:
                    name = f"drain-{number}-{count}"
                    count += 1
                    answer = c.ask("POST", "/v1/payments", payment("drain", 100), key(name))
                    with lock:
                        if answer.status == 201:
                            acknowledged[name] = answer.body
                        else:
                            refused.add(answer.status)
                    if answer.announces_close():
                        return

        threads = [threading.Thread(target=client, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(acknowledged) > 50, "payments are made")
        hard = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (8192, hard))
        wait_until(lambda: refused, "the disk is full")
        begin = time.monotonic()
        server.end()
        self.assertLess(time.monotonic() - begin, 10)
        for thread in threads:
            thread.join()
        self.assertEqual(refused, {503})
        server = self.serve()
        self.assertEqual(server.balance()["payments"], {"count": len(acknowledged), "amount_minor": 100 * len(acknowledged)})
        with server.connect() as c:
            for name, body in acknowledged.items():
                self.assertEqual(c.ask("POST", "/v1/payments", payment("drain", 100), key(name)).body, body)

    def test_without_descriptors_a_drain_answers_who_is_there_and_closes_who_waits(self):
        """C-76."""
        server = self.serve("connections.defer_accept=0")
        hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[1]
        with contextlib.ExitStack() as stack:
            half = [stack.enter_context(server.connect()) for _ in range(10)]
            for c in half:
                c.send(request("POST", "/echo", None, {"Content-Length": 10}) + b"first")
                c.wait_until_read()
            full = server.open_descriptors()
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (full, hard))
            waiting = [stack.enter_context(server.connect()) for _ in range(50)]
            for c in waiting:
                c.send(request("GET", "/hello"))
            server.send_signal(signal.SIGTERM)
            wait_until(lambda: "draining" in server.log(), "the drain begins")
            for c in half:
                c.send(b"later")
            for c in half:
                self.assertEqual(c.read().body, b"firstlater")
            for c in waiting:  # closed, or served with a descriptor that a session has given back
                self.assertIn(c.read_to_end(may_reset=True)[:12], (b"", b"HTTP/1.1 200"))
        self.assertEqual(server.wait_end(), 0)
        server.check_sanitizers()

    def test_no_descriptors_left_means_no_spinning_and_recovery(self):
        server = self.serve()
        base = server.open_descriptors()
        soft, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (base + 30, hard))
        with server.connect() as served:
            self.assertEqual(served.ask("GET", "/hello").status, 200)
            with contextlib.ExitStack() as stack:
                many = [stack.enter_context(server.connect()) for _ in range(100)]
                wait_until(lambda: server.open_descriptors() >= base + 29, "the descriptors are used up")
                began, used = time.monotonic(), server.cpu_seconds()
                while time.monotonic() < began + 1:  # one second of measuring, while it serves who is there
                    self.assertEqual(served.ask("GET", "/hello").status, 200)
                    time.sleep(0.02)
                share = (server.cpu_seconds() - used) / (time.monotonic() - began)
                self.assertLess(share, 0.5)
                answered = 0
                for c in many:
                    c.socket.settimeout(0.01)
                    with contextlib.suppress(OSError, Closed):
                        c.send(request("GET", "/hello"))
                        answered += c.read().status == 200
                self.assertGreater(answered, 10)
            wait_until(lambda: server.ask("GET", "/hello").status == 200, "new clients are served again")
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (soft, hard))
        wait_until(lambda: server.open_descriptors() <= base, "the descriptors are given back")


if __name__ == "__main__":
    unittest.main(verbosity=2)
