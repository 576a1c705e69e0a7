"""What the project set out to reach, and whether a ranking reached it: judged by medians of ratios within a round; the verdict says when a round missed it."""

import report
from ranking import COST, RATE

REACHED, BY_THE_MEDIAN, MISSED, UNKNOWN = "reached", "reached by the median, not in each round", "**not reached**", "not measured"
EPOLL = ("troupe-epoll", "troupe")  # What runs by epoll: forced, or where there is no other way, unasked.
WAYS = ("troupe", "troupe-epoll", "troupe-io_uring")
FLOORS = ("floor", "floor-ring")
IDLE_BYTES = 96


def _verdict(good):
    return REACHED if good else MISSED


def _ratio(text, spread, name, reference, least=None, most=None):
    """A row for a ratio that must be at least, or at most, something."""
    if not spread:
        return text, "", UNKNOWN

    def good(ratio):
        if least == 1.0 or most == 1.0:  # ahead is more than level
            return ratio > 1.0 if least else ratio < 1.0
        return ratio >= least if least is not None else ratio <= most

    in_each = good(spread["min"]) and good(spread["max"])
    return text, f"{name} {report.show(spread, 3)} of {reference}", (REACHED if in_each else BY_THE_MEDIAN) if good(spread["median"]) else MISSED


def _to_floor(ranking, text, scenario, ways, floors, least):
    """The better of these ways against the better of these floors: better by its ratios to the epoll floor."""
    def better(names):
        found = [(ranking.ratio(scenario, name), name) for name in names]
        return max(((ratio["median"], name) for ratio, name in found if ratio), default=(None, None))[1]

    way, floor = better(ways), better(floors)
    spread = ranking.ratio(scenario, way, RATE, floor) if way and floor else None
    return _ratio(text, spread, way, floor, least=least)


def _to_peers(ranking, text, scenario, groups, least, way="troupe"):
    """Troupe as it runs unasked, or one way of it, against the peer that it is closest to, or behind."""
    closest = ranking.closest_peer(scenario, groups=groups, way=way)
    of = sum(bool(ranking.ratio(scenario, way, RATE, name)) for name in ranking.peers(groups))
    return _ratio(text, closest and closest[1], way, closest and f"{closest[0]}, the closest of {of}", least=least)


def _closest_of(closest, found):
    """The closest peer's name, and of how many that is."""
    return closest and f"{closest[0]}, the closest of {sum(map(bool, found))}"


def _cost(ranking):
    closest = ranking.closest_peer("hello", figure=COST)
    of = _closest_of(closest, (ranking.ratio("hello", "troupe", COST, name) for name in ranking.peers()))
    return _ratio("CPU per request on /hello: the lowest of all but the floor", closest and closest[1], "Troupe", of, most=1.0)


def _latency(ranking, load, same_rate):
    # Of a floor that did not hold the rate the times are those of its queue, and nothing can be compared with them.
    to_floors = [(spread, name) for name in FLOORS
                 if (spread := ranking.latency_ratio(name, same_rate)) and ranking.holds(name, same_rate)]
    floor, name = max(to_floors, key=lambda found: found[0]["median"], default=(None, None))
    closest = ranking.closest_latency(same_rate)
    of = _closest_of(closest, (ranking.latency_ratio(name, same_rate) for name in ranking.peers()))
    return [
        _ratio(f"p99 at {load}: at most 1.3 of the quicker floor's", floor, "Troupe", name, most=1.3),
        _ratio(f"p99 at {load}: below every peer's", closest and closest[1], "Troupe", of, most=1.0),
    ]


def _payments(ranking, text, key):
    to_peers = ranking.data["programs"].get("payments", {}).get(key) or {}
    if not to_peers:
        return text, "", UNKNOWN
    name = min(to_peers, key=lambda peer: to_peers[peer]["median"])
    return _ratio(text, to_peers[name], "Troupe", _closest_of((name,), to_peers.values()), least=1.0)


def _idle(ranking):
    text = f"an idle connection: at most {IDLE_BYTES} bytes of user memory"
    each = ranking.data["programs"].get("idle_memory", {}).get("bytes_per_connection")
    if not each:
        return text, "", UNKNOWN
    return text, f"{each['rss_bytes']:.1f} bytes", _verdict(each["rss_bytes"] <= IDLE_BYTES)


def _soak(ranking):
    text = "soak: no slope of memory, no error, also not in a million requests over 1,000 connections"
    run = ranking.data.get("soak")
    if not run or not run["samples"]:
        return text, "", UNKNOWN
    return text, f"{run['load']['requests']:,} requests in {run['minutes']} min", _verdict(not run["failures"])


def judged(ranking):
    """[(target, what was measured, verdict)], all of them, in the order of the project's issue."""
    return [
        _to_floor(ranking, "/hello with epoll: at least 0.95 of the epoll floor", "hello", EPOLL[:1] if ranking.has(
            "hello", EPOLL[0]) else EPOLL[1:], FLOORS[:1], 0.95),
        _to_floor(ranking, "/hello with the better back end: at least 0.95 of the better floor", "hello", WAYS, FLOORS, 0.95),
        _to_peers(ranking, "/hello: at least 1.05 of the best of the study's seven", "hello", ("study",), 1.05),
        _to_peers(ranking, "the same, scheduled as the seven are", "hello", ("study",), 1.05, "troupe-normal"),
        _to_peers(ranking, "/hello: ahead of every peer", "hello", ("study", "fair"), 1.0),
        _to_floor(ranking, "close: at least 0.95 of the floor", "close", ("troupe",), FLOORS, 0.95),
        _to_peers(ranking, "close: ahead of the best of the study's seven", "close", ("study",), 1.0),
        _to_peers(ranking, "the same, scheduled as the seven are (and accepting with TCP_DEFER_ACCEPT, as they do not)", "close", ("study",), 1.0, "troupe-normal"),
        _to_floor(ranking, "product page: at least 0.85 of the floor with the same bytes", "product", ("troupe",), FLOORS, 0.85),
        _to_peers(ranking, "product page: ahead of every peer, all of which parse and look up", "product", ("study", "fair"), 1.0),
        _cost(ranking),
        *_latency(ranking, "50 % of each server's maximum", False),
        *_latency(ranking, "half of Troupe's maximum, the same rate for all", True),
        _idle(ranking),
        _payments(ranking, "durable payments: ahead of every peer as durable", "ratio_to_peers"),
        _payments(ranking, "durable payments on short connections: ahead of every peer as durable", "short_ratio_to_peers"),
        _soak(ranking),
    ]


def table(ranking):
    return report.markdown_table(["target", "measured", ""], judged(ranking))
