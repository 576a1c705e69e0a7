"""The test's end of tests/support/ring_faults.cpp: says what the kernel does with the rings of a server."""
import os

from fault_plan import FaultPlan


class RingFaults(FaultPlan):
    library = os.environ.get("TROUPE_RING_FAULTS", "")
    variable = "RING_FAULTS"
    fields = ("refused", "unanswered")
