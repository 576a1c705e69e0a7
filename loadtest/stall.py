"""Whether the open-loop generator counts a stall of the server: Troupe is stopped for 200 ms in the middle of a run."""

import os
import signal
import threading
import time

import oha
import openloop
import report
import servers

RATE = 10_000
STALL_SECONDS = 0.2
# Late by this much is no accident: less than the stall, more than a busy machine's usual.
MARKS = (0.05, 0.1, 0.15)
TOLERANCE = 0.2
SECONDS = 12  # All of it, about.


def stop_once(pid, after):
    time.sleep(after)
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(STALL_SECONDS)
    finally:
        os.kill(pid, signal.SIGCONT)


def run(server, rate, directory, corrected):
    stopper = threading.Thread(target=stop_once, args=(server.pid, 1.5))
    stopper.start()
    try:
        result = oha.paced(server, openloop.PATH, rate, 3, directory, corrected=corrected)
    finally:
        stopper.join()
    return {f"{mark * 1e3:.0f} ms": result["histogram"].above(mark) for mark in MARKS} | {
        "max": result["histogram"].max_seconds,
        "errors": result["errors"],
    }


def faults(counts, rate):
    """In what the late answers are not those that the stall must have made late."""
    found = []
    for mark in MARKS:
        expected, got = rate * (STALL_SECONDS - mark), counts[f"{mark * 1e3:.0f} ms"]
        if abs(got - expected) > TOLERANCE * rate * STALL_SECONDS:
            found.append(f"{got} answers were later than {mark * 1e3:.0f} ms, expected about {expected:.0f}")
    return found


def measure(directory, rate=RATE):
    """Both ways of timing, and what was wrong with the corrected one."""
    with servers.troupe(directory) as troupe:
        oha.closed(troupe, openloop.PATH, 1)
        corrected = run(troupe, rate, directory, True)
        service_time = run(troupe, rate, directory, False)
    return {"rate": rate, "stall_seconds": STALL_SECONDS, "corrected": corrected, "service_time": service_time,
            "faults": faults(corrected, rate)}


def table(data):
    rows = [
        [f"later than {mark * 1e3:.0f} ms", f"{data['rate'] * (STALL_SECONDS - mark):,.0f}"]
        + [f"{data[side][f'{mark * 1e3:.0f} ms']:,}" for side in ("corrected", "service_time")]
        for mark in MARKS
    ]
    return report.markdown_table(["answers", "expected", "from when due", "from when sent"], rows)
