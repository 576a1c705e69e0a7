"""How long the whole run takes: an estimate before it begins, and what is left after each step, judged by the speed so far."""

import time

import report


def minutes(seconds):
    return f"{round(seconds) // 60} min {round(seconds) % 60:02d} s"


class Timetable:
    """Parts with a number of steps and seconds a step each."""

    def __init__(self, parts):
        """`parts`: [(name, steps, seconds a step)] in their order."""
        self._parts = parts
        self.estimate = sum(steps * seconds for _, steps, seconds in parts)
        self._spent = 0.0
        self._current = None
        self._begin = time.monotonic()

    def planned(self):
        """Minutes of each part and of all, as lines."""
        lines = [f"  {name:12} {minutes(steps * seconds):>12}" for name, steps, seconds in self._parts]
        return "\n".join([*lines, f"  {'all':12} {minutes(self.estimate):>12}"])

    def begin(self, name):
        """Counts the steps before this part as done, however many there were."""
        before = 0.0
        for part, steps, seconds in self._parts:
            if part == name:
                self._spent, self._current = before, (steps, seconds, before)
                return
            before += steps * seconds
        raise KeyError(name)

    def left(self, elapsed):
        """Seconds left if the rest is as much slower or faster than estimated as what is done."""
        pace = elapsed / self._spent if self._spent > 0.05 * self.estimate else 1.0
        return max(0.0, (self.estimate - self._spent) * pace)

    def step(self, text):
        steps, seconds, before = self._current
        self._spent = min(self._spent + seconds, before + steps * seconds)
        elapsed = time.monotonic() - self._begin
        share = 100 * self._spent / self.estimate
        report.say(f"[{share:3.0f} %] {text}; about {minutes(self.left(elapsed))} left")
