"""kill -9 at random moments, again and again on the same data: what was answered 2xx is there exactly once.

C-117, C-133. Payments, credits and refunds: what a write is about stands in its name, so that it can be asked again without a table.

TROUPE_CRASHES sets how often (100); TROUPE_CRASH_SEED repeats the moments of a run.
"""
import concurrent.futures
import contextlib
import os
import random
import sqlite3
import threading
import time
import unittest

from troupe_process import Closed, SystemTest, key, payment, request

CRASHES = int(os.environ.get("TROUPE_CRASHES", "100"))
SEED = int(os.environ.get("TROUPE_CRASH_SEED", str(random.SystemRandom().randrange(2**32))))
LIVES = 2  # data directories at a time: a start waits for its disk, and takes a second under the sanitizers
CLIENTS = 4
PIPELINED = 8  # writes that one client has under way
CHECK_EVERY = 10


def amount_of(name):
    """A different amount for nearly every key, known again without a table."""
    return 1 + sum(ord(c) * 31**i for i, c in enumerate(name)) % 99991


def kind_of(name):
    """"payment:...", "credit:...", "refund:PAYMENT": a refund of 1 penny."""
    return name.partition(":")[0]


def post(name):
    if kind_of(name) == "refund":
        return request("POST", f"/v1/payments/{name.partition(':')[2]}/refunds", {"amount_minor": 1, "reason": "crash"}, key(name))
    where = "/v1/credits" if kind_of(name) == "credit" else "/v1/payments"
    return request("POST", where, payment("crash", amount_of(name), name), key(name))


def money(names):
    """The balance's entry for writes of one kind."""
    names = list(names)
    return {"count": len(names), "amount_minor": sum(1 if kind_of(name) == "refund" else amount_of(name) for name in names)}


def totals(names):
    return {kind + "s": money(name for name in names if kind_of(name) == kind) for kind in ("payment", "refund", "credit")}


class Client(threading.Thread):
    """Posts writes until the server is gone. `acknowledged`: the id of each that was answered 201."""

    def __init__(self, server, prefix):
        super().__init__()
        self.server, self.prefix = server, prefix
        self.acknowledged, self.unknown, self.wrong = {}, [], []

    def run(self):
        number, paid = 0, None
        try:
            with self.server.connect() as c:
                while True:
                    names = [f"{'credit' if i == 0 else 'payment'}:{self.prefix}-{number + i}" for i in range(PIPELINED)]
                    if paid:
                        names[1] = "refund:" + paid
                    number += PIPELINED
                    self.unknown += names
                    c.send(b"".join(map(post, names)))
                    for name in names:
                        answer = c.read()
                        if answer.status != 201:
                            self.wrong.append((name, answer))
                            return
                        self.acknowledged[name] = answer.json()["id"]
                        self.unknown.remove(name)
                    paid = self.acknowledged[names[-1]]
        except (Closed, OSError):
            pass  # killed


class Life:
    """One data directory through its crashes, with what must be found in it."""

    def __init__(self, number, data):
        self.name, self.data = f"life {number} of seed {SEED}", data
        self.random = random.Random(SEED + number)
        self.every = {}  # name: id, of all that are known to be recorded
        self.while_starting = 0


