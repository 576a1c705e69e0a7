"""The Markdown summary of a ranking, which README includes (see publish)."""

import columns
import faults
import report
import scenarios
import targets
from columns import FLAWED
from ranking import COST, RATE, Ranking

RESIDENT_AT = 15_000
FLOORS = ("floor", "floor-ring")


def ratio(figures, digits=2):
    return "" if figures is None else f"{figures['median']:.{digits}f}"


def rate(figures):
    return "" if figures is None else f"{figures['median']:,.0f}"


def mark(flawed):
    return FLAWED if flawed else ""


def p99(summed):
    """The percentile, marked where there were errors or the rate was not held."""
    return "" if not summed else f"{summed['p99_us']:,.0f}" + mark(any(summed["errors"].values()) or not summed["held"])


def closest_line(ranking, scenario):
    """Troupe against the peer that it is closest to, or behind, in a sentence; nothing when either is missing."""
    closest = ranking.closest_peer(scenario["name"])
    if not closest:
        return None
    name, against = closest
    floors = [(floor, ranking.ratio(scenario["name"], "troupe", RATE, floor)) for floor in FLOORS]
    to_floors = "".join(f", {report.show(ratio)} of {floor}" for floor, ratio in floors if ratio)
    rounds = scenario["rounds"]
    return f"- {scenario['title']}: Troupe {report.show(against)} of {name}, the closest peer{to_floors}; rounds: {rounds}"


def main_table(ranking):
    columns = [s for s in ranking.scenarios() if s["name"] in ("hello", "close", "product", "mixed")]
    header = ["server"] + [f"{s['name']} req/s" for s in columns]
    extra = ["hello to the floor", "CPU us"]
    extra += ["p99 at 50 %, us", "at one rate"] if ranking.latency else []
    extra += ["KiB at 15,000"] if ranking.data.get("ramp") else []
    first = columns[0]["name"] if columns else None
    names = [name for name, _ in ranking.ordered(first)] if first else list(ranking.servers)
    rows = []
    for name in names:
        row = [f"**{name}**" if name.startswith("troupe") else name]
        row += [rate(ranking.figure(s["name"], name, RATE)) + mark(ranking.flawed(s["name"], name)) for s in columns]
        row += [ratio(ranking.ratio("hello", name)), ratio(ranking.figure("hello", name, COST))]
        if ranking.latency:
            row += [p99(ranking.at_compared(name)), p99(ranking.at_same_rate(name))]
        if ranking.data.get("ramp"):
            resident = ranking.resident_at(name, RESIDENT_AT)
            row.append(f"{resident / 1024:,.0f}" + mark(not ranking.reached(name, RESIDENT_AT)) if resident else "")
        if any(row[1:]):
            rows.append(row)
    return report.markdown_table(header + extra, rows)


def text(ranking):
    machine, options = ranking.data["environment"], ranking.data["options"]
    changes = " with changes" if machine["changed_since_commit"] else ""
    blocks = ["INVALID: " + failure for failure in ranking.data["failures"]]
    blocks += [main_table(ranking), targets.table(ranking)]
    closest = [line for line in (closest_line(ranking, s) for s in ranking.scenarios()) if line]
    if closest:
        blocks.append("\n".join(closest))
    if ranking.data.get("soak"):
        blocks.append("Soak: " + columns.soak_sentence(ranking.data["soak"]))
    disturbed = faults.disturbed(ranking.data)
    if disturbed:
        blocks.append(f"Runs kept though the host or another process disturbed them, after up to two repetitions: {len(disturbed)}; "
                      "report.html lists them.")
    if any(FLAWED in block for block in blocks):
        blocks.append(f"{FLAWED.strip()}: with errors or wrong answers in some run, or the offered rate was not held, or not all connections were there.")
    missing = sorted({name for part, name, _ in ranking.not_measured() if part == "build"})
    if missing:
        blocks.append("Not built here: " + ", ".join(missing) + ".")
    size = "the study's sizes" if options.get("study") else f"{options['seconds']} s a run"
    blocks.append(
        f"Medians of interleaved rounds of {size}, {scenarios.CONNECTIONS} connections; ratios within a round, "
        "median (least to greatest); the closest peer is the one with the least median ratio. Client and server share the cores. "
        f"{machine['time'][:10]}, commit {machine['commit'][:12]}{changes}, {machine['cores']} cores of "
        f"{machine['cpu']}, Linux {machine['kernel']}; `loadtest/{' '.join(machine['command'])}`."
    )
    return "\n\n".join(blocks) + "\n"


def write(directory):
    """Writes summary.md beside ranking.json; its text."""
    made = text(Ranking.read(directory))
    (directory / "summary.md").write_text(made)
    return made
