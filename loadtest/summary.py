"""The Markdown summary of a ranking, which README includes (see publish)."""

import columns
import report
import scenarios
from ranking import COST, RATE, Ranking

RESIDENT_AT = 15_000
FLOORS = ("floor", "floor-ring")


def ratio(figures, digits=2):
    return "" if figures is None else f"{figures['median']:.{digits}f}"


def rate(figures):
    return "" if figures is None else f"{figures['median']:,.0f}"


def best_line(ranking, scenario):
    """Troupe against the best peer of the scenario, in a sentence; nothing when either is missing."""
    best = ranking.best_peer(scenario["name"])
    against = best and ranking.ratio(scenario["name"], "troupe", RATE, best)
    if not against:
        return None
    floors = [(name, ranking.ratio(scenario["name"], "troupe", RATE, name)) for name in FLOORS]
    to_floors = "".join(f", {report.show(floor)} of {name}" for name, floor in floors if floor)
    return f"- {scenario['title']}: Troupe {report.show(against)} of {best}, the best peer{to_floors}"


def cost_line(ranking):
    """CPU per request on /hello: Troupe against the peer that needs least."""
    peers = [n for n, _ in ranking.ordered("hello", COST, descending=False) if ranking.kind(n) in ("study", "fair")]
    least = ranking.ratio("hello", "troupe", COST, peers[0]) if peers else None
    if not least:
        return None
    floor = ranking.ratio("hello", "troupe", COST)
    to_floor = f", {report.show(floor)} of floor" if floor else ""
    return f"- CPU per request on `/hello`: Troupe {report.show(least)} of {peers[0]}, the peer that needs least{to_floor}"


def latency_line(ranking):
    """p99 at half of the maximum: Troupe, the floor, the quickest peer."""
    p99 = {name: shares["50"]["p99_us"] for name, shares in ranking.latency.items() if shares["50"]["samples"]}
    peers = {name: us for name, us in p99.items() if ranking.kind(name) in ("study", "fair")}
    if "troupe" not in p99 or not peers:
        return None
    best = min(peers, key=peers.get)
    floor = f", floor {p99['floor']:,.0f} us" if "floor" in p99 else ""
    return (f"- p99 at 50 % of each one's maximum, open loop: Troupe {p99['troupe']:,.0f} us{floor}, "
            f"{best}, the quickest peer, {peers[best]:,.0f} us")


def main_table(ranking):
    columns = [s for s in ranking.scenarios() if s["name"] in ("hello", "close", "product", "mixed")]
    header = ["server"] + [f"{s['name']} req/s" for s in columns]
    extra = ["hello to the floor", "CPU us"]
    extra += ["p99 at 50 %, us"] if ranking.latency else []
    extra += ["KiB at 15,000"] if ranking.data.get("ramp") else []
    first = columns[0]["name"] if columns else None
    names = [name for name, _ in ranking.ordered(first)] if first else list(ranking.servers)
    rows = []
    for name in names:
        row = [f"**{name}**" if name.startswith("troupe") else name]
        row += [rate(ranking.figure(s["name"], name, RATE)) for s in columns]
        row += [ratio(ranking.ratio("hello", name)), ratio(ranking.figure("hello", name, COST))]
        if ranking.latency:
            row.append(f"{ranking.latency[name]['50']['p99_us']:,.0f}" if name in ranking.latency else "")
        if ranking.data.get("ramp"):
            resident = ranking.resident_at(name, RESIDENT_AT)
            row.append(f"{resident / 1024:,.0f}" if resident else "")
        rows.append(row)
    return report.markdown_table(header + extra, rows)


def text(ranking):
    machine, options = ranking.data["environment"], ranking.data["options"]
    changes = " with changes" if machine["changed_since_commit"] else ""
    blocks = [main_table(ranking)]
    lines = [best_line(ranking, s) for s in ranking.scenarios()] + [cost_line(ranking), latency_line(ranking)]
    best = [line for line in lines if line]
    if best:
        blocks.append("\n".join(best))
    if ranking.data.get("soak"):
        blocks.append("Soak: " + columns.soak_sentence(ranking.data["soak"]))
    blocks += ["INVALID: " + failure for failure in ranking.data["failures"]]
    missing = sorted({name for part, name, _ in ranking.not_measured() if part == "build"})
    if missing:
        blocks.append("Not built here: " + ", ".join(missing) + ".")
    blocks.append(
        f"Medians of {options['pairs']} interleaved rounds of {options['seconds']} s, {scenarios.CONNECTIONS} connections; "
        "ratios within a round, least to greatest in brackets. Client and server share the cores. "
        f"{machine['time'][:10]}, commit {machine['commit'][:12]}{changes}, {machine['cores']} cores of "
        f"{machine['cpu']}, Linux {machine['kernel']}; `loadtest/{' '.join(machine['command'])}`."
    )
    return "\n\n".join(blocks) + "\n"


def write(directory):
    """Writes summary.md beside ranking.json; its text."""
    made = text(Ranking.read(directory))
    (directory / "summary.md").write_text(made)
    return made
