"""`troupe import` and `troupe replay` of a retail file, and books.py as the independent judge.

The real file (TROUPE_RETAIL, or shared/data beside the repository) is sampled when it is there, and taken whole with
TROUPE_RETAIL_WHOLE=1; a generated one is always used.
"""
import csv
import json
import lzma
import os
import pathlib
import random
import subprocess
import sys
import unittest

from troupe_process import BINARY, PATIENCE, SOURCE, SystemTest, environment, run_troupe, wait_until

COLUMNS = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
REAL = pathlib.Path(os.environ.get("TROUPE_RETAIL") or SOURCE.parent / "shared" / "data" / "online_retail_2010-12_2011-05.csv.xz")
SAMPLE_LINES = 10**9 if os.environ.get("TROUPE_RETAIL_WHOLE") else 4000


def generated(seed=20101201, lines=2000):
    """Rows in the shape of the real file, with what is odd in it."""
    chance = random.Random(seed)
    codes = [f"{chance.randrange(10000, 99999)}{chance.choice(['', 'A', 'b'])}" for _ in range(200)] + ["POST", "D", "BANK CHARGES"]
    names = {code: f'THING "{code}", OF {chance.choice(["ZINC", "GLASS", "CAFÉ"])}' for code in codes}
    prices = {code: chance.choice(["0.85", "2.55", "1.655", "0.125", "27.5", "11062.06", "0"]) for code in codes}
    rows, number = [], 536365
    while len(rows) < lines:
        number += 1
        kind = chance.random()
        prefix = "C" if kind < 0.12 else "A" if kind < 0.14 else ""
        customer = "NA" if chance.random() < 0.2 else str(chance.randrange(12346, 18287))
        for _ in range(chance.randint(1, 25)):
            code = chance.choice(codes)
            quantity = chance.randint(1, 48) * (-1 if prefix == "C" or chance.random() < 0.03 else 1)
            name = chance.choice([names[code]] * 8 + ["NA", ""])
            rows.append([f"{prefix}{number}", code, name, str(quantity), "2010-12-01 08:26:00", prices[code], customer, "United Kingdom"])
    return rows


