"""The registry of the load test's peers agrees with the lock files, with its README and with itself. Builds nothing."""

import pathlib
import re
import sys
import tempfile
import tomllib
import unittest

LOADTEST = pathlib.Path(__file__).resolve().parents[2] / "loadtest"
sys.path.insert(0, str(LOADTEST))

import answers  # noqa: E402
import peers  # noqa: E402
from failure import Failure  # noqa: E402

RUST, GO = peers.HERE / "rust", peers.HERE / "go"
PUBLIC_INDEX = re.compile(r"registry\+https:/{2}github\.com/rust-lang/crates\.io-index")
HELLO = (
    b"HTTP/1.1 200 OK\r\nDate: Wed, 25 Nov 2026 17:35:59 GMT\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 5\r\n\r\nHello"
)
PAGE = (
    b'HTTP/1.1 200 OK\r\nDate: Wed, 25 Nov 2026 17:35:59 GMT\r\nContent-Type: application/json\r\nETag: "v1-0a"\r\n'
    b'Content-Length: 12\r\n\r\n{"id":"8512"}'
)


def locked_crates():
    packages = tomllib.loads((RUST / "Cargo.lock").read_text())["package"]
    return {(package["name"], package["version"]) for package in packages}


def locked_modules():
    """Name and version of each direct requirement, the name as its last path element."""
    lines = (GO / "go.mod").read_text().splitlines()
    direct = [line.split() for line in lines if line.startswith("\t") and "// indirect" not in line]
    return {(name.rpartition("/")[2], version.removeprefix("v")) for name, version in direct}


class Registry(unittest.TestCase):
    def test_names_are_unique_and_groups_and_pages_are_known(self):
        names = [peer.name for peer in peers.PEERS]
        self.assertEqual(len(names), len(set(names)))
        for peer in peers.PEERS:
            self.assertIn(peer.group, {"study", "fair", "durable", "floor", "troupe"}, peer.name)
            self.assertTrue(peer.serves and peer.serves <= {"hello", "product", "echo", "payment"}, peer.name)

    def test_versions_are_those_of_the_lock_files(self):
        crates, modules = locked_crates(), locked_modules()
        checked = 0
        for peer in peers.PEERS:
            locked = crates if peer.language == "Rust" else modules if peer.language == "Go" else set()
            for part in peer.version.split(", "):
                name, _, version = part.partition(" ")
                if not re.fullmatch(r"\d+\.\d+\.\d+", version) or not locked:
                    continue
                self.assertIn((name, version), locked, peer.name)
                checked += 1
        self.assertGreaterEqual(checked, 15)

    def test_direct_dependencies_are_pinned_to_what_is_locked(self):
        crates = locked_crates()
        wanted = tomllib.loads((RUST / "Cargo.toml").read_text())["workspace"]["dependencies"]
        for member in RUST.glob("*/Cargo.toml"):
            for name, given in tomllib.loads(member.read_text())["dependencies"].items():
                if not given.get("workspace"):
                    wanted[given.get("package", name)] = given
        for name, given in wanted.items():
            if isinstance(given, dict) and "path" in given:
                continue
            version = given if isinstance(given, str) else given["version"]
            self.assertTrue(version.startswith("="), f"{name} is not pinned: {version}")
            self.assertIn((name, version[1:]), crates)
        sums = (GO / "go.sum").read_text()
        for name, version in locked_modules():
            self.assertRegex(sums, rf"(?m)/{re.escape(name)} v{re.escape(version)} h1:")

    def test_every_peer_has_a_program_that_is_built_from_a_source_in_the_tree(self):
        workspace = tomllib.loads((RUST / "Cargo.toml").read_text())["workspace"]["members"]
        packages = {tomllib.loads((RUST / m / "Cargo.toml").read_text())["package"]["name"] for m in workspace}
        for peer in peers.PEERS:
            if peer.name in peers.CARGO:
                self.assertIn(peers.CARGO[peer.name], packages)
            elif peer.name in peers.GO:
                self.assertTrue((GO / peers.GO[peer.name] / "main.go").exists(), peer.name)
            elif peer.name not in peers.CMAKE:
                self.assertTrue((peers.HERE / peer.name).is_dir(), peer.name)

    def test_files_name_no_address_but_the_public_index_that_cargo_writes(self):
        for path in [p for p in peers.HERE.rglob("*") if p.is_file()]:
            text = PUBLIC_INDEX.sub("", path.read_text())
            self.assertNotRegex(text, r"https?:/{2}(?!127\.0\.0\.1|localhost)", str(path))

    def test_a_toolchain_that_is_missing_or_too_old_is_said_with_what_to_do(self):
        for command, why in [(["no-such-tool"], "is missing"), (["echo", "9.8.7"], "too old")]:
            peers.TOOLS["tried"] = (command, (9, 9), "Tried")
            self.addCleanup(peers.TOOLS.pop, "tried", None)
            with self.assertRaisesRegex(Failure, f"tried .*{why}.*install Tried, 9.9 or later"):
                peers._require("tried")
        peers.TOOLS["tried"] = (["echo", "9.10"], (9, 9), "Tried")
        self.assertTrue(peers._require("tried").endswith("echo"))

    def test_go_is_built_for_what_the_machine_has(self):
        newer = "avx avx2 bmi1 bmi2 f16c fma abm movbe"
        self.assertEqual(peers.go_level(f"processor : 0\nflags\t\t: fpu {newer} sse4_2\n"), "v3")
        self.assertEqual(peers.go_level(f"flags : {newer.replace('avx2', '')}\n"), "v1")
        self.assertEqual(peers.go_level("processor : 0\n"), "v1")

    def test_both_drivers_sqlite_is_compiled_alike(self):
        flags = tomllib.loads((RUST / ".cargo" / "config.toml").read_text())["env"]["LIBSQLITE3_FLAGS"]
        self.assertEqual(peers.SQLITE_FLAGS, "-O3 " + flags)
        self.assertIn("-DHAVE_FDATASYNC=1", flags)

    def test_readme_has_the_registry_as_its_table(self):
        readme = (peers.HERE / "README.md").read_text().splitlines()
        rows = [line for line in readme if re.match(r"\| `[a-z-]+` \|", line)]
        self.assertEqual(rows, [peers.row(peer) for peer in peers.PEERS])


