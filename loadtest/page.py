"""report.html: the whole ranking on one page without any script, its plots inline. `python3 loadtest/page.py DIR` makes it anew."""

import sys
from pathlib import Path

import columns
import faults
import histogram
import notes
import openloop
import plots
import targets
from plots import escape
from ranking import COST, Ranking

HERE = Path(__file__).resolve().parent
DRAWN_SHARES = ("50", "90")
CURVE_POINTS = [0.0, 0.1, 0.25, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.985, 0.99]
CURVE_POINTS += [0.993, 0.995, 0.997, 0.998, 0.999, 0.9993, 0.9995, 0.9997, 0.9998, 0.9999]


def figure(caption, drawing):
    return f"<figure><figcaption>{caption}</figcaption>{drawing}</figure>" if drawing else ""


def table(header, rows, words=(0,)):
    """`rows`: [(CSS class, cells)]; the columns `words` are aligned to the left and may wrap. Empty columns are left out."""
    kept = [i for i in range(len(header)) if any(cells[i] != "" for _, cells in rows)]
    head = "".join(f"<th>{escape(header[i])}</th>" for i in kept)
    body = "".join(
        f'<tr class="{kind}">' + "".join(
            f'<td{" class=words" if i in words else ""}>{escape(cells[i])}</td>' for i in kept
        ) + "</tr>"
        for kind, cells in rows
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'


def markdown_part(text):
    """The tables and sentences of another program's Markdown."""
    blocks = []
    for block in text.strip().split("\n\n"):
        if block.startswith("|"):
            cells = [[c.strip() for c in line.strip("|").split("|")] for line in block.splitlines()]
            blocks.append(table(cells[0], [("", row) for row in cells[2:]]))
        else:
            blocks.append(f'<p class="soft">{escape(block)}</p>')
    return "".join(blocks)


def opening(ranking):
    machine, options = ranking.data["environment"], ranking.data["options"]
    changes = " with uncommitted changes" if machine["changed_since_commit"] else ""
    key = "".join(
        f'<span><i style="background:var(--{group})"></i>{text}</span>'
        for group, text in (("troupe", "Troupe"), ("floor", "the floor, the physical limit"), ("study", "the study's seven"),
                            ("fair", "the fair set: same bytes, same threads"))
    )
    bad = "".join(f'<p class="bad">INVALID: {escape(text)}</p>' for text in ranking.data["failures"])
    return (
        "<h1>Troupe and the others</h1>"
        f'<p class="soft">{escape(machine["time"])}, commit {escape(machine["commit"][:12])}{changes}. '
        f"{machine['cores']} cores of {escape(machine['cpu'])}, {machine['memory_mib']:,} MiB, "
        f"Linux {escape(machine['kernel'])}, {escape(machine['compiler'])}; {escape(machine['wrk'])}. "
        f"<code>loadtest/{escape(' '.join(machine['command']))}</code></p>"
        f"{bad}<p>Every server was started for each of its runs and stopped after it; rounds: {options['pairs']} of what targets are "
        "judged by, two fifths of that of the rest. Each round begins with another server, every other one runs backwards; the floor "
        "runs at its beginning and in its middle, Troupe twice as well. Bars are medians over the runs, whiskers the least and the "
        "greatest. Ratios are taken within a round, between the two runs nearest in time. Client and server share the cores, "
        "so requests per second belong to both; CPU per request is the "
        f'server\'s alone.</p><p class="key soft">{key}</p>'
    )


def judgement(ranking):
    rows = [("", [target, measured, verdict.strip("*")]) for target, measured, verdict in targets.judged(ranking)]
    why = "<p class=soft>Of what was not reached, the profiles further down say where the time goes and what was tried.</p>"
    return "<h2>What was to be reached</h2>" + table(["target", "measured", "verdict"], rows, (0, 1, 2)) + why


def profiles():
    """Where the time goes and what was tried, as it is kept beside the programs: of this revision or of the one that each names."""
    found = sorted((HERE / "profiles").glob("*.md"))
    return "<h2>Profiles, and what was tried</h2>" + "".join(
        f"<details><summary>{escape(file.stem)}</summary><pre>{escape(file.read_text())}</pre></details>" for file in found)


def disturbances(ranking):
    found = faults.disturbed(ranking.data)
    again = "".join(f'<p class="soft">Parts of it were measured later, at {escape(machine["time"])}: <code>loadtest/'
                    f'{escape(" ".join(machine["command"]))}</code></p>' for machine in ranking.data["again"])
    if not found:
        return again
    return again + "<h2>Disturbed runs</h2>" + notes.DISTURBED + table(["run", "server", "in what"], [("", f) for f in found], (0, 1, 2))


def articles(ranking):
    rows = columns.article_rows(ranking)
    return "<h2>The articles' columns, measured</h2>" + notes.COLUMNS + table(columns.ARTICLE_HEADER, rows) if rows else ""


def throughput(ranking):
    if not ranking.scenarios():
        return ""
    parts = ["<h2>Requests per second</h2>"]
    for scenario in ranking.scenarios():
        rows = [(name, ranking.kind(name), spread) for name, spread in ranking.ordered(scenario["name"])]
        drawn = plots.bars(scenario["title"] + ", requests per second", rows, "/s")
        parts.append(f"<h3>{escape(scenario['title'])}</h3>" + figure(notes.inline(scenario["about"]), drawn))
        parts.append(table(columns.HEADER, columns.rows(ranking, scenario["name"])))
    return "".join(parts)


def cost(ranking):
    if not ranking.scenarios():
        return ""
    parts = ["<h2>CPU per request</h2>" + notes.COST]
    for scenario in ranking.scenarios():
        rows = [
            (name, ranking.kind(name), spread) for name, spread in ranking.ordered(scenario["name"], COST, descending=False)
        ]
        parts.append(figure(escape(scenario["title"]), plots.bars(scenario["title"] + ", CPU per request", rows, "us")))
    return "".join(parts)


def latency_curves(ranking):
    parts = []
    for share in DRAWN_SHARES:
        series = []
        for name, shares in ranking.latency.items():
            times = histogram.Histogram.from_json(shares[share]["histogram"]) if share in shares else None
            if times and times.count:
                points = [(p, times.percentile(p) * 1e6) for p in CURVE_POINTS if times.count * (1 - p) >= 1]
                series.append((name, ranking.kind(name), points))
        values = [v for _, _, points in series for _, v in points]
        drawn = plots.lines(
            f"latency at {share} % of the maximum", series, plots.percentile_axis(), plots.logarithmic(values),
            "share of the answers", "microseconds",
        )
        parts.append(figure(f"At {share} % of each server's own maximum, from when each request was due", drawn))
    return parts


def latency_ratios(ranking):
    """p99 at the compared share, and at the same rate: Troupe's over each other's, round by round."""
    rows = []
    for name in ranking.latency:
        ratios = [ranking.latency_ratio(name, same) if name != "troupe" else None for same in (False, True)]
        if any(ratios):
            rate = "" if ranking.holds(name, same_rate=True) else "not held: its queue grew"
            rows.append((ranking.kind(name), [name, *(columns.spread(ratio) if ratio else "" for ratio in ratios), rate]))
    header = ["server", f"Troupe's p99 to its p99, each at {openloop.COMPARED} % of its maximum", "both at half of Troupe's maximum", "that rate"]
    return table(header, rows) if rows else ""


LATENCY_HEADER = ["server", "% of maximum", "offered/s", "answered/s", "p50 us", "p90 us", "p99 us", "p99.9 us", "max us",
                  "samples", "errors", "not sent", "held"]


def latency_row(ranking, name, share, summary):
    errors = "; ".join(f"{n} {kind}" for kind, n in summary["errors"].items()) or "0"
    cells = [name, share, f"{summary['offered_per_second']:,.0f}", f"{summary['achieved_per_second']:,.0f}"]
    cells += [f"{summary[key]:,.0f}" for key in ("p50_us", "p90_us", "p99_us", "p99.9_us", "max_us")]
    return ranking.kind(name), [*cells, f"{summary['samples']:,}", errors, summary["unsent"], "yes" if summary["held"] else "no"]


def latency(ranking):
    if not ranking.latency:
        return ""
    parts = ["<h2>Latency, honestly</h2>" + notes.latency(ranking.data["tools"]["oha"])]
    stall = ranking.data.get("stall")
    if stall:
        parts.append(f"<p>{notes.stall(stall)}</p>")
    parts += latency_curves(ranking)
    parts.append(latency_ratios(ranking))
    parts.append(table(LATENCY_HEADER, [latency_row(ranking, name, share, shares[share]) for share in map(str, openloop.SHARES)
                                        for name, shares in ranking.latency.items() if share in shares]))
    same = [latency_row(ranking, name, "", found) for name in ranking.latency if (found := ranking.at_same_rate(name))]
    if same:
        parts.append("<p>At half of Troupe's maximum, the same rate for all:</p>" + table(LATENCY_HEADER, same))
    return "".join(parts)


def ramp(ranking):
    runs = ranking.data.get("ramp")
    if not runs:
        return ""
    drawn = []
    for what, title, scale in (("rss_bytes", "resident MiB", 1048576), ("requests_per_second", "requests/s", 1)):
        series = [
            (name, ranking.kind(name), [(s["connections"], s[what] / scale) for s in run["steps"]]) for name, run in runs.items()
        ]
        across = [x for _, _, points in series for x, _ in points]
        up = [y for _, _, points in series for _, y in points]
        drawn.append(figure(escape(title) + " against connections, all of them active", plots.lines(
            title, series, plots.logarithmic(across), plots.logarithmic(up), "connections", title)))
    rows = [
        (ranking.kind(name), [name, *columns.ramp_cells(run)]) for name, run in runs.items()
    ]
    return "<h2>From one connection to 15,000</h2>" + "".join(drawn) + table(columns.RAMP_HEADER, rows) + notes.RAMP


def burst(ranking):
    runs = ranking.data.get("burst")
    if not runs:
        return ""
    series = [(name, ranking.kind(name), run["windows"]) for name, run in runs.items()]
    drawn = plots.lines(
        "p99 of a steady client", series, plots.linear([x for _, _, w in series for x, _ in w]),
        plots.logarithmic([y for _, _, w in series for _, y in w]), "seconds", "p99 of each quarter second, us",
    )
    rows = [(ranking.kind(name), [name, *columns.burst_cells(run)]) for name, run in runs.items()]
    return "<h2>A burst</h2>" + notes.BURST + figure("What the steady client waits", drawn) + table(columns.BURST_HEADER, rows)


def soak(ranking):
    run = ranking.data.get("soak")
    if not run or not run["samples"]:
        return ""
    points = [(s["seconds"] / 60, s["rss_bytes"] / 1048576) for s in run["samples"]]
    drawn = plots.lines("resident memory", [("troupe", "troupe", points)], plots.linear([x for x, _ in points]),
                        plots.linear([y * 1.1 for _, y in points]), "minutes", "resident MiB")
    return f"<h2>Soak</h2><p>{escape(columns.soak_sentence(run))}</p>" + figure("Resident memory of Troupe", drawn)


def who(ranking):
    rows = [
        (s["group"], [s["name"], s["version"], s["language"], s["parses"], s["omits"]]) for s in ranking.data["servers"]
    ]
    parts = ["<h2>Who takes part</h2>", table(["server", "version", "language", "parses", "does not do"], rows, (0, 1, 2, 3, 4))]
    tools = [("", [tool, said if isinstance(said, str) else "; ".join(f"{k}: {v}" for k, v in said.items())])
             for tool, said in ranking.data["tools"].items()]
    parts.append("<h3>Tools</h3>" + table(["tool", "version"], tools, (0, 1)))
    missing = ranking.not_measured()
    if missing:
        parts.append("<h3>Not measured</h3>" + table(["part", "server", "why"], [("", m) for m in missing], (0, 1, 2)))
    told = columns.told_differences(ranking)
    if told:
        parts.append("<h3>Answers that differ from Troupe's</h3>" + table(["server", "in"], [("", t) for t in told], (0, 1)))
    return "".join(parts)


def render(ranking):
    parts = [part(ranking) for part in (opening, judgement, articles, throughput, cost, latency, ramp, burst, soak)]
    parts += [f"<h2>{escape(name.replace('_', ' '))}</h2>{markdown_part(text)}" for name, text in ranking.data["parts"].items()]
    parts += [profiles(), disturbances(ranking), who(ranking), notes.ARTICLES]
    style = (HERE / "page.css").read_text()
    return (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Troupe and the others</title><style>{style}</style><body>{''.join(parts)}</body></html>\n"
    )


def write(directory):
    """Makes report.html from ranking.json."""
    (directory / "report.html").write_text(render(Ranking.read(directory)))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python3 loadtest/page.py RESULTS_DIRECTORY")
    write(Path(sys.argv[1]))
