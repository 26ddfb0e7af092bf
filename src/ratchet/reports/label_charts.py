"""What was to be predicted, by part and over time: each part's shares, and the line of the blocks."""

from dataclasses import dataclass

from ratchet.records.judgement import Evaluation
from ratchet.records.label_rates import LabelRates, Rates
from ratchet.reports.charts import Axis, Chart, Label, Series, make_axis, trace_band, trace_line
from ratchet.reports.scale import Scale, fit_scale
from ratchet.reports.wording import figure, percent, when
from ratchet.timeline import Moment, is_before

LINES = ("own", "other", "base")  # as many lines as can be told apart: the labels whose shares move most


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRow:
    """One part: its rows, its dates, and its figures as text, in the order of the columns."""

    name: str
    rows: int
    dates: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelPlot:
    """The parts as a table, and the blocks as a chart.

    Attributes:
        columns: the labels, or the figures of a number.
        parts: train, validation and holdout.
        chart: over time; None where the order of the rows means nothing.
        problem: why changes could not be looked for; None when they were.
    """

    columns: tuple[str, ...]
    parts: tuple[PartRow, ...]
    chart: Chart | None
    problem: str | None


def place_labels(evaluation: Evaluation | None) -> LabelPlot | None:
    """Lay base rates out; None where none were measured."""
    rates = evaluation.label_rates if evaluation else None
    if rates is None or not rates.parts:
        return None
    leading = _find_leading(rates)
    columns: tuple[str, ...] = tuple(rates.names[place] for place in leading)
    cells = tuple(tuple(percent(round(each.shares[place], 4)) for place in leading) for each in rates.parts)
    if _is_number(rates):
        columns, cells = ("mean", "10 %", "50 %", "90 %"), tuple(map(_read_number, rates.parts))
    parts = tuple(
        PartRow(name=each.name, rows=each.rows, dates=_dates(each), cells=figures)
        for each, figures in zip(rates.parts, cells, strict=True)
    )
    return LabelPlot(columns=columns, parts=parts, chart=_draw(rates, leading), problem=rates.problem)


def _find_leading(rates: LabelRates) -> list[int]:
    """Return the places of the labels whose shares move most, over time and between the parts."""
    spread = [_range_of((*rates.blocks, *rates.parts), place) for place in range(len(rates.names))]
    return sorted(range(len(spread)), key=lambda place: -spread[place])[: len(LINES)]


def _is_number(rates: LabelRates) -> bool:
    return any(each.mean is not None for each in rates.parts)


def _read_number(part: Rates) -> tuple[str, ...]:
    return (figure(part.mean), *(map(figure, part.quantiles or (None, None, None))))


def _dates(part: Rates) -> str:
    return "" if part.begin is None or part.end is None else f"{when(part.begin)} to {when(part.end)}"


def _draw(rates: LabelRates, leading: list[int]) -> Chart | None:
    blocks = rates.blocks
    if len(blocks) < 2:
        return None
    x = _time_axis(blocks)
    rules = _rules(rates)
    if _is_number(rates):
        return _draw_number(blocks, x, rules)
    series = [
        Series(
            name=rates.names[place],
            style=style,
            points=tuple((float(at), each.shares[place]) for at, each in enumerate(blocks)),
        )
        for style, place in zip(LINES, leading, strict=False)
    ]
    highest = max((share for each in series for _, share in each.points if share is not None), default=0.0)
    y = make_axis("share of the rows", Scale(low=0.0, high=min(1.0, 1.15 * highest) or 1.0), percent)
    return Chart(
        title="Base rate over time",
        about="; ".join(f"{each.name} from {_end(each, 0)} to {_end(each, -1)}" for each in series),
        x=x,
        y=y,
        lines=tuple(trace_line(each, x, y) for each in series),
        rules=rules,
    )


def _end(series: Series, place: int) -> str:
    return percent(round(series.points[place][1] or 0.0, 3))


def _range_of(blocks: tuple[Rates, ...], place: int) -> float:
    shares = [each.shares[place] for each in blocks]
    return max(shares) - min(shares) if shares else 0.0


def _draw_number(blocks: tuple[Rates, ...], x: Axis, rules: tuple[Label, ...]) -> Chart | None:
    known = [(float(at), each.quantiles) for at, each in enumerate(blocks) if len(each.quantiles) == 3]
    if len(known) < 2:
        return None
    y = make_axis("value", fit_scale([value for _, quantiles in known for value in quantiles]))
    middle = Series(name="median", style="own", points=tuple((at, quantiles[1]) for at, quantiles in known))
    return Chart(
        title="Values over time",
        about=f"The median goes from {figure(known[0][1][1])} to {figure(known[-1][1][1])}.",
        x=x,
        y=y,
        lines=(trace_line(middle, x, y),),
        bands=(trace_band("near", [(at, quantiles[0], quantiles[2]) for at, quantiles in known], x, y),),
        rules=rules,
    )


def _time_axis(blocks: tuple[Rates, ...]) -> Axis:
    scale = Scale(low=-0.5, high=len(blocks) - 0.5)
    shown = sorted({0, len(blocks) // 2, len(blocks) - 1})
    labels = tuple(Label(text=_name(blocks[place].begin, place), at=scale.locate(float(place))) for place in shown)
    return Axis(name="blocks of equally many rows, in their order", scale=scale, labels=labels)


def _name(moment: Moment | None, place: int) -> str:
    return str(place + 1) if moment is None else when(moment)[:10]


def _rules(rates: LabelRates) -> tuple[Label, ...]:
    """Mark where the holdout begins and where the gate saw a change."""
    scale = Scale(low=-0.5, high=len(rates.blocks) - 0.5)
    marked = [("holdout", part.begin) for part in rates.parts if part.name == "holdout"]
    marked += [(f"{each.label} changes", each.at) for each in rates.shifts[:1]]
    return tuple(
        Label(text=text, at=scale.locate(_find_block(rates.blocks, at) - 0.5)) for text, at in marked if at is not None
    )


def _find_block(blocks: tuple[Rates, ...], moment: Moment) -> int:
    return sum(each.begin is not None and is_before(each.begin, moment) for each in blocks)
