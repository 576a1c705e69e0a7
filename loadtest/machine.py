"""What else the machine did during a run: time that the host took away, and other processes. Linux only."""

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

import cpu

# Above these shares of all cores' time a run says more of its neighbours than of the server.
STEAL_SHARE = 0.02
OTHER_SHARE = 0.05
REPEATS = 2
KERNEL_THREAD = 0x00200000  # PF_KTHREAD: what those do, our own traffic mostly makes them do.


@dataclass(frozen=True)
class Look:
    """One moment: seconds on a clock, stolen ticks of all cores, and the ticks of each process that is not of the kernel."""

    seconds: float
    steal_ticks: int
    processes: dict  # (pid, start time) -> (name, ticks with those of its children that have ended)


def stolen(text):
    """The stolen ticks of all cores in /proc/stat's text; 0 where the kernel does not count them."""
    fields = text.split("\n", 1)[0].split()
    return int(fields[8]) if fields and fields[0] == "cpu" and len(fields) > 8 else 0


def process(text):
    """((pid, start time), name, ticks, parent, whether it is the kernel's) from the text of /proc/PID/stat (proc(5))."""
    head, _, rest = text.rpartition(")")
    pid, _, name = head.partition(" (")
    fields = rest.split()
    ticks = sum(int(fields[i]) for i in (11, 12, 13, 14))
    return (int(pid), int(fields[19])), name, ticks, int(fields[1]), bool(int(fields[6]) & KERNEL_THREAD)


def look():
    """The moment now, without this program and all that it has started."""
    seen, parents = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # it has just ended
            key, name, ticks, parent, kernels = process(stat.read_text())
            parents[key[0]] = parent
            if not kernels:
                seen[key] = (name, ticks)
    ours = cpu.descendants(os.getpid(), parents)
    return Look(time.monotonic(), stolen(Path("/proc/stat").read_text()), {k: v for k, v in seen.items() if k[0] not in ours})


def between(before, after, cores):
    """{"steal": share, "other": share, "other_name": who}: shares of all cores' time; the name is of who used most.

    What a process used that has ended is in its parent's ticks, so the sums are compared, not each process.
    """
    ticks = max(1e-9, (after.seconds - before.seconds) * cores * cpu.TICKS_PER_SECOND)
    used = {key: now - before.processes.get(key, ("", 0))[1] for key, (_, now) in after.processes.items()}
    most = max(used, key=used.get, default=None)
    other = sum(now for _, now in after.processes.values()) - sum(then for _, then in before.processes.values())
    return {
        "steal": (after.steal_ticks - before.steal_ticks) / ticks,
        "other": max(0, other) / ticks,
        "other_name": after.processes[most][0] if most and used[most] > 0 else "",
    }


def disturbance(seen):
    """In what a run was disturbed, as a sentence; none if it was not."""
    found = []
    if seen["steal"] > STEAL_SHARE:
        found.append(f"the host took {100 * seen['steal']:.1f} % of the time away")
    if seen["other"] > OTHER_SHARE:
        found.append(f"other processes ({seen['other_name']} most) used {100 * seen['other']:.1f} % of the machine")
    return "; ".join(found)


def watched(measure, cores):
    """The result of `measure`, a dict, with when it began and what else happened ("began", "machine", "disturbed")."""
    before = look()
    result = measure()
    seen = between(before, look(), cores)
    return result | {"began": before.seconds, "machine": seen, "disturbed": disturbance(seen)}


class Patience:
    """How many runs of a part may be repeated in all: on a machine that is never quiet each run would else take three times."""

    def __init__(self, runs):
        self.left = max(REPEATS, runs // 4)

    def run(self, measure, cores):
        """Measures, and again at most twice while it was disturbed. The least disturbed run, with why the others were not taken.

        Chosen by the disturbance alone, never by the figures.
        """
        tried = [watched(measure, cores)]
        while tried[-1]["disturbed"] and len(tried) <= REPEATS and self.left > 0:
            self.left -= 1
            tried.append(watched(measure, cores))
        best = min(tried, key=lambda run: run["machine"]["steal"] / STEAL_SHARE + run["machine"]["other"] / OTHER_SHARE)
        undisturbed = [run for run in tried if not run["disturbed"]]
        best = undisturbed[0] if undisturbed else best
        return best | {"not_taken": [run["disturbed"] for run in tried if run is not best]}
