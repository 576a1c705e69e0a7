"""What a measurement writes: progress on standard error, raw JSON and a Markdown table as files."""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import servers

RESULTS = servers.ROOT / "loadtest" / "results"


def whole(least, most):
    """For argparse: a whole number in this range."""

    def parse(text):
        if text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from {least} to {most}")

    return parse


def add_common_arguments(parser, *, pairs=5, seconds=None):
    """The options that every program here has; `seconds` is the default length of a run, where it has one."""
    parser.add_argument(
        "--pairs",
        type=whole(1, 100),
        metavar="N",
        default=pairs,
        help=f"interleaved pairs, 1 to 100 (default {pairs})",
    )
    if seconds:
        parser.add_argument(
            "--seconds",
            type=whole(1, 300),
            metavar="S",
            default=seconds,
            help=f"length of each run, 1 to 300 (default {seconds})",
        )
    add_output_arguments(parser)


def add_output_arguments(parser):
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where the results go (default loadtest/results/<time>-<commit>)",
    )
    parser.add_argument(
        "--no-build", action="store_true", help="measure what build/release/bin holds already"
    )


def spread(values):
    """Median, least and greatest of a measured quantity."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def ratios(over, under):
    """Spread of the ratio of each pair: neighbouring runs share the machine's mood, medians of all do not."""
    return spread([a / b for a, b in zip(over, under)])


def show(figures, digits=2):
    """'0.93 (0.91 to 0.97)'; `digits` of the median."""
    return f"{figures['median']:.{digits}f} ({figures['min']:.2f} to {figures['max']:.2f})"


def markdown_table(header, rows):
    """A Markdown table with padded columns, so that it also reads well in a terminal."""
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    lines = [
        "| " + " | ".join(str(c).ljust(w) for c, w in zip(row, widths)) + " |" for row in [header, *rows]
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


class Progress:
    """Lines with what was measured and how long the rest takes, judged by the steps so far."""

    def __init__(self, steps, seconds_per_step):
        self._steps = steps
        self._guess = seconds_per_step
        self._done = 0
        self._start = time.monotonic()

    def step(self, text):
        self._done += 1
        measured = (time.monotonic() - self._start) / self._done
        left = round((self._steps - self._done) * max(measured, self._guess if self._done < 3 else 0))
        say(f"[{self._done}/{self._steps}] {text}; about {left // 60} min {left % 60:02d} s left")


def say(text):
    print(text, file=sys.stderr, flush=True)


def output_of(*command):
    done = subprocess.run(command, cwd=servers.ROOT, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.strip()


def commit(length):
    return output_of("git", "rev-parse", f"--short={length}", "--verify", "--quiet", "HEAD") or "nocommit"


def environment():
    """What a figure is worthless without: machine, system, compiler, commit, command."""
    cpuinfo = Path("/proc/cpuinfo").read_text()
    model = next(
        (line.partition(":")[2].strip() for line in cpuinfo.splitlines() if line.startswith("model name")),
        "?",
    )
    memory_kb = int(Path("/proc/meminfo").read_text().split()[1])
    return {
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": commit(40),
        "changed_since_commit": bool(output_of("git", "--no-optional-locks", "status", "--porcelain")),
        "command": [Path(sys.argv[0]).name, *(word.replace(f"{servers.ROOT}/", "") for word in sys.argv[1:])],  # of this tree, not this machine
        "cpu": model,
        "cores": servers.cores(),
        "memory_mib": memory_kb // 1024,
        "load_average_before": os.getloadavg()[0],
        "kernel": platform.release(),
        "compiler": output_of("g++", "--version").partition("\n")[0],
        "wrk": output_of("wrk", "--version").partition("\n")[0],
    }


def output_directory(asked):
    """Makes the directory for the results; a new name each minute, so that earlier figures stay."""
    path = asked or RESULTS / f"{datetime.now():%Y%m%d-%H%M}-{commit(8)}"
    path.mkdir(parents=True, exist_ok=True)
    return path


def write(directory, name, data, tables, failures):
    """Writes NAME.json and NAME.md, prints the tables; the exit code: 1 if the figures are not valid."""
    data["failures"] = failures
    (directory / f"{name}.json").write_text(json.dumps(data, indent=1) + "\n")
    machine = data["environment"]
    changes = " with changes" if machine["changed_since_commit"] else ""
    notes = (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_mib']} MiB, "
        f"Linux {machine['kernel']}, {machine['compiler']}; commit {machine['commit'][:12]}{changes}, "
        f"{machine['time']}; `loadtest/{' '.join(machine['command'])}`"
    )
    problems = ["INVALID: " + failure for failure in failures]
    text = "\n\n".join([*tables, *problems, notes])
    (directory / f"{name}.md").write_text(text + "\n")
    print(text, flush=True)
    say(f"written to {os.path.relpath(directory)}/{name}.json and .md")
    return 1 if failures else 0
