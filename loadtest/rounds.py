"""The order of an interleaved comparison, and ratios within a round: neighbours in time share the machine's mood.

Runs are kept as name -> {round -> [run, ...]}: most servers run once a round, the reference and Troupe twice.
"""

import report


def order(names, count, reference=None, twice=None):
    """`count` rounds of all names, so that neither a drift nor a slow stretch of the machine meets one server always.

    Each round begins further along the names, and every other one runs backwards. `reference` stands at the beginning and in the
    middle of each round, so that nobody is further than half a round from it; `twice` half a round after its own turn again.
    """
    turning = [name for name in names if name != reference]
    rounds = []
    for number in range(count):
        shift = number * len(turning) // count
        turn = turning[shift:] + turning[:shift]
        if number % 2:
            turn.reverse()
        if twice in turn:
            at = turn.index(twice)
            half = (len(turn) + 1) // 2
            turn.insert(at + half if at < half else at - half, twice)
        if reference in names:
            middle = (len(turn) + 1) // 2
            turn = [reference, *turn[:middle], reference, *turn[middle:]]
        rounds.append(turn)
    return rounds


def nearest(ours, theirs):
    """The pair of runs of one round, one of each, that were least apart in time."""
    pairs = [(a, b) for a in ours for b in theirs]
    return min(pairs, key=lambda pair: abs(pair[0].get("began", 0) - pair[1].get("began", 0)))


def pairs(runs, name, reference):
    """[(our run, their run)] of each round that both have, the nearest two of it."""
    ours, theirs = runs.get(name, {}), runs.get(reference, {})
    return [nearest(ours[n], theirs[n]) for n in ours if ours[n] and theirs.get(n)]


def each_ratio(runs, name, reference, figure):
    """`name`'s figure over `reference`'s, a ratio for each round that has both."""
    found = [(a.get(figure), b.get(figure)) for a, b in pairs(runs, name, reference)]
    return [ours / theirs for ours, theirs in found if ours is not None and theirs]


def ratios(runs, name, reference, figure):
    """Spread of those ratios; None where there is none."""
    found = each_ratio(runs, name, reference, figure)
    return report.spread(found) if found else None


def figures(runs, name, figure):
    """Spread of a figure over all runs; None where it was never measured."""
    values = [run[figure] for turn in runs.get(name, {}).values() for run in turn if run.get(figure) is not None]
    return report.spread(values) if values else None


def all_runs(by_round):
    """[(round, run)] of one server."""
    return [(number, run) for number, turn in by_round.items() for run in turn]
