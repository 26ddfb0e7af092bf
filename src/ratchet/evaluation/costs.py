"""What 1,000 decisions cost on the holdout: the challenger's, the champion's and the cheapest constant decision's."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ratchet.config.decision import Costs
from ratchet.evaluation.comparison import Comparison
from ratchet.evaluation.slices.columns import is_segment, name_segments
from ratchet.evaluation.totals import Totals, draw_totals, plan_for
from ratchet.metrics.arrays import Floats
from ratchet.metrics.decomposed import divide
from ratchet.records.calibration import Bounded
from ratchet.records.decision import CostReport, ModelCost, SegmentCost, Thresholds

SCALE = 1000.0  # decisions
MIN_SEGMENT_ROWS = 50
SHOWN = 20  # segments, the largest
OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """The rows that share one threshold."""

    name: str
    threshold: float
    members: NDArray[np.bool_]


def measure_costs(
    comparison: Comparison, *, thresholds: Thresholds, champion: Thresholds | None = None
) -> CostReport | None:
    """Measure what the decisions cost; None unless the YAML gives costs.

    Args:
        comparison: what challenger, champion and baseline decide.
        thresholds: the challenger's.
        champion: the champion's; None when there is none.
    """
    costs = comparison.config.decision.costs
    if costs is None:
        return None
    labels = comparison.labels
    positives = int(np.count_nonzero(labels == 1))
    about = CostReport(
        rows=len(labels),
        positives=min(positives, len(labels) - positives),
        confidence=comparison.config.evaluation.confidence,
        thresholds=thresholds,
        champion_thresholds=champion if comparison.champion else None,
    )
    decided = _find_decisions(comparison, costs)
    if problem := _find_problem(comparison, decided):
        return replace(about, problem=problem)
    spent = {name: cost_rows(labels, decisions, costs) for name, decisions in decided.items()}
    return _measure(comparison, about, decided, spent)


def cost_rows(labels: Floats, decisions: Floats, costs: Costs) -> Floats:
    """Return what each decision costs."""
    matrix = np.array([[costs.true_negative, costs.false_positive], [costs.false_negative, costs.true_positive]])
    found: Floats = matrix[labels.astype(np.intp), decisions.astype(np.intp)]
    return found


def _find_decisions(comparison: Comparison, costs: Costs) -> dict[str, Floats]:
    """Return every model's decisions; the baseline's are the cheapest for the rate that it knows from training."""
    found = {"challenger": comparison.challenger.decisions}
    if comparison.champion is not None:
        found["champion"] = comparison.champion.decisions
    found["baseline"] = (comparison.baseline.scores >= costs.break_even).astype(np.float64)
    return {name: decisions for name, decisions in found.items() if decisions is not None}


def _find_problem(comparison: Comparison, decided: dict[str, Floats]) -> str | None:
    if len(comparison.labels) < 2:
        return f"{len(comparison.labels)} rows in the holdout"
    if "challenger" not in decided:
        return "the challenger decides nothing"
    return comparison.find_lost()


def _measure(
    comparison: Comparison, about: CostReport, decided: dict[str, Floats], spent: dict[str, Floats]
) -> CostReport:
    saved = [spent["champion"] - spent["challenger"]] if "champion" in spent else []
    columns = [*spent.values(), *saved]
    segments = _find_segments(comparison.frame, about.thresholds)
    lines = np.stack([*columns, *_segment_lines(segments, saved)])
    totals = draw_totals(csr_array(lines), plan_for(comparison, columns), confidence=about.confidence)
    per_1000 = [_bound_mean(totals, place, column) for place, column in enumerate(columns)]
    models = tuple(
        ModelCost(model=name, per_1000=bounded, positive_share=float(decided[name].mean()))
        for name, bounded in zip(spent, per_1000, strict=False)  # what is saved comes behind the models
    )
    by_segment = tuple(
        _measure_segment(segment, spent, totals.part(slice(len(columns) + 2 * place, None)))
        for place, segment in enumerate(segments)
    )
    return replace(about, models=models, saving=per_1000[-1] if saved else None, segments=by_segment)


def _bound_mean(totals: Totals, line: int, column: Floats) -> Bounded:
    rows = float(totals.plan.rows)
    drawn = float(totals.plan.drawn)

    def per_1000(sums: Floats) -> Floats:
        found: Floats = SCALE * sums[line] / (rows if sums.shape[1] == 1 else drawn)
        return found

    return totals.bound(per_1000, column - column.mean())


def _find_segments(frame: pd.DataFrame, thresholds: Thresholds | None) -> list[Segment]:
    """Return the rows of each segment with a threshold of its own, the largest first, and of all the others."""
    if thresholds is None or thresholds.column not in frame.columns or not thresholds.segments:
        return []
    names, rest = name_segments(frame[thresholds.column]), np.ones(len(frame), dtype=bool)
    found = []
    for each in thresholds.segments:
        members = is_segment(names, each.value)
        found.append(Segment(name=each.value, threshold=each.threshold, members=members))
        rest &= ~members
    others = Segment(name=OTHER, threshold=thresholds.overall, members=rest)
    largest = sorted(found, key=lambda each: -int(each.members.sum()))[:SHOWN]
    return [each for each in (*largest, others) if each.members.any()]


def _segment_lines(segments: list[Segment], saved: list[Floats]) -> Iterator[Floats]:
    for segment in segments:
        yield segment.members.astype(np.float64)
        yield (segment.members * saved[0]) if saved else np.zeros(len(segment.members))


def _measure_segment(segment: Segment, spent: dict[str, Floats], totals: Totals) -> SegmentCost:
    members = segment.members
    rows = int(members.sum())
    saving = None
    if "champion" in spent and rows >= MIN_SEGMENT_ROWS:
        saved = np.where(members, spent["champion"] - spent["challenger"], 0.0)
        influence = saved - members * (saved.sum() / rows)
        saving = totals.bound(_mean_saving, influence, members=members.astype(np.float64))
    return SegmentCost(
        segment=segment.name,
        rows=rows,
        threshold=segment.threshold,
        challenger=SCALE * float(spent["challenger"][members].mean()),
        champion=SCALE * float(spent["champion"][members].mean()) if "champion" in spent else None,
        saving=saving,
    )


def _mean_saving(sums: Floats) -> Floats:
    return SCALE * divide(sums[1], sums[0])
