"""What decisions come to: the confusion matrix, the curves over the threshold, and the errors of a regression."""

from collections.abc import Iterable
from dataclasses import dataclass

from ratchet.config.decision import Costs
from ratchet.records.diagnostics import Confusion, Curve, CutOff, Diagnostics, ErrorBin, share
from ratchet.reports.charts import Axis, Chart, Label, Series, make_axis, trace_band, trace_line
from ratchet.reports.scale import Scale, fit_scale
from ratchet.reports.wording import figure, moment, number, percent

STYLES = {"challenger": "own", "champion": "other"}
SHARES = Scale(low=0.0, high=1.0)
PER_ROWS = 1000
FEWEST = 10  # rows decided positive: the share of fewer that are right is chance, and a picture of it misleads
DARKEST = 45  # percent of the accent colour in a cell: the text on it must stay readable


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of the matrix: rows, their share of the true class, how dark it is, and whether it is right."""

    rows: int
    share: float | None
    shade: int
    is_right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassLine:
    """One true class: its decisions, and the shares of it that are found, and of decisions for it that are right."""

    name: str
    rows: int
    cells: tuple[Cell, ...]
    recall: float | None
    precision: float | None


def tabulate_confusion(diagnostics: Diagnostics | None) -> tuple[ClassLine, ...]:
    """Lay the matrix out; none without one."""
    confusion = diagnostics.confusion if diagnostics else None
    if confusion is None:
        return ()
    return tuple(_line(confusion, place) for place in range(len(confusion.classes)))


def _line(confusion: Confusion, place: int) -> ClassLine:
    counts, rows = confusion.counts[place], sum(confusion.counts[place])
    is_folded = confusion.folded > 0 and place == len(counts) - 1
    right = counts[place] - (confusion.folded_mistakes if is_folded else 0)
    cells = tuple(
        Cell(
            rows=each,
            share=share(each, rows),
            shade=round(DARKEST * (share(each, rows) or 0.0)),
            is_right=column == place and not is_folded,
        )
        for column, each in enumerate(counts)
    )
    return ClassLine(
        name=confusion.classes[place],
        rows=rows,
        cells=cells,
        recall=share(right, rows),
        precision=share(right, sum(line[place] for line in confusion.counts)),
    )


def draw_ranking(diagnostics: Diagnostics | None) -> tuple[Chart, ...]:
    """Draw the ROC curve, and precision over recall; nothing where a class has no rows."""
    if diagnostics is None or not diagnostics.curves or _lacks_class(diagnostics.curves[0]):
        return ()
    last = diagnostics.curves[0].cut_offs[-1]  # decides every row positive
    wrong, found = make_axis("false positive rate", SHARES, percent), make_axis("recall", SHARES, percent)
    precise = make_axis("precision", SHARES, percent)
    guess = Series(name="guessing", style="base", points=((0.0, 0.0), (1.0, 1.0)))
    constant = Series(name="guessing", style="base", points=((0.0, last.precision), (1.0, last.precision)))
    return (
        _chart("ROC curve", (wrong, found), [guess, *(map(_roc, reversed(diagnostics.curves)))]),
        _chart("Precision over recall", (found, precise), [constant, *(map(_precision, reversed(diagnostics.curves)))]),
    )


def _lacks_class(curve: Curve) -> bool:
    last = curve.cut_offs[-1]
    return not last.true_positives or not last.false_positives


def _roc(curve: Curve) -> Series:
    points = [(each.false_positive_rate or 0.0, each.recall) for each in curve.cut_offs]
    return Series(name=curve.model, style=STYLES[curve.model], points=((0.0, 0.0), *points))


def _precision(curve: Curve) -> Series:
    points = [(each.recall or 0.0, _precision_of(each)) for each in curve.cut_offs]
    return Series(name=curve.model, style=STYLES[curve.model], points=tuple(points))


def _precision_of(cut_off: CutOff) -> float | None:
    return cut_off.precision if cut_off.true_positives + cut_off.false_positives >= FEWEST else None


def draw_thresholds(diagnostics: Diagnostics | None, costs: Costs | None) -> tuple[Chart, ...]:
    """Draw precision and recall over the challenger's threshold and, where costs are known, what decisions cost."""
    curve = diagnostics.curves[0] if diagnostics and diagnostics.curves else None
    if curve is None or len(curve.cut_offs) < 2:
        return ()
    x = make_axis("threshold", Scale(low=0.0, high=min(1.0, 1.05 * curve.cut_offs[0].threshold) or 1.0))
    rising = curve.cut_offs[::-1]
    rules = _rule(curve, x)
    found = Series(name="recall", style="own", points=tuple((each.threshold, each.recall) for each in rising))
    right = Series(
        name="precision", style="other", points=tuple((each.threshold, _precision_of(each)) for each in rising)
    )
    shares = _chart("Precision and recall", (x, make_axis("share", SHARES, percent)), [found, right], rules)
    return (shares,) if costs is None else (shares, _draw_costs(rising, costs, x, rules))