class Commands(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = pathlib.Path(place.name)
        self.products = self.place / "products.tsv"
        answers.write_products(self.products, {"85123A": PAGE})

    def test_peers_get_port_threads_and_what_they_serve(self):
        for peer in peers.PEERS:
            if peer.name in peers.CMAKE or peer.name == "nginx":
                continue
            argv, environment = peers.command(peer, 7001, 2, self.products, self.place)
            self.assertIn(["7001", "2"], [argv[i : i + 2] for i in range(len(argv))], peer.name)
            self.assertEqual(str(self.products) in argv, "product" in peer.serves, peer.name)
            self.assertIn("PATH", environment)

    def test_payments_are_grouped_when_the_name_says_so(self):
        for peer in peers.PEERS:
            if peer.group == "durable":
                argv, _ = peers.command(peer, 7001, 2, None, self.place)
                most = "1024" if peer.name.endswith("-grouped") else "1"
                self.assertEqual(argv[-2:], [str(self.place / "payments.sqlite"), most])

    def test_nginx_gets_a_configuration_with_the_pages(self):
        argv, _ = peers.command(peers.named("nginx"), 7001, 2, self.products, self.place)
        text = pathlib.Path(argv[-1]).read_text()
        for line in ["worker_processes 2;", "listen 127.0.0.1:7001 reuseport", """'/v1/products/85123A' '"v1-0a"';"""]:
            self.assertIn(line, text)

    def test_nginx_refuses_a_page_that_its_configuration_would_change(self):
        self.products.write_text('A\t"t"\t{"price":"$1"}\n')
        with self.assertRaises(Failure):
            peers.command(peers.named("nginx"), 7001, 2, self.products, self.place)


class SameAnswer(unittest.TestCase):
    def differences(self, got):
        return answers.same_answer(HELLO, got)

    def test_only_the_value_of_date_may_differ(self):
        self.assertEqual(self.differences(HELLO.replace(b"17:35:59", b"17:36:00")), [])
        self.assertEqual(len(self.differences(HELLO.replace(b"Date: Wed, 25 Nov 2026", b"Date: now,"))), 2)

    def test_order_and_case_of_fields_are_told_apart_from_other_differences(self):
        date, rest = HELLO.split(b"\r\n", 2)[1:]
        moved = b"HTTP/1.1 200 OK\r\n" + rest.replace(b"\r\n\r\n", b"\r\n" + date + b"\r\n\r\n")
        self.assertEqual(self.differences(moved), ["order: content-type, content-length, date"])
        small = HELLO.replace(b"Content-Type", b"content-type")
        self.assertEqual(self.differences(small), ["case: content-type instead of Content-Type"])

    def test_fields_values_status_body_and_length_that_differ_are_named(self):
        more = HELLO.replace(b"\r\n\r\n", b"\r\nServer: x\r\n\r\n")
        self.assertEqual(self.differences(more), ["field more: server: x"])
        self.assertEqual(answers.same_answer(more, HELLO), ["field missing: server: x"])
        twice = HELLO.replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\n\r\n")
        self.assertEqual(self.differences(twice), ["field more: content-length: 5"])
        status = self.differences(HELLO.replace(b"200 OK", b"201 Created"))
        self.assertEqual(status, ["status line 'HTTP/1.1 201 Created' instead of 'HTTP/1.1 200 OK'"])
        self.assertEqual(self.differences(HELLO[:-1]), ["body of 4 bytes instead of 5, different from byte 4 on"])
        self.assertEqual(self.differences(HELLO.replace(b"Type: ", b"Type:")), ["white space in the head"])

    def test_what_is_no_answer_fails(self):
        for wrong in [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nno field\r\n\r\n"]:
            with self.assertRaises(Failure):
                self.differences(wrong)

    def test_product_file_is_made_of_pages_only(self):
        with tempfile.TemporaryDirectory() as place:
            path = pathlib.Path(place) / "products.tsv"
            answers.write_products(path, {"8512": PAGE})
            self.assertEqual(path.read_bytes(), b'8512\t"v1-0a"\t{"id":"8512"}\n')
            with self.assertRaises(Failure):
                answers.write_products(path, {"8512": HELLO})


if __name__ == "__main__":
    unittest.main()