class Crashes(SystemTest):
    maxDiff = None

    def test_acknowledged_writes_survive_every_crash_exactly_once(self):
        print(f"seed {SEED}, {CRASHES} crashes", flush=True)
        began = time.monotonic()
        lives = [Life(number, self.directory / f"data{number}") for number in range(LIVES)]
        with concurrent.futures.ThreadPoolExecutor(LIVES) as pool:
            shares = [CRASHES // LIVES + (number < CRASHES % LIVES) for number in range(LIVES)]
            for done in [pool.submit(self.live, life, crashes) for life, crashes in zip(lives, shares)]:
                done.result()
        writes = sum(len(life.every) for life in lives)
        print(f"{sum(life.while_starting for life in lives)} crashes while starting, {writes} writes, "
              f"{time.monotonic() - began:.1f} s", flush=True)
        self.assertGreater(writes, CRASHES)

    def live(self, life, crashes):
        recent, unknown = {}, []
        for crash in range(1, crashes + 1):
            server = self.launch(data_dir=life.data)
            if life.random.random() < 0.1:
                time.sleep(life.random.uniform(0, 0.2))  # during the start, recovery perhaps
                server.kill()
                life.while_starting += 1
                continue
            server.wait_ready()
            clients = [Client(server, f"{crash}-{i}") for i in range(CLIENTS)]
            for client in clients:
                client.start()
            time.sleep(life.random.uniform(0.005, 0.06))  # the random moment
            server.kill()
            for client in clients:
                client.join()
                self.assertEqual(client.wrong, [], life.name)
                recent.update(client.acknowledged)
                unknown += client.unknown
            if crash % CHECK_EVERY == 0:
                self.check(life, recent, unknown)
                recent, unknown = {}, []
        self.check(life, recent, unknown)
        self.check_all(life)

    def check(self, life, acknowledged, unknown):
        """A while without a crash: what was acknowledged is there, and what was not can be asked again."""
        server = self.serve(data_dir=life.data)
        with server.connect() as c:
            self.assert_found(c, life, acknowledged)
            balance = server.balance()
            least, most = totals([*life.every, *acknowledged]), totals([*life.every, *acknowledged, *unknown])
            for kind in least:
                self.assertGreaterEqual(balance[kind]["count"], least[kind]["count"], (kind, life.name))
                self.assertLessEqual(balance[kind]["count"], most[kind]["count"], (kind, life.name))
            self.assertEqual(balance["entries_sum_minor"], 0, life.name)
            life.every.update(acknowledged)
            retried = {}
            # Acknowledged ones among them: a client may forget that it was answered.
            sample = life.random.sample(sorted(acknowledged), min(20, len(acknowledged)))
            for names in batches(unknown + sample):
                c.send(b"".join(map(post, names)))
                for name in names:
                    answer = c.read()
                    self.assertEqual((answer.status, answer.json().get("amount_minor")), (201, money([name])["amount_minor"]), answer)
                    self.assertEqual(acknowledged.get(name, answer.json()["id"]), answer.json()["id"], life.name)
                    retried[name] = answer.json()["id"]
            life.every.update(retried)
            self.assert_found(c, life, retried)
        self.assertEqual(server.balance(), {"currency": "GBP", **totals(life.every), "entries_sum_minor": 0}, life.name)
        server.end()

    def assert_found(self, connection, life, ids):
        """Each payment by its id. A credit or refund cannot be asked for: its balance counts it, and a repetition has its id."""
        payments = sorted(name for name in ids if kind_of(name) == "payment")
        for names in batches(payments):
            connection.send(b"".join(request("GET", "/v1/payments/" + ids[name]) for name in names))
            for name in names:
                answer = connection.read()
                self.assertEqual(answer.status, 200, f"{name} was answered 201 and is gone; {life.name}")
                self.assertEqual((answer.json()["amount_minor"], answer.json()["reference"]), (amount_of(name), name))

    def check_all(self, life):
        """Every write of the life through the server, and the file itself without it."""
        server = self.serve(data_dir=life.data)
        with server.connect() as c:
            self.assert_found(c, life, life.every)
            others = [name for name in life.every if kind_of(name) != "payment"]
            for names in batches(others):
                c.send(b"".join(map(post, names)))
                for name in names:
                    self.assertEqual(c.read().json().get("id"), life.every[name], life.name)
        self.assertEqual(server.balance(), {"currency": "GBP", **totals(life.every), "entries_sum_minor": 0}, life.name)
        self.assertEqual(len(set(life.every.values())), len(life.every), "two keys share a write")
        server.end()
        with contextlib.closing(sqlite3.connect(life.data / "payments.sqlite")) as file:
            def ask(sql):
                return file.execute(sql).fetchall()
            self.assertEqual(ask("PRAGMA integrity_check"), [("ok",)])
            self.assertEqual(ask("SELECT count(*), count(DISTINCT key) FROM operations"), [(len(life.every),) * 2])
            self.assertEqual(ask("SELECT operation FROM entries GROUP BY operation HAVING count(*) != 2 OR sum(amount) != 0"), [])
            self.assertEqual(ask("SELECT count(DISTINCT operation) FROM entries"), [(len(life.every),)])


def batches(names, size=200):
    for at in range(0, len(names), size):
        yield names[at:at + size]


if __name__ == "__main__":
    unittest.main(verbosity=2)