def _draw_costs(rising: tuple[CutOff, ...], costs: Costs, x: Axis, rules: tuple[Label, ...]) -> Chart:
    spent = [(each.threshold, cost_of(each, costs)) for each in rising]
    y = make_axis("cost of 1,000 decisions", fit_scale([cost for _, cost in spent]))
    line = Series(name="cost of 1,000 decisions", style="own", points=tuple(spent))
    return _chart("Cost", (x, y), [line], rules)


def cost_of(cut_off: CutOff, costs: Costs) -> float:
    """Return what 1,000 decisions at a threshold cost."""
    spent = (
        cut_off.true_positives * costs.true_positive
        + cut_off.false_positives * costs.false_positive
        + cut_off.false_negatives * costs.false_negative
        + cut_off.true_negatives * costs.true_negative
    )
    return PER_ROWS * spent / cut_off.rows


def _rule(curve: Curve, x: Axis) -> tuple[Label, ...]:
    chosen = curve.chosen
    if chosen is None or not x.scale.low <= chosen.threshold <= x.scale.high:
        return ()
    return (Label(text=f"chosen: {figure(chosen.threshold)}", at=x.scale.locate(chosen.threshold)),)


def draw_errors(diagnostics: Diagnostics | None) -> tuple[Chart, ...]:
    """Draw the errors of a regression over its prediction, and over time."""
    if diagnostics is None:
        return ()
    by_prediction, by_time = diagnostics.errors_by_prediction, diagnostics.errors_by_time
    drawn = []
    if len(by_prediction) > 1:
        places = [each.predicted for each in by_prediction]
        axis = make_axis("prediction", fit_scale(places))
        drawn.append(_draw_errors("Error over the prediction", axis, list(zip(places, by_prediction, strict=True))))
    if len(by_time) > 1:
        placed = list(zip(map(float, range(len(by_time))), by_time, strict=True))
        drawn.append(_draw_errors("Error over time", _time_axis(by_time), placed))
    return tuple(drawn)


def _time_axis(bins: tuple[ErrorBin, ...]) -> Axis:
    scale = Scale(low=-0.5, high=len(bins) - 0.5)
    shown = sorted({0, len(bins) // 2, len(bins) - 1})
    texts = {
        place: moment(bins[place].time_from)[:10] if bins[place].time_from else number(place + 1) for place in shown
    }
    labels = tuple(Label(text=text, at=scale.locate(float(place))) for place, text in texts.items())
    return Axis(
        name="time" if bins[0].time_from else "parts of the holdout, the earliest first", scale=scale, labels=labels
    )


def _draw_errors(title: str, x: Axis, placed: list[tuple[float, ErrorBin]]) -> Chart:
    scale = fit_scale([0.0, *(value for _, each in placed for value in each.quantiles)])
    y = make_axis("predicted minus observed", scale)
    outer = trace_band("far", [(at, each.quantiles[0], each.quantiles[4]) for at, each in placed], x, y)
    inner = trace_band("near", [(at, each.quantiles[1], each.quantiles[3]) for at, each in placed], x, y)
    middle = Series(name="median", style="own", points=tuple((at, each.quantiles[2]) for at, each in placed))
    first, last = placed[0][1].quantiles[2], placed[-1][1].quantiles[2]
    return Chart(
        title=title,
        about=f"The median error goes from {figure(first)} at the left to {figure(last)} at the right.",
        x=x,
        y=y,
        lines=(trace_line(middle, x, y),),
        bands=(outer, inner),
        zero_at=100 - scale.locate(0.0),
    )


def _chart(title: str, axes: tuple[Axis, Axis], series: Iterable[Series], rules: tuple[Label, ...] = ()) -> Chart:
    x, y = axes
    found = list(series)
    named = ", ".join(each.name for each in found if each.name)
    about = f"{y.name} upwards, {x.name} to the right: {named}."
    return Chart(title=title, about=about, x=x, y=y, lines=tuple(trace_line(each, x, y) for each in found), rules=rules)
