"""Plots as SVG text: bars with spreads, and lines on linear, logarithmic or percentile axes. Colours come from the page's CSS."""

import html
import math

WIDTH = 860
ROW = 22
LABEL_WIDTH = 150
VALUE_WIDTH = 150
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 14, 42
HEIGHT = 380
LABEL_GAP = 12


def escape(text):
    return html.escape(str(text), quote=True)


def short(value):
    """Three digits that count: 176,900 is 177k, 0.0123 is 0.0123."""
    if value is None:
        return "-"
    if value == 0:
        return "0"
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * size:
            return f"{value / size:.3g}{letter}" if abs(value) < 999.5 * size else f"{value / size:.0f}{letter}"
    return f"{value:.3g}"


def _text(x, y, content, anchor="start", extra=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{extra}>{escape(content)}</text>'


def _svg(width, height, title, parts):
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>" + "".join(parts) + "</svg>"
    )


def bars(title, rows, unit):
    """Horizontal bars from 0. `rows`: [(name, CSS class, {"median", "min", "max"})] in their order."""
    if not rows:
        return ""
    most = max(figure["max"] for _, _, figure in rows) or 1
    span = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    parts = []
    for number, (name, kind, figure) in enumerate(rows):
        y = number * ROW + 2
        middle = y + ROW / 2 - 1
        to = [LABEL_WIDTH + span * figure[key] / most for key in ("min", "median", "max")]
        told = f"{name}: {figure['median']:,.4g} {unit} ({figure['min']:,.4g} to {figure['max']:,.4g})"
        parts.append(
            f'<g class="{kind}"><title>{escape(told)}</title>'
            + _text(LABEL_WIDTH - 8, middle + 4, name, "end")
            + f'<rect x="{LABEL_WIDTH}" y="{y}" width="{max(1, to[1] - LABEL_WIDTH):.1f}" height="{ROW - 6}" rx="2"/>'
            f'<path class="spread" d="M{to[0]:.1f} {middle:.1f}H{to[2]:.1f}'
            f'M{to[0]:.1f} {middle - 4:.1f}v8M{to[2]:.1f} {middle - 4:.1f}v8"/>'
            + _text(max(to[2], to[1]) + 8, middle + 4, f"{short(figure['median'])} {unit}", extra=' class="value"')
            + "</g>"
        )
    return _svg(WIDTH, len(rows) * ROW + 4, title, parts)


class Axis:
    """Where a value lies between 0 and 1, and the values that are written beside it."""

    def __init__(self, place, ticks, write=short):
        self.place, self.ticks, self.write = place, ticks, write


def linear(values, least=0.0):
    most = max([*values, least + 1e-9])
    step = 10 ** math.floor(math.log10((most - least) / 2 or 1))
    step *= next(f for f in (1, 2, 5, 10) if (most - least) / (step * f) <= 6)
    ticks = [least + step * i for i in range(int((most - least) / step) + 1)]
    return Axis(lambda value: (value - least) / (most - least), ticks)


def logarithmic(values):
    good = [v for v in values if v > 0] or [1.0]
    low, high = math.floor(math.log10(min(good))), math.ceil(math.log10(max(good)))
    high = max(high, low + 1)
    ticks = [10.0**power for power in range(low, high + 1)]
    return Axis(lambda value: (math.log10(max(value, 10.0**low)) - low) / (high - low), ticks)


def percentile_axis(nines=4):
    """Shares below 1 so that each further nine takes the same room: 0, 50 %, 90 %, 99 %, ... of the answers."""
    ticks = [0.0, 0.5] + [1 - 10.0**-n for n in range(1, nines + 1)]
    return Axis(
        lambda share: min(1.0, -math.log10(max(1 - share, 10.0**-nines)) / nines), ticks, lambda s: f"{100 * s:g} %"
    )


def spread_out(places, gap, most):
    """Moves the places, which are in order, so that neighbours are `gap` apart where that fits below `most`."""
    moved = []
    for place in places:
        moved.append(max(place, moved[-1] + gap) if moved else place)
    over = moved[-1] - most if moved else 0
    for i in range(len(moved) - 1, -1, -1):
        if over <= 0:
            break
        limit = most if i == len(moved) - 1 else moved[i + 1] - gap
        moved[i] = min(moved[i], limit)
    return moved


def lines(title, series, x, y, x_title, y_title):
    """Lines with their names at the right. `series`: [(name, CSS class, [(x, y)])]; those with no point are left out."""
    series = [s for s in series if s[2]]
    if not series:
        return ""
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def at(point):
        return LEFT + wide * x.place(point[0]), TOP + high * (1 - y.place(point[1]))

    parts = ['<g class="axis">']
    for tick in x.ticks:
        across = at((tick, y.ticks[0]))[0]
        parts.append(f'<path d="M{across:.1f} {TOP}V{TOP + high}"/>' + _text(across, TOP + high + 16, x.write(tick), "middle"))
    for tick in y.ticks:
        up = TOP + high * (1 - y.place(tick))
        parts.append(f'<path d="M{LEFT} {up:.1f}H{LEFT + wide}"/>' + _text(LEFT - 8, up + 4, y.write(tick), "end"))
    parts.append(_text(LEFT + wide / 2, HEIGHT - 6, x_title, "middle", ' class="axistitle"'))
    turn = f' class="axistitle" transform="rotate(-90 14 {TOP + high / 2:.0f})"'
    parts.append(_text(14, TOP + high / 2, y_title, "middle", turn) + "</g>")
    ends = sorted(((at(points[-1]), name, kind) for name, kind, points in series), key=lambda end: end[0][1])
    for name, kind, points in series:
        drawn = "L".join("{:.1f} {:.1f}".format(*at(point)) for point in points)
        parts.append(f'<g class="{kind}"><title>{escape(name)}</title><path class="line" d="M{drawn}"/></g>')
    for (end, name, kind), up in zip(ends, spread_out([end[0][1] for end in ends], LABEL_GAP, TOP + high + 6)):
        right = LEFT + wide
        parts.append(
            f'<g class="{kind}"><path class="lead" d="M{end[0]:.1f} {end[1]:.1f}L{right + 10} {up:.1f}"/>'
            + _text(right + 14, up + 3.5, name, extra=' class="name"') + "</g>"
        )
    return _svg(WIDTH, HEIGHT, title, parts)
