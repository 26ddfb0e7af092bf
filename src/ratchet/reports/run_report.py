"""The run report: what happened in a run, why, what to do about it, and what its models take."""

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from ratchet.gates.weights import rank_gates
from ratchet.records.judgement import Decision, Outcome, Verdict
from ratchet.records.serving_cost import Quantile, ServingCost, ServingCosts
from ratchet.reports.concerns import did_not_pass, glance_at_groups, glance_at_leaks
from ratchet.reports.decision_charts import draw_errors, draw_ranking, draw_thresholds, tabulate_confusion
from ratchet.reports.fairness_plot import place_groups
from ratchet.reports.feature_charts import place_dependences, place_spreads
from ratchet.reports.front import place_front
from ratchet.reports.gain_plots import place_gains, place_importances, place_periods
from ratchet.reports.label_charts import place_labels
from ratchet.reports.reliability import draw_reliability, explain_threshold
from ratchet.reports.rendering import render
from ratchet.reports.story import Story, check_summary, failed_expectations, headline_of, next_steps, undo_command
from ratchet.reports.wording import NOTHING, figure, seconds, size
from ratchet.reports.worst_groups import find_turns, place_worst


def run_report_html(story: Story, folder: str) -> str:
    """Return the run report as one self-contained page; `folder` is where it will be, relative to the home."""
    docs = story.data_report.docs
    link = quote(posixpath.relpath(docs, folder)) if docs else None
    return render("run_report.html.jinja", docs_link=link, **_values(story))


def run_report_markdown(story: Story) -> str:
    """Return the run report as Markdown."""
    return render("run_report.md.jinja", **_values(story))


def _values(story: Story) -> dict[str, object]:
    return {
        "story": story,
        "headline": headline_of(story),
        "steps": next_steps(story),
        "undo": undo_command(story),
        "period_plot": place_periods(story.evaluation),
        "plot": place_gains(story.plotted_gains, story.run.config.gates),
        "front": place_front(story.challenger, story.run.config.policy),
        "bars": place_importances(story.behaviour),
        "cost_models": list_costs(story.serving_costs),
        "cost_rows": tabulate_costs(list_costs(story.serving_costs)),
        "threshold": explain_threshold(story.challenger.thresholds if story.challenger else None),
        "failed": failed_expectations(story),
        "check_summary": check_summary(story),
        "config_fingerprint": story.run.config.fingerprint(),
        "dependence_cards": place_dependences(story.behaviour),
        "spread_cards": place_spreads(story.behaviour),
        **_count_gates(story.verdict),
        **_draw_evaluation(story),
    }


def _count_gates(verdict: Verdict) -> dict[str, object]:
    ranked = rank_gates(verdict.gates)
    gates = [gate for gate in ranked if gate.outcome is not Outcome.NOT_APPLICABLE]
    return {
        "asked_gates": len(gates),
        "passed_gates": sum(gate.outcome is Outcome.PASS for gate in gates),
        "open_gates": [gate for gate in ranked if did_not_pass(gate)],
        "quiet_gates": [gate for gate in gates if not did_not_pass(gate)],
        "unasked_gates": [gate for gate in ranked if gate.outcome is Outcome.NOT_APPLICABLE],
        "standing_gates": [gate.gate for gate in ranked if gate.consequence is not Decision.PROMOTE],
    }


def _draw_evaluation(story: Story) -> dict[str, object]:
    evaluation, config = story.evaluation, story.run.config
    looked, groups = (evaluation.diagnostics, evaluation.fairness) if evaluation else (None, None)
    return {
        "glances": (glance_at_groups(story), glance_at_leaks(story)),
        "label_plot": place_labels(evaluation),
        "reliability": draw_reliability(evaluation.calibration if evaluation else None),
        "fair_plots": place_groups(groups, config),
        "worst_groups": place_worst(groups, config),
        "turns": find_turns(groups, config),
        "confusion": tabulate_confusion(looked),
        "threshold_charts": draw_thresholds(looked, config.decision.costs),
        "ranking_charts": draw_ranking(looked),
        "error_charts": draw_errors(looked),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCell:
    """A figure, and what belongs to it in small print."""

    text: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """One figure of every model."""

    name: str
    cells: tuple[CostCell, ...]


CostFigure = tuple[str, Callable[[ServingCost], CostCell]]  # what a figure is called, and where it is found


def list_costs(serving_costs: ServingCosts | None) -> tuple[ServingCost, ...]:
    """Return the models whose serving cost was to be measured, the challenger first."""
    if serving_costs is None:
        return ()
    return tuple(each for each in (serving_costs.challenger, serving_costs.champion) if each is not None)


def tabulate_costs(costs: tuple[ServingCost, ...]) -> tuple[CostRow, ...]:
    """Return a row a figure; a price that was not given has none."""
    has_costs = any(each.cost_single is not None for each in costs)
    figures = (*_list_latencies(costs), *FIGURES, *(COSTS if has_costs else ()))
    return tuple(CostRow(name=name, cells=tuple(map(read, costs))) for name, read in figures)


def _list_latencies(costs: tuple[ServingCost, ...]) -> list[CostFigure]:
    shares = sorted({each.share for cost in costs for each in cost.latency})
    return [(f"One row, p{100 * share:g}", partial(_time, share=share)) for share in shares]


def _time(cost: ServingCost, share: float) -> CostCell:
    quantile = next((each for each in cost.latency if each.share == share), None)
    if quantile is None:
        return CostCell(text=NOTHING)
    if quantile.value is None:
        return CostCell(text=NOTHING, note=quantile.problem or "")
    return CostCell(text=f"{quantile.value:.3g} ms", note=_bounds(quantile))


def _bounds(quantile: Quantile) -> str:
    lower, upper = (NOTHING if each is None else f"{each:.3g}" for each in (quantile.lower, quantile.upper))
    return f"[{lower}, {upper}]"


def _speed(cost: ServingCost) -> CostCell:
    if cost.rows_per_second is None:
        return CostCell(text=NOTHING)
    return CostCell(text=f"{cost.rows_per_second:,.0f} rows/s", note=f"{cost.batch_rows:,} rows")


def _size(size_bytes: int | None) -> CostCell:
    return CostCell(text=NOTHING if not size_bytes else size(size_bytes))


def _loading(cost: ServingCost) -> CostCell:
    return CostCell(text=NOTHING if cost.load_seconds is None else seconds(cost.load_seconds))


FIGURES: tuple[CostFigure, ...] = (
    ("Batch", _speed),
    ("Loading", _loading),
    ("File", lambda cost: _size(cost.size_bytes)),
    ("Memory, loaded", lambda cost: _size(cost.resident_bytes)),
    ("Memory at its peak, scoring a batch", lambda cost: _size(cost.peak_bytes)),
)
COSTS: tuple[CostFigure, ...] = (
    ("1,000 predictions one by one", lambda cost: CostCell(text=figure(cost.cost_single))),
    ("1,000 predictions in batches", lambda cost: CostCell(text=figure(cost.cost_batch))),
)
