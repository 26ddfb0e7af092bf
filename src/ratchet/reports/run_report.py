"""The run report: what happened in a run, why, and what to do about it."""

import posixpath
from urllib.parse import quote

from ratchet.records.judgement import Verdict
from ratchet.records.outcome import Decision, Outcome
from ratchet.reports.cost_table import list_costs, tabulate_costs
from ratchet.reports.fairness_plot import place_groups
from ratchet.reports.front import place_front
from ratchet.reports.gain_plots import place_gains, place_periods
from ratchet.reports.headline import check_summary, failed_expectations, headline_of, next_steps, undo_command
from ratchet.reports.importance import place_importances
from ratchet.reports.reliability import draw_reliability, explain_threshold
from ratchet.reports.rendering import render
from ratchet.reports.story import Story


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
        **_count_gates(story.verdict),
        **_draw_evaluation(story),
    }


def _count_gates(verdict: Verdict) -> dict[str, object]:
    gates = [gate for gate in verdict.gates if gate.outcome is not Outcome.NOT_APPLICABLE]
    return {
        "asked_gates": len(gates),
        "passed_gates": sum(gate.outcome is Outcome.PASS for gate in gates),
        "open_gates": [gate.gate for gate in gates if gate.consequence is not Decision.PROMOTE],
    }


def _draw_evaluation(story: Story) -> dict[str, object]:
    evaluation = story.evaluation
    return {
        "reliability": draw_reliability(evaluation.calibration if evaluation else None),
        "fair_plots": place_groups(evaluation.fairness if evaluation else None, story.run.config),
    }
