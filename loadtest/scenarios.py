"""What is asked of every server: the table of the ranking's scenarios, and the bytes that each tool sends."""

from dataclasses import dataclass

import ab
import connection
import servers

CONNECTIONS = 360
PIPELINE = 16
LOGIN = '{"user":"customer-17","password":"correct horse battery"}'
# What the study ran, and how long.
STUDY = ("hello", "close", "ab", "ab-close")
STUDY_SECONDS, STUDY_REQUESTS = 60, 1_000_000


@dataclass(frozen=True)
class Scenario:
    """`needs`: what a server must serve. `check`: whether the fair group's whole answer must be Troupe's, or its body.

    `judged`: whether a target of the project is about it.
    """

    name: str
    title: str
    about: str
    tool: str
    path: str
    needs: str = "hello"
    close: bool = False
    pipeline: int = 1
    body: str = ""
    mixed_path: str = ""
    check: str = "body"
    loses: frozenset = frozenset()
    judged: bool = False

    def rounds(self, asked):
        """All rounds that were asked for where a target of the project is judged by the scenario, two fifths elsewhere."""
        return asked if self.judged else max(1, asked * 2 // 5)

    def request(self, address):
        """The bytes that the tool sends, and so those by which the answer is checked before."""
        if self.tool == "ab":
            return ab.request(address, self.path, not self.close)
        if self.body:
            return connection.post_request(address, self.path, self.body, self.close)
        return connection.get_request(address, self.path, self.close)


RANKING = (
    Scenario("hello", "hello, keep-alive (wrk)", "`wrk -c360` on `/hello`: the study's first command", "wrk", "/hello",
             check="answer", judged=True),
    Scenario("close", "hello, Connection: close (wrk)", "the same, a connection for each request", "wrk", "/hello",
             close=True, judged=True),
    Scenario("ab", "hello, keep-alive (ab)", "`ab -c 1000 -r -k`: HTTP/1.0, and ab is one thread", "ab", "/hello"),
    Scenario("ab-close", "hello, close (ab)", "`ab -c 1000 -r`: HTTP/1.0, a connection for each request", "ab", "/hello",
             close=True),
    Scenario("product", "product page, keep-alive", "the same JSON from each server's own table in memory", "wrk",
             servers.PRODUCT_PATH, needs="product", check="answer", judged=True),
    Scenario("login", "login: POST, close", "a POST with a JSON body of 56 bytes on a connection of its own, which `/echo` "
             "reads and gives back; the server closes, so that TIME_WAIT stays on its side and the client's ports suffice", "wrk",
             "/echo", needs="echo", close=True, body=LOGIN),
    Scenario("mixed", "flash sale, 70/30", "of ten requests seven product pages on a kept connection and three `/hello` with "
             "Connection: close, after which the client connects anew", "wrk", servers.PRODUCT_PATH, needs="product",
             mixed_path="/hello"),
    Scenario("pipelined", f"hello, {PIPELINE} pipelined", f"{PIPELINE} requests in one write", "wrk", "/hello",
             pipeline=PIPELINE, loses=frozenset({"hyperlane"})),
)

# Measured by programs of their own: name -> title.
OTHERS = {
    "openloop": "latency at 10 to 90 % of each server's maximum",
    "ramp": "1 to 15,000 connections",
    "burst": "ten times the load for ten seconds",
    "payments": "durable payments, on kept connections and on one each",
    "idle_memory": "memory of idle connections",
}
NAMES = tuple(s.name for s in RANKING) + tuple(OTHERS)


def takes_part(scenario, peer):
    """Whether this server can do what the scenario asks; the floor answers anything, but only one thing."""
    if peer.group == "floor":
        return not scenario.mixed_path
    return scenario.needs in peer.serves and peer.name not in scenario.loses
