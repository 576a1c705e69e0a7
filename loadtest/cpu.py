"""CPU time of other processes, from /proc. Linux only."""

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
ROUNDING_TICKS = 4  # Two counters are each rounded at two moments.


@dataclass(frozen=True)
class Reading:
    """What a process had used at one moment."""

    user_ticks: int
    system_ticks: int
    thread_ns: dict  # thread id -> nanoseconds on a CPU; empty where the kernel keeps no schedstat


@dataclass(frozen=True)
class Spent:
    """CPU seconds between two readings, all threads."""

    user: float
    system: float

    @property
    def total(self):
        return self.user + self.system


def read(*pids):
    """The reading of these processes together: stat counts in ticks of 10 ms, schedstat in nanoseconds (proc(5))."""
    user_ticks = system_ticks = 0
    thread_ns = {}
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        user_ticks += int(fields[11])
        system_ticks += int(fields[12])
        for task in Path(f"/proc/{pid}/task").iterdir():
            try:
                thread_ns[task.name] = int((task / "schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue  # The thread has just ended, or there is no schedstat.
    return Reading(user_ticks, system_ticks, thread_ns)


def spent(before, after):
    """The total is schedstat's; stat only splits it into user and system.

    Threads that ended in between have taken their schedstat along, even those that also began in between; then stat,
    which still counts them, is the total.
    """
    user = after.user_ticks - before.user_ticks
    system = after.system_ticks - before.system_ticks
    total = (user + system) / TICKS_PER_SECOND
    if after.thread_ns and before.thread_ns.keys() <= after.thread_ns.keys():
        exact = sum(ns - before.thread_ns.get(thread, 0) for thread, ns in after.thread_ns.items()) / 1e9
        if total - exact <= ROUNDING_TICKS / TICKS_PER_SECOND:
            total = exact
    user_share = user / (user + system) if user + system else 0.5
    return Spent(total * user_share, total * (1 - user_share))


def per_request(spent, requests):
    """The figures of a run: CPU microseconds per request, and their parts."""
    return {
        "cpu_us_per_request": spent.total * 1e6 / requests,
        "cpu_user_us_per_request": spent.user * 1e6 / requests,
        "cpu_system_us_per_request": spent.system * 1e6 / requests,
    }


def descendants(pid, parents):
    """The process and all that descend from it. `parents`: process id -> that of its parent."""
    children = {}
    for child, parent in parents.items():
        children.setdefault(parent, []).append(child)
    found = [pid]
    for one in found:  # Grows meanwhile.
        found += [child for child in children.get(one, []) if child not in found]
    return found


def family(pid):
    """The process and all that descend from it now. From every process's own record: not each kernel lists the children."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # The process has just ended.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    return descendants(pid, parents)


def idle_percent(pid, seconds):
    """Percent of one core that the process uses while nobody calls it. Blocks for that long."""
    before, start = read(pid), time.monotonic()
    time.sleep(seconds)
    return 100 * spent(before, read(pid)).total / (time.monotonic() - start)
