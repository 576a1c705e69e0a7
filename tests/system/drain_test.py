"""Stopping: nobody who was promised an answer goes without."""
import contextlib
import fcntl
import os
import signal
import threading
import time
import unittest

from troupe_process import Closed, SystemTest, request, wait_until


class Client(threading.Thread):
    """Asks as fast as it is answered, until it is told that the connection closes."""

    def __init__(self, server, stopping):
        super().__init__()
        self.server, self.stopping = server, stopping
        self.answered, self.failures = 0, []

    def run(self):
        number = 0
        while True:
            try:
                c = self.server.connect()
            except OSError as problem:
                self.failures.append(f"not connected: {problem}")
                return
            with c:
                while True:
                    body = f"{self.ident}-{number}".encode()
                    number += 1
                    try:
                        c.send(request("POST", "/echo", body))
                        answer = c.read()
                    except (Closed, OSError) as problem:
                        self.failures.append(f"request {number} was not answered: {problem!r}")
                        return
                    if (answer.status, answer.body) != (200, body):
                        self.failures.append(repr(answer))
                        return
                    self.answered += 1
                    if answer.announces_close():
                        break
            if self.stopping.is_set():
                return


class Drain(SystemTest):
    def test_sigterm_under_load_fails_no_request(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                server, stopping = self.serve(), threading.Event()
                clients = [Client(server, stopping) for _ in range(8)]
                for client in clients:
                    client.start()
                wait_until(lambda: all(client.answered > 20 for client in clients), "the clients are at work")
                stopping.set()
                server.end(number)
                for client in clients:
                    client.join()
                    self.assertEqual(client.failures, [])

    def test_not_ready_first_and_still_serving_during_the_delay(self):
        server = self.serve("drain.delay=1500ms")
        self.assertEqual(server.ask_admin("GET", "/readyz").status, 200)
        with server.connect() as half:
            half.send(request("POST", "/echo", None, {"Content-Length": 10}) + b"first")
            half.wait_until_read()
            server.send_signal(signal.SIGTERM)
            wait_until(lambda: server.ask_admin("GET", "/readyz").status == 503, "it says that it is not ready")
            self.assertEqual(server.ask_admin("GET", "/healthz").status, 200)
            self.assertEqual(server.ask("GET", "/hello").status, 200)  # on a new connection
            half.send(b"later")
            self.assertEqual(half.read().body, b"firstlater")
        self.assertEqual(server.wait_end(), 0)
        server.check_sanitizers()

    def test_a_request_that_is_half_here_when_the_drain_begins_is_answered(self):
        server = self.serve()
        with server.connect() as half, server.connect() as idle:
            self.assertEqual(idle.ask("GET", "/hello").status, 200)
            half.send(request("POST", "/echo", None, {"Content-Length": 10}) + b"first")
            half.wait_until_read()
            server.send_signal(signal.SIGTERM)
            wait_until(lambda: "draining" in server.log(), "the drain begins")
            self.assertTrue(idle.is_closed_by_server())
            half.send(b"later")
            answer = half.read()
            self.assertEqual((answer.body, answer.announces_close()), (b"firstlater", True))
            self.assertTrue(half.is_closed_by_server())
        self.assertEqual(server.wait_end(), 0)
        server.check_sanitizers()

    def test_the_admin_listener_can_ask_for_the_drain(self):
        server = self.serve()
        self.assertEqual(server.ask_admin("GET", "/drain").status, 405)  # reading changes nothing
        self.assertEqual(server.ask_admin("POST", "/drain").status, 202)
        self.assertEqual(server.wait_end(), 0)
        server.check_sanitizers()

    def test_a_second_signal_ends_at_once(self):
        server = self.serve("drain.delay=60s")
        server.send_signal(signal.SIGTERM)
        wait_until(lambda: server.ask_admin("GET", "/readyz").status == 503, "the drain begins")
        def is_ended_by_another():
            with contextlib.suppress(ProcessLookupError):
                server.send_signal(signal.SIGTERM)
            return not server.is_running()

        wait_until(is_ended_by_another, "an impatient user is heard", pause=0.7)
        self.assertEqual(server.wait_end(), 1)
        self.assertIn("second signal", server.log())
        server.check_sanitizers()


    def test_a_stop_that_arrives_twice_at_once_is_one_stop(self):
        server = self.serve("drain.delay=300ms")  # as from a terminal and a script, or to a whole cgroup
        for number in (signal.SIGINT, signal.SIGTERM):
            server.send_signal(number)
        self.assertEqual(server.wait_end(), 0)
        server.check_sanitizers()

    def test_a_signal_after_the_admin_listener_was_asked_does_not_cut_the_drain_short(self):
        server = self.serve("drain.delay=1s")  # as a hook of Kubernetes asks first and the kubelet signals after it
        self.assertEqual(server.ask_admin("POST", "/drain").status, 202)
        wait_until(lambda: server.ask_admin("GET", "/readyz").status == 503, "the drain begins")
        server.send_signal(signal.SIGTERM)
        self.assertEqual(server.wait_end(), 0)
        server.check_sanitizers()


    def test_views_of_the_last_moment_are_not_lost(self):
        server = self.serve()
        with server.connect() as c:
            product = {"name": "seen", "price": {"amount_minor": 1, "currency": "GBP"}}
            self.assertEqual(c.ask("PUT", "/v1/products/seen", product).status, 201)
            for _ in range(7):
                self.assertEqual(c.ask("GET", "/v1/products/seen").status, 200)
        server.end()
        top = self.serve().ask("GET", "/v1/stats/top?metric=views&window=all&limit=1").json()
        self.assertEqual(top["items"], [{"product_id": "seen", "value": 7}])


class Errors(SystemTest):
    """A standard error that is full, and that nobody reads."""

    def serve_unread(self, *settings):
        reading, writing = os.pipe()
        self.addCleanup(os.close, reading)
        self.addCleanup(os.close, writing)
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(writing, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writing, b"x")
        os.set_blocking(writing, True)
        server = self.serve(*settings, before_exec=lambda: os.dup2(writing, 2))
        self.assertEqual(server.ask("GET", "/hello").body, b"Hello")
        return server

    def test_a_stop_does_not_wait_for_the_log(self):
        server = self.serve_unread("drain.delay=0ms")
        begin = time.monotonic()
        server.end()
        self.assertLess(time.monotonic() - begin, 10)

    def test_a_second_signal_ends_at_once_all_the_same(self):
        server = self.serve_unread("drain.delay=60s")
        server.send_signal(signal.SIGTERM)
        wait_until(lambda: server.ask_admin("GET", "/readyz").status == 503, "the drain begins")

        def is_ended_by_another():
            with contextlib.suppress(ProcessLookupError):
                server.send_signal(signal.SIGTERM)
            return not server.is_running()

        wait_until(is_ended_by_another, "an impatient user is heard", pause=0.7)
        self.assertEqual(server.wait_end(), 1)


class Ports(SystemTest):
    def test_all_tiers_in_one_process_listen_on_their_two_ports_only(self):
        server = self.serve(arguments=("--tier", "all"))
        inodes = set()
        for name in os.listdir(f"/proc/{server.pid}/fd"):
            target = os.readlink(f"/proc/{server.pid}/fd/{name}")
            if target.startswith("socket:["):
                inodes.add(target[len("socket:["):-1])
        ports, others = set(), []
        for table in ("tcp", "tcp6", "udp", "udp6"):
            with open(f"/proc/{server.pid}/net/{table}", encoding="ascii") as rows:
                for row in list(rows)[1:]:
                    columns = row.split()
                    if columns[9] not in inodes:
                        continue
                    host, _, port = columns[1].rpartition(":")
                    if table == "tcp" and columns[3] == "0A" and host == "0100007F":
                        ports.add(int(port, 16))
                    else:
                        others.append((table, row))
        self.assertEqual(ports, {server.address[1], server.admin[1]})
        self.assertEqual(others, [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
