"""What else the machine did during a run is seen, and a disturbed run is repeated, but not for ever."""

import unittest

import loadtest_path  # noqa: F401
import cpu
import machine

STAT = "cpu  100 5 50 900 10 0 20 7 0 0\ncpu0 100 5 50 900 10 0 20 7 0 0\n"
# A process whose name holds what the fields are told apart by.
PROCESS = "42 (a b) c) S 7 42 42 0 -1 4194560 1 2 3 4 30 12 8 2 20 0 1 0 5555 1 2"
KERNEL = "9 (kworker/0:1) I 2 0 0 0 -1 69238880 0 0 0 0 0 3 0 0 20 0 1 0 50 0 0"


def look(seconds, steal=0, **processes):
    return machine.Look(seconds, steal, {(name, 1): (name, ticks) for name, ticks in processes.items()})


class Reading(unittest.TestCase):
    def test_stolen_time_is_the_eighth_figure_and_0_where_it_is_not_counted(self):
        self.assertEqual(machine.stolen(STAT), 7)
        self.assertEqual(machine.stolen("cpu  1 2 3 4\n"), 0)
        self.assertEqual(machine.stolen(""), 0)

    def test_a_process_is_read_whatever_its_name(self):
        self.assertEqual(machine.process(PROCESS), ((42, 5555), "a b) c", 52, 7, False))
        self.assertTrue(machine.process(KERNEL)[-1])

    def test_this_program_and_the_kernel_are_not_among_the_others(self):
        import os

        pids = {pid for pid, _ in machine.look().processes}
        self.assertNotIn(os.getpid(), pids)


class Disturbance(unittest.TestCase):
    def between(self, before, after):
        return machine.between(before, after, 2)

    def test_shares_are_of_all_cores(self):
        tick = cpu.TICKS_PER_SECOND
        seen = self.between(look(0, 10, make=0, idle=50), look(1, 10 + tick // 10, make=tick // 5, idle=50))
        self.assertAlmostEqual(seen["steal"], 0.05)
        self.assertAlmostEqual(seen["other"], 0.1)
        self.assertEqual(seen["other_name"], "make")
        self.assertIn("the host took 5.0 %", machine.disturbance(seen))
        self.assertIn("(make most) used 10.0 %", machine.disturbance(seen))

    def test_what_a_process_had_used_before_counts_once_when_it_ends(self):
        # cc1 ends, and its ticks go to make, which has waited for it.
        seen = self.between(look(0, make=1, cc1=500), look(1, make=503))
        self.assertAlmostEqual(seen["other"], 2 / (2 * cpu.TICKS_PER_SECOND))

    def test_a_quiet_machine_disturbs_nobody(self):
        self.assertEqual(machine.disturbance(self.between(look(0, sshd=5), look(2, 1, sshd=6))), "")


class Repetition(unittest.TestCase):
    def setUp(self):
        self.looks = []
        self.addCleanup(setattr, machine, "look", machine.look)
        machine.look = lambda: self.looks.pop(0)

    def stolen(self, *ticks):
        """Each run takes a second of one core, of which the host takes so many ticks."""
        self.looks = [moment for i, t in enumerate(ticks) for moment in (look(2 * i), look(2 * i + 1, t))]

    def measure(self, patience):
        self.count = 0

        def once():
            self.count += 1
            return {"figure": self.count}

        return patience.run(once, 1)

    def test_a_quiet_run_is_taken_at_once(self):
        self.stolen(0)
        run = self.measure(machine.Patience(100))
        self.assertEqual((run["figure"], run["disturbed"], run["not_taken"], run["began"]), (1, "", [], 0))

    def test_a_disturbed_run_is_repeated_and_why_is_kept(self):
        self.stolen(10, 0)
        run = self.measure(machine.Patience(100))
        self.assertEqual((run["figure"], run["disturbed"]), (2, ""))
        self.assertIn("the host took", run["not_taken"][0])

    def test_after_two_repetitions_the_least_disturbed_is_taken_and_marked(self):
        self.stolen(30, 10, 20)
        run = self.measure(machine.Patience(100))
        self.assertEqual((run["figure"], len(run["not_taken"])), (2, 2))
        self.assertIn("10.0 %", run["disturbed"])

    def test_patience_ends_with_a_quarter_of_the_runs(self):
        patience = machine.Patience(12)
        taken = []
        for _ in range(3):
            self.stolen(10, 10, 10)
            self.measure(patience)
            taken.append(self.count)
        self.assertEqual(taken, [3, 2, 1])


if __name__ == "__main__":
    unittest.main()
