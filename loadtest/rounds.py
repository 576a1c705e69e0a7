"""The order of an interleaved comparison, and ratios within a round: neighbours in time share the machine's mood."""

import report


def order(names, count):
    """Rounds of all names, every other one backwards (A B C, C B A, A B C, ...): a drift of the machine favours nobody."""
    return [list(names) if number % 2 == 0 else list(reversed(names)) for number in range(count)]


def ratios(runs, name, reference, figure):
    """Spread of `name`'s figure over `reference`'s in the rounds that both have; None where there is none.

    `runs`: name -> {round -> run}; a run that failed is absent.
    """
    ours, theirs = runs.get(name, {}), runs.get(reference, {})
    common = [n for n in sorted(ours) if n in theirs and theirs[n].get(figure) and ours[n].get(figure) is not None]
    return report.spread([ours[n][figure] / theirs[n][figure] for n in common]) if common else None


def figures(runs, name, figure):
    """Spread of a figure over the rounds; None where it was never measured."""
    values = [run[figure] for run in runs.get(name, {}).values() if run.get(figure) is not None]
    return report.spread(values) if values else None
