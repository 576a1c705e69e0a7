"""The routes of hello, catalog, payment and stats, as a client sees them."""
import threading
import unittest
import urllib.parse

from troupe_process import PATIENCE, SharedServerTest, SystemTest, key, payment


def product(name, amount_minor=100, **more):
    return {"name": name, "price": {"amount_minor": amount_minor, "currency": "GBP"}, **more}


def together(count, work):
    """Runs `work(i)` in `count` threads that begin at the same time. The results in the order of i."""
    results, gate = [None] * count, threading.Barrier(count)

    def run(i):
        gate.wait(PATIENCE)
        results[i] = work(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class Hello(SharedServerTest):
    def test_hello_greets_and_the_start_page_names_the_services(self):
        answer = self.server.ask("GET", "/hello")
        self.assertEqual((answer.status, answer.body, answer.field("Content-Type")), (200, b"Hello", "text/plain"))
        page = self.server.ask("GET", "/")
        self.assertEqual((page.status, page.field("Content-Type")), (200, "text/html; charset=utf-8"))
        for text in (b"/hello", b"/v1/products", b"/v1/ledger/balance", b"/v1/stats/top"):
            self.assertIn(text, page.body)

    def test_echo_returns_body_and_type_of_every_method(self):
        for method in ("POST", "PUT", "PATCH", "DELETE", "GET"):
            answer = self.server.ask(method, "/echo?x=1", b"\0\xff body", {"Content-Type": "application/x-odd"})
            self.assertEqual((answer.status, answer.body), (200, b"\0\xff body"), method)
            self.assertEqual(answer.field("Content-Type"), "application/x-odd")


class Catalog(SharedServerTest):
    def test_put_creates_then_replaces_and_get_reads_its_own_writes(self):
        made = self.server.ask("PUT", "/v1/products/cup", product("Cup", 250, stock=3, description="blue"))
        self.assertEqual((made.status, made.field("Location")), (201, "/v1/products/cup"))
        for _ in range(8):  # whichever replica answers
            got = self.server.ask("GET", "/v1/products/cup")
            self.assertEqual((got.status, got.body, got.field("ETag")), (200, made.body, made.field("ETag")))
        document = got.json()
        self.assertEqual({name: document[name] for name in ("id", "name", "description", "price", "stock", "version")},
                         {"id": "cup", "name": "Cup", "description": "blue",
                          "price": {"amount_minor": 250, "currency": "GBP"}, "stock": 3, "version": 1})
        changed = self.server.ask("PUT", "/v1/products/cup", product("Cup", 300))
        self.assertEqual((changed.status, changed.json()["version"], changed.json()["stock"]), (200, 2, 0))
        self.assertNotEqual(changed.field("ETag"), made.field("ETag"))
        for _ in range(8):
            self.assertEqual(self.server.ask("GET", "/v1/products/cup").body, changed.body)

    def test_conditional_requests(self):
        tag = self.server.ask("PUT", "/v1/products/tag", product("Tag")).field("ETag")
        with self.server.connect() as c:
            same = c.ask("GET", "/v1/products/tag", fields={"If-None-Match": f'"other", {tag}'})
            self.assertEqual((same.status, same.body, same.field("ETag")), (304, b"", tag))
            self.assertEqual(c.ask("GET", "/v1/products/tag", fields={"If-None-Match": '"other"'}).status, 200)
            self.assert_problem(c.ask("PUT", "/v1/products/tag", product("No"), {"If-Match": '"other"'}), 412)
            self.assert_problem(c.ask("PUT", "/v1/products/tag", product("No"), {"If-None-Match": "*"}), 412)
            self.assert_problem(c.ask("PUT", "/v1/products/absent", product("No"), {"If-Match": tag}), 412)
            self.assertEqual(c.ask("GET", "/v1/products/tag").json()["name"], "Tag")
            self.assertEqual(c.ask("PUT", "/v1/products/tag", product("Yes"), {"If-Match": tag}).status, 200)
        # Of many that saw the same version, one wins.
        tag = self.server.ask("GET", "/v1/products/tag").field("ETag")
        answers = together(16, lambda i: self.server.ask("PUT", "/v1/products/tag", product(f"Won {i}"), {"If-Match": tag}))
        self.assertEqual(sorted(a.status for a in answers), [200] + [412] * 15)

    def test_search_pages_through_everything_once(self):
        for i in range(25):
            self.server.ask("PUT", f"/v1/products/lamp-{i:02}", product(f"Reading lamp {i}", description="lantern"))
        found, token, pages = [], "", 0
        while True:
            target = "/v1/products?page_size=10&q=" + urllib.parse.quote("reading lam")
            answer = self.server.ask("GET", target + (f"&page_token={urllib.parse.quote(token)}" if token else ""))
            self.assertEqual(answer.status, 200, answer)
            found += [item["id"] for item in answer.json()["items"]]
            token, pages = answer.json()["next_page_token"], pages + 1
            if not token:
                break
        self.assertEqual((sorted(found), pages), ([f"lamp-{i:02}" for i in range(25)], 3))
        self.assertEqual(self.server.ask("GET", "/v1/products?q=nosuchword").json(), {"items": [], "next_page_token": ""})
        for target, name in (("page_size=0", "page_size"), ("page_size=101", "page_size"), ("page_size=x", "page_size"),
                             ("page_token=zzz", "page_token")):
            self.assert_problem(self.server.ask("GET", "/v1/products?" + target), 400, name)
        for odd in ('"', "'", "*", "a OR b", "NEAR(", "-x", "col:x", "%25' OR 1=1 --", "^", "(" * 500):
            answer = self.server.ask("GET", "/v1/products?q=" + urllib.parse.quote(odd))
            self.assertIn(answer.status, (200, 400), odd)

    def test_a_batch_reads_what_is_there_and_writes_all_or_nothing(self):
        written = self.server.ask("POST", "/v1/products:batch", {"products": [{**product("B1"), "id": "b1"}, {**product("B2"), "id": "b2"}]})
        self.assertEqual((written.status, written.json()), (200, {"created": 2, "updated": 0}))
        read = self.server.ask("POST", "/v1/products:batch", {"ids": ["b2", "none", "b1"]}).json()
        self.assertEqual(([p["id"] for p in read["products"]], read["missing"]), (["b2", "b1"], ["none"]))
        refused = self.server.ask("POST", "/v1/products:batch", {"products": [{**product("B3"), "id": "b3"}, {**product(""), "id": "b4"}]})
        self.assert_problem(refused, 400, "name")
        self.assertEqual(self.server.ask("GET", "/v1/products/b3").status, 404)
        self.assert_problem(self.server.ask("POST", "/v1/products:batch", {}), 400)

    def test_bad_documents_name_the_field(self):
        for body, field in (
                (product("x", 1, colour="red"), "colour"),
                ({"name": "x"}, "price"),
                (product("x", -1), "amount_minor"),
                (product("x", 1.5), "amount_minor"),
                (product("x", "1"), "amount_minor"),
                (product("x", 10**13), "amount_minor"),
                (product("x" * 257), "name"),
                (product(5), "name"),
                (product("x", stock=-1), "stock"),
                (product("x", id="other"), "id")):
            with self.subTest(body):
                # An amount that is none is the one fault of a JSON object that is not 400 (C-55).
                self.assert_problem(self.server.ask("PUT", "/v1/products/bad", body), 422 if field == "amount_minor" else 400, field)
        for raw in (b"", b"{", b"[]", b"null", b'{"name":"a","name":"b"}', b'{"name":"\xff"}', b"[" * 100000, b'{"stock":1e400}',
                    b'{"name":"\\ud800"}', b"\xef\xbb\xbf{}", b'{"stock":NaN}'):
            with self.subTest(raw[:20]):
                answer = self.server.ask("PUT", "/v1/products/bad", raw, {"Content-Type": "application/json"})
                self.assert_problem(answer, 400)
        self.assertEqual(self.server.ask("GET", "/v1/products/bad").status, 404)
        self.assert_problem(self.server.ask("PUT", "/v1/products/bad", b"name=x", {"Content-Type": "text/plain"}), 415)

    def test_names_with_odd_characters_come_back_as_they_were_sent(self):
        for name in ("Robert'); DROP TABLE products;--", "line\u2028break", "\u202eright to left", "😀 \u0301", "</script>", "\\u0000 \\"):
            made = self.server.ask("PUT", "/v1/products/odd", product(name))
            self.assertIn(made.status, (200, 201, 400), name)
            if made.status != 400:
                self.assertEqual(self.server.ask("GET", "/v1/products/odd").json()["name"], name)


class Payments(SystemTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve()

    def pay(self, amount, text, customer="c", **more):
        return self.server.ask("POST", "/v1/payments", {**payment(customer, amount), **more}, key(text))

    def test_the_key_decides_what_is_a_repetition_also_after_a_restart(self):
        self.assert_problem(self.server.ask("POST", "/v1/payments", payment("c", 1)), 400, "Idempotency-Key")
        for bad in ('""', "\"a", '"' + "k" * 256 + '"', '"a", "b"'):
            self.assert_problem(self.server.ask("POST", "/v1/payments", payment("c", 1), {"Idempotency-Key": bad}), 400)
        first = self.pay(500, "k1", reference="r")
        self.assertEqual(first.status, 201, first)
        document = first.json()
        self.assertEqual({name: document[name] for name in ("customer_id", "amount_minor", "currency", "reference", "refunded_minor")},
                         {**payment("c", 500, "r"), "refunded_minor": 0})
        again = self.pay(500, "k1", reference="r")
        self.assertEqual((again.status, again.body, again.field("Location")), (201, first.body, first.field("Location")))
        self.assert_problem(self.pay(501, "k1", reference="r"), 422)
        self.assertNotEqual(self.pay(500, "k1", customer="other", reference="r").json()["id"], document["id"])
        self.assertEqual(self.server.ask("POST", f"/v1/payments/{document['id']}/refunds", {"amount_minor": 200}, key("r1")).status, 201)

        self.server.end()
        self.server = self.serve()
        again = self.pay(500, "k1", reference="r")
        self.assertEqual((again.status, again.body, again.field("Location")), (201, first.body, first.field("Location")))
        self.assert_problem(self.pay(501, "k1", reference="r"), 422)
        got = self.server.ask("GET", first.field("Location"))
        self.assertEqual((got.status, got.json()["amount_minor"], got.json()["refunded_minor"]), (200, 500, 200))
        self.assertEqual(self.server.balance(), {"currency": "GBP", "payments": {"count": 2, "amount_minor": 1000},
                                                 "refunds": {"count": 1, "amount_minor": 200},
                                                 "credits": {"count": 0, "amount_minor": 0}, "entries_sum_minor": 0})

    def test_a_hundred_at_once_with_one_key_make_one_charge(self):
        answers = together(100, lambda _: self.pay(700, "storm"))
        self.assertLessEqual({a.status for a in answers}, {201, 409})
        charged = {a.body for a in answers if a.status == 201}
        self.assertEqual(len(charged), 1, charged)
        for answer in answers:
            if answer.status == 409:
                self.assert_problem(answer, 409)
        later = together(20, lambda _: self.pay(700, "storm"))
        self.assertLessEqual({a.status for a in later}, {201, 409})
        self.assertLessEqual({a.body for a in later if a.status == 201}, charged)
        self.assertEqual(self.pay(700, "storm").body, charged.pop())
        self.assertEqual(self.server.balance()["payments"], {"count": 1, "amount_minor": 700})

    def test_refunds_never_exceed_the_payment(self):
        location = self.pay(1000, "big").field("Location")
        answers = together(30, lambda i: self.server.ask("POST", location + "/refunds", {"amount_minor": 90}, key(f"r{i}")))
        self.assertEqual(sorted(a.status for a in answers), [201] * 11 + [422] * 19)
        self.assertEqual(self.server.ask("GET", location).json()["refunded_minor"], 990)
        self.assert_problem(self.server.ask("POST", location + "/refunds", {"amount_minor": 11}, key("last")), 422)
        self.assertEqual(self.server.ask("POST", location + "/refunds", {"amount_minor": 10}, key("rest")).status, 201)
        self.assert_problem(self.server.ask("POST", "/v1/payments/pay_" + "0" * 32 + "/refunds", {"amount_minor": 1}, key("x")), 404)
        balance = self.server.balance()
        self.assertEqual((balance["refunds"], balance["entries_sum_minor"]), ({"count": 12, "amount_minor": 1000}, 0))

    def test_credits_have_keys_of_their_own_kind_and_the_ledger_sums_to_zero(self):
        made = self.server.ask("POST", "/v1/credits", payment("c", 250), key("c1"))
        self.assertEqual(made.status, 201)
        self.assertEqual(self.server.ask("POST", "/v1/credits", payment("c", 250), key("c1")).body, made.body)
        self.assert_problem(self.server.ask("POST", "/v1/credits", payment("c", 251), key("c1")), 422)
        self.assert_problem(self.pay(250, "c1"), 422)  # one scope for both
        self.pay(100, "p1")
        self.pay(77, "p2", currency="EUR")
        balance = self.server.balance()
        self.assertEqual((balance["credits"], balance["payments"], balance["entries_sum_minor"]),
                         ({"count": 1, "amount_minor": 250}, {"count": 1, "amount_minor": 100}, 0))
        euros = self.server.balance("EUR")
        self.assertEqual((euros["payments"], euros["credits"]["count"], euros["entries_sum_minor"]), ({"count": 1, "amount_minor": 77}, 0, 0))

    def test_bad_documents_name_the_field_and_charge_nothing(self):
        good = payment("c", 1)
        for change, field in (({"amount_minor": 0}, "amount_minor"), ({"amount_minor": -5}, "amount_minor"),
                              ({"amount_minor": "10"}, "amount_minor"), ({"amount_minor": 0.5}, "amount_minor"),
                              ({"amount_minor": 2**63}, "amount_minor"), ({"amount_minor": None}, "amount_minor"),
                              ({"currency": "gbp"}, "currency"), ({"currency": "ZZZ"}, "currency"), ({"currency": 5}, "currency"),
                              ({"customer_id": ""}, "customer_id"), ({"customer_id": "x" * 65}, "customer_id"),
                              ({"customer_id": "a\nb"}, "customer_id"), ({"reference": "x" * 129}, "reference"), ({"tip": 1}, "tip")):
            with self.subTest(change):
                answer = self.server.ask("POST", "/v1/payments", {**good, **change}, key("bad"))
                self.assert_problem(answer, 422 if field == "amount_minor" else 400, field)
        for name in good:
            if name == "reference":
                continue  # may be left out
            without = {k: v for k, v in good.items() if k != name}
            self.assert_problem(self.server.ask("POST", "/v1/payments", without, key("bad")), 400, name)
        for content_type in ("text/plain", "application/json; charset=latin1"):
            answer = self.server.ask("POST", "/v1/payments", b"{}", {**key("bad"), "Content-Type": content_type})
            self.assert_problem(answer, 415)
        gzip = self.server.ask("POST", "/v1/payments", good, {**key("bad"), "Content-Encoding": "gzip"})
        self.assert_problem(gzip, 415)
        for target in ("/v1/payments/none", "/v1/payments/pay_" + "f" * 32):
            self.assert_problem(self.server.ask("GET", target), 404)
        self.assertEqual(self.server.balance()["payments"]["count"], 0)
        self.assertEqual(self.pay(1, "bad").status, 201)  # a refused request does not use its key up


class Stats(SharedServerTest):
    def event(self, id_, product_id, kind="purchase", quantity=1):
        return {"id": id_, "type": kind, "product_id": product_id, "quantity": quantity}

    def test_events_count_once_and_top_ranks_them(self):
        batch = {"events": [self.event("1", "a", quantity=5), self.event("2", "b", quantity=7), self.event("3", "c", quantity=5),
                            self.event("1", "a", quantity=5), {"id": "4", "type": "view", "product_id": "a"}]}
        answer = self.server.ask("POST", "/v1/events", batch)
        self.assertEqual((answer.status, answer.json()), (202, {"accepted": 4, "duplicates": 1}))
        self.assertEqual(self.server.ask("POST", "/v1/events", batch).json(), {"accepted": 0, "duplicates": 5})
        expected = [{"product_id": "b", "value": 7}, {"product_id": "a", "value": 5}, {"product_id": "c", "value": 5}]
        for window in ("1m", "1h", "all"):
            top = self.server.ask("GET", f"/v1/stats/top?metric=purchases&window={window}&limit=10").json()
            self.assertEqual(top, {"metric": "purchases", "window": window, "items": expected})
        self.assertEqual(self.server.ask("GET", "/v1/stats/top?limit=1").json()["items"], expected[:1])
        views = self.server.ask("GET", "/v1/stats/top?metric=views").json()["items"]
        self.assertEqual(views, [{"product_id": "a", "value": 1}])
        rates = self.server.ask("GET", "/v1/stats/rates").json()
        self.assertEqual(rates["window_seconds"], 60)
        self.assertAlmostEqual(rates["purchases_per_second"], 17 / 60, 2)
        self.assertAlmostEqual(rates["events_per_second"], 4 / 60, 2)

    def test_bad_documents_name_the_field(self):
        for event, field in (({"id": ""}, "id"), ({"type": "gift"}, "type"), ({"product_id": "x" * 65}, "product_id"),
                             ({"quantity": 0}, "quantity"), ({"quantity": 1000001}, "quantity"), ({"quantity": -1}, "quantity"),
                             ({"when": "now"}, "when")):
            with self.subTest(event):
                answer = self.server.ask("POST", "/v1/events", {"events": [{**self.event("9", "zz"), **event}]})
                self.assert_problem(answer, 400, field)
        self.assert_problem(self.server.ask("POST", "/v1/events", {"events": []}), 400, "events")
        many = {"events": [self.event(str(i), "zz") for i in range(1001)]}
        self.assert_problem(self.server.ask("POST", "/v1/events", many), 400, "events")
        self.assert_problem(self.server.ask("POST", "/v1/events", b"{}", {"Content-Type": "text/csv"}), 415)
        for query, field in (("metric=sales", "metric"), ("window=2m", "window"), ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit")):
            self.assert_problem(self.server.ask("GET", "/v1/stats/top?" + query), 400, field)
        items = self.server.ask("GET", "/v1/stats/top?limit=100").json()["items"]
        self.assertNotIn("zz", [item["product_id"] for item in items])


if __name__ == "__main__":
    unittest.main(verbosity=2)
