#!/usr/bin/env python3
"""Checks a server's books against the retail file it was fed with by `troupe import` and `troupe replay`.

Usage: books.py FILE http://HOST:PORT     one line a check; exit code 1 on any difference, 2 when it cannot check
       books.py FILE                      prints what the file says, asks no server

An independent reckoning: reads only the CSV (.xz too) and the HTTP interface, shares no code with the server.
The mapping: product per StockCode (last Description that is neither empty nor NA, last UnitPrice above 0); line = UnitPrice
in thousandths of a pound x Quantity; invoice = sum of its lines in pence, halves away from zero; no prefix and above 0: a
payment; prefix C: a credit of the negated amount; all else skipped; lines with Quantity > 0 of payments are purchases.
The server must have started empty, with one replay of the whole file (any number of restarts) and no refunds.
"""
import collections
import csv
import decimal
import http.client
import json
import lzma
import re
import sys
import urllib.parse

THOUSANDTH, PENNY = decimal.Decimal("0.001"), decimal.Decimal("0.01")


def rounded(amount, unit):
    return int(amount.quantize(unit, rounding=decimal.ROUND_HALF_UP) / unit)


def read(path):
    with open(path, "rb") as start:
        is_xz = start.read(6) == b"\xfd7zXZ\0"
    opener = lzma.open if is_xz else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file, strict=True)


class Books:
    def __init__(self, rows):
        names, prices, invoices = {}, {}, {}
        self.rows = 0
        for row in rows:
            self.rows += 1
            code, price, quantity = row["StockCode"], decimal.Decimal(row["UnitPrice"]), int(row["Quantity"])
            names.setdefault(code, "")
            if row["Description"] not in ("", "NA"):
                names[code] = row["Description"]
            if price > 0:
                prices[code] = rounded(price, PENNY)
            invoices.setdefault(row["InvoiceNo"], []).append((code, quantity, rounded(price, THOUSANDTH) * quantity))

        self.products = {code: (name, prices[code]) for code, name in names.items() if name and code in prices}
        self.no_products = sorted(code for code in names if code not in self.products)
        self.payments, self.credits, self.skipped = {}, {}, collections.Counter()
        self.invoices, self.events, self.purchases = len(invoices), 0, collections.Counter()
        for number, lines in invoices.items():
            pence = rounded(decimal.Decimal(sum(line[2] for line in lines)) * THOUSANDTH, PENNY)
            prefix = re.match("[A-Za-z]*", number).group()
            if prefix == "" and pence > 0:
                self.payments[number] = pence
                for code, quantity, _ in lines:
                    if quantity > 0:
                        self.events += 1
                        self.purchases[code] += quantity
            elif prefix == "C" and pence < 0:
                self.credits[number] = -pence
            else:
                self.skipped["other prefix" if prefix not in ("", "C") else
                             "credit not above 0" if prefix else "amount not above 0"] += 1

    def top(self, limit):
        ranked = sorted(self.purchases.items(), key=lambda item: (-item[1], item[0].encode()))
        return [{"product_id": code, "value": value} for code, value in ranked[:limit]]


class Server:
    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "http" or not parts.hostname or parts.path not in ("", "/"):
            raise ValueError(f"{url}: write http://HOST:PORT")
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=30)

    def get(self, path):
        for attempt in (1, 2):  # a server may close a kept connection: ask once more on a new one
            try:
                self.connection.request("GET", path)
                answer = self.connection.getresponse()
                body = answer.read()
                break
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.connection.close()
                if attempt == 2:
                    raise
        return answer.status, json.loads(body) if body else None


def compare(books, server):
    """Yields (what, what the file says, what the server says)."""
    status, balance = server.get("/v1/ledger/balance")
    yield "balance is answered", 200, status
    if status != 200:
        return
    for what, amounts in (("payments", books.payments), ("credits", books.credits), ("refunds", {})):
        expected = {"count": len(amounts), "amount_minor": sum(amounts.values())}
        yield f"{what}, number and sum in pence", expected, balance.get(what)
    yield "currency of the ledger", "GBP", balance.get("currency")
    yield "sum of all ledger entries", 0, balance.get("entries_sum_minor")

    status, top = server.get("/v1/stats/top?metric=purchases&window=all&limit=10")
    yield "top ten products by purchases", books.top(10), top.get("items") if status == 200 else f"status {status}"

    wrong = []
    for code, (name, price) in books.products.items():
        status, product = server.get("/v1/products/" + urllib.parse.quote(code, safe=""))
        # Stock: the file says nothing of it, and sales are counted by stats, not taken from it.
        expected = (code, name, {"amount_minor": price, "currency": "GBP"}, 0)
        found = tuple(product.get(field) for field in ("id", "name", "price", "stock")) if status == 200 else f"status {status}"
        if found != expected:
            wrong.append((expected, found))
    yield f"{len(books.products)} products, name, price and stock: differences", [], wrong[:5]
    there = [code for code in books.no_products
             if server.get("/v1/products/" + urllib.parse.quote(code, safe=""))[0] != 404]
    yield f"{len(books.no_products)} codes without name or price are no products: exceptions", [], there[:5]


def main(arguments):
    if len(arguments) not in (1, 2) or arguments[0].startswith("-"):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        books = Books(read(arguments[0]))
        print(f"file: {books.rows} rows, {books.invoices} invoices, {len(books.payments)} payments of "
              f"{sum(books.payments.values())} pence, {len(books.credits)} credits of {sum(books.credits.values())} pence, "
              f"skipped {dict(books.skipped)}, {books.events} purchases, {len(books.products)} products, "
              f"{len(books.no_products)} codes that are none")
        if len(arguments) == 1:
            print(json.dumps({"top": books.top(10)}))
            return 0
        differences = 0
        for what, expected, found in compare(books, Server(arguments[1])):
            same = expected == found
            differences += not same
            print(f"ok     {what}" if same else f"WRONG  {what}: file {expected}, server {found}")
    except (OSError, ValueError, KeyError, lzma.LZMAError, csv.Error, decimal.InvalidOperation,
            http.client.HTTPException) as problem:
        print(f"books.py: cannot check: {type(problem).__name__}: {problem}", file=sys.stderr)
        return 2
    print("the books agree" if differences == 0 else f"{differences} checks differ")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