def sampled():
    """The first whole invoices of the real file."""
    with lzma.open(REAL, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        assert next(rows) == COLUMNS
        taken = []
        for row in rows:
            if len(taken) >= SAMPLE_LINES and row[0] != taken[-1][0]:
                break
            taken.append(row)
    return taken


class Replay(SystemTest):
    def write(self, name, rows):
        path = self.directory / name
        with open(path, "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows])
        return path

    def import_into(self, data, path):
        return run_troupe("import", path, "--data-dir", data)

    def replay(self, path, server, *more):
        done = run_troupe("replay", path, "--target", server.url, "--connections", 16, "--json", *more)
        return done, json.loads(done.stdout)

    def assert_books_agree(self, path, server):
        done = subprocess.run([sys.executable, "-B", SOURCE / "tests" / "system" / "books.py", path, server.url],
                              capture_output=True, text=True, timeout=2 * PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("the books agree", done.stdout)
        self.assertNotIn("WRONG", done.stdout)

    def check_round_trip(self, rows):
        path = self.write("retail.csv", rows)
        done = self.import_into(self.directory / "data", path)
        self.assertEqual(done.returncode, 0, done)
        server = self.serve()
        done, summary = self.replay(path, server)
        self.assertEqual((done.returncode, summary["errors"]["count"], summary["complete"]), (0, 0, True), done)
        self.assertGreater(summary["payments"]["taken"], 10)
        self.assertGreater(summary["credits"]["taken"], 0)
        self.assert_books_agree(path, server)
        # Once more: every answer is a repetition.
        balance = server.balance()
        done, summary = self.replay(path, server)
        self.assertEqual((done.returncode, summary["events"]["accepted"]), (0, 0), done)
        self.assertEqual(server.balance(), balance)
        self.assert_books_agree(path, server)

    def test_a_generated_file_balances(self):
        self.check_round_trip(generated())

    @unittest.skipUnless(REAL.is_file(), "the real data is not here")
    def test_a_sample_of_the_real_file_balances(self):
        self.check_round_trip(sampled())

    def test_bad_rows_are_reported_by_line_and_the_rest_balances(self):
        rows = generated(7, 600)
        bad = [["900001", "85123A", "X", "many", "2010-12-01 08:26:00", "2.55", "17850", "United Kingdom"],
               ["900002", "85123A", "X", "6", "2010-12-01 08:26:00", "cheap", "17850", "United Kingdom"],
               ["900003", "85123A", "X", "6"],
               ["", "85123A", "X", "6", "2010-12-01 08:26:00", "2.55", "17850", "United Kingdom"],
               ["900004", "", "X", "6", "2010-12-01 08:26:00", "2.55", "17850", "United Kingdom"]]
        lines = [10, 50, 51, 200, 606]
        mixed = list(rows)
        for line, row in zip(lines, bad):
            mixed.insert(min(line - 2, len(mixed)), row)  # line 1 holds the names
        good, all_ = self.write("good.csv", rows), self.write("all.csv", mixed)
        found = [i for i, row in enumerate(mixed, 2) if row in bad]
        done = self.import_into(self.directory / "data", all_)
        self.assertEqual(done.returncode, 1, done)
        for line in found:
            self.assertRegex(done.stderr, rf"\bline {line}\b")
        self.assertIn(f"refused rows    {len(bad)}", done.stdout)
        server = self.serve()
        done, summary = self.replay(all_, server)
        self.assertEqual((done.returncode, summary["rows"]["refused"], summary["errors"]["count"]), (1, len(bad), 0), done)
        for line in found:
            self.assertRegex(done.stderr, rf"\bline {line}\b")
        self.assert_books_agree(good, server)

    def test_a_product_that_the_catalogue_refuses_is_reported_and_the_rest_is_imported(self):
        path = self.directory / "products.jsonl"
        good = [{"id": f"g{i}", "name": "fine", "price": {"amount_minor": i, "currency": "GBP"}} for i in range(3)]
        bad = {"id": "b", "name": "x", "description": "a\u0001b", "price": {"amount_minor": 1, "currency": "GBP"}}
        path.write_text("".join(json.dumps(row) + "\n" for row in [good[0], bad, *good[1:]]), encoding="utf-8")
        done = self.import_into(self.directory / "data", path)
        self.assertEqual(done.returncode, 1, done)
        self.assertRegex(done.stderr, r"\bline 2\b.*description")
        self.assertIn("created       3", done.stdout)

    def test_a_replay_that_is_killed_goes_on_where_it_was(self):
        path = self.write("retail.csv", generated(11))
        self.assertEqual(self.import_into(self.directory / "data", path).returncode, 0)
        server = self.serve()
        for kills in range(1, 4):
            with subprocess.Popen([BINARY, "replay", path, "--target", server.url, "--connections", "8", "--rate", "400"],
                                  env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                try:
                    wait_until(lambda: server.balance()["payments"]["count"] >= 25 * kills, "the replay gets on")
                    self.assertIsNone(process.poll(), "the replay ended before it could be killed")
                finally:
                    process.kill()
        done, summary = self.replay(path, server)
        self.assertEqual((done.returncode, summary["complete"]), (0, True), done)
        self.assert_books_agree(path, server)
        server.end()  # and what was counted is there after a restart
        self.assert_books_agree(path, self.serve())

    def test_importing_twice_changes_nothing(self):
        path = self.write("retail.csv", generated(3, 500))
        first = self.import_into(self.directory / "data", path)
        self.assertEqual(first.returncode, 0, first)
        server = self.serve()
        search = server.ask("GET", "/v1/products?page_size=100").body
        server.end()
        again = self.import_into(self.directory / "data", path)
        self.assertEqual(again.returncode, 0, again)
        self.assertRegex(again.stdout, r"created +0\n +updated +0\n +unchanged +[1-9]")
        self.assertEqual(self.serve().ask("GET", "/v1/products?page_size=100").body, search)

    def test_files_that_are_none_are_refused_with_a_reason(self):
        for name, content, word in (("empty.csv", b"", ""), ("names.csv", b"a,b\n1,2\n", "line 1"),
                                    ("torn.csv.xz", lzma.compress(b"x" * 10000)[:60], "")):
            path = self.directory / name
            path.write_bytes(content)
            for arguments in (("import", path, "--data-dir", self.directory / "data"), ("replay", path, "--target", "http://127.0.0.1:1")):
                done = run_troupe(*arguments)
                self.assertEqual(done.returncode, 1, done)
                self.assertIn(word, done.stderr)
                self.assertTrue(done.stderr.startswith("troupe "), done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
