"""The test's end of tests/support/accept_faults.cpp: says which accepts of a server fail."""
import os

from fault_plan import FaultPlan


class AcceptFaults(FaultPlan):
    library = os.environ.get("TROUPE_ACCEPT_FAULTS", "")
    variable = "ACCEPT_FAULTS"
    fields = ("error", "left", "failed", "held", "holding", "port")

    def fail(self, error, times):
        """The next accepts of the listener on `port`, which was set before."""
        self.set("failed", 0)
        self.set("error", error)
        self.set("left", times)  # last: it begins the failures
