"""Look for every kind of leak; what can't be looked for is named with its reason.

A search that breaks ends the run: it is a fault of the search, and a search that broke has not found nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ratchet.evaluation.leakage.columns import draw_judged, find_columns, measure_skill
from ratchet.evaluation.leakage.combinations import find_combined_rates
from ratchet.evaluation.leakage.duplicates import find_duplicates
from ratchet.evaluation.leakage.encodings import find_encodings
from ratchet.evaluation.leakage.entities import find_entities
from ratchet.evaluation.leakage.extremes import find_extremes
from ratchet.evaluation.leakage.material import FEWEST_OF_EACH, FEWEST_ROWS, Material, share_out_evenly
from ratchet.evaluation.leakage.memory import find_future_windows
from ratchet.evaluation.leakage.questions import Questions, prepare_questions
from ratchet.evaluation.leakage.quick_model import find_settled_values
from ratchet.evaluation.leakage.shift import FEWEST_GROUPS, count_groups, find_row_numbers, find_shift
from ratchet.evaluation.leakage.sums import find_sums
from ratchet.evaluation.leakage.timing import find_late_rows, find_late_values, find_memory_across, find_time_apart
from ratchet.gates.no_leak import LeakGate
from ratchet.records.leakage import Audit, Check, Finding, LeakKind, Strength

FEWEST_JUDGES = 300  # rows: with fewer, the error of a roc_auc of 0.95 is a hundredth and more
Search = Callable[[], list[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    kind: LeakKind
    looked_at: str
    searches: Sequence[Search]
    obstacle: str | None = None


def search_leaks(material: Material, past_skills: Sequence[float] = ()) -> Audit:
    """Look for every kind of leak.

    Args:
        material: the columns of the three parts.
        past_skills: what earlier runs' quick models knew of their validation rows.
    """
    judged = share_out_evenly(material) if len(material.validation) < FEWEST_JUDGES else material
    questions = prepare_questions(judged, draw_judged(judged))
    skill = measure_skill(judged, questions) if questions else None
    findings: list[Finding] = []
    checks = []
    for look in _list_looks(material, judged, questions, skill, past_skills):
        for search in look.searches if look.obstacle is None else ():
            findings += search()
        checks.append(Check(kind=look.kind, looked_at=look.looked_at, problem=look.obstacle))
    ordered = sorted(_without_repeats(findings), key=lambda each: each.strength is not Strength.CERTAIN)
    return Audit(findings=tuple(ordered), checks=tuple(checks), skill=skill)


def _list_looks(
    material: Material, judged: Material, questions: Questions | None, skill: float | None, past: Sequence[float]
) -> list[_Look]:
    few = f"train and validation have too few rows: it takes {FEWEST_OF_EACH} with each answer that judge"
    by_column: Search = (lambda: find_columns(judged, questions)) if questions else list
    alone = f"{len(material.features)} features alone, by their gaps and values"
    too_good = _look(
        LeakKind.TOO_GOOD, f"the skill of earlier runs ({len(past)})", lambda: compare_skills(skill, past, material)
    )
    return [
        replace(
            _look(LeakKind.COLUMN, alone, by_column, lambda: find_settled_values(material)),
            obstacle=None if questions else few,
        ),
        *_list_looks_at_rows(material),
        *_list_looks_at_tables(material),
        replace(too_good, obstacle=few if skill is None and past else None),
    ]


def _list_looks_at_rows(material: Material) -> list[_Look]:
    copies = _look(LeakKind.DUPLICATES, "rows twice in train and holdout", lambda: find_duplicates(material))
    few = f"train has fewer than {FEWEST_ROWS} rows" if len(material.train) < FEWEST_ROWS else None
    known = f"when values are known, as the YAML says of {len(material.availability)} columns"
    return [
        replace(copies, obstacle=few),
        _look(LeakKind.ENTITY, "groups and entities on both sides", lambda: find_entities(material)),
        replace(
            _look(
                LeakKind.TIME,
                "rows and labels later than the cut",
                lambda: find_late_rows(material),
                lambda: find_memory_across(material),
                lambda: find_time_apart(material),
            ),
            obstacle=None if len(material.holdout) else "the holdout has no rows, so there is no cut",
        ),
        _look(LeakKind.AVAILABILITY, known, lambda: find_late_values(material)),
    ]


def _list_looks_at_tables(material: Material) -> list[_Look]:
    return [
        _look(LeakKind.PARTS, "sums, shares and products of columns", lambda: find_sums(material)),
        _look(
            LeakKind.WHOLE_TABLE,
            "rates, ranks and windows over the holdout's targets",
            lambda: find_encodings(material),
            lambda: find_future_windows(material),
            lambda: find_extremes(material),
            lambda: find_combined_rates(material),
        ),
        _look(
            LeakKind.SHIFT,
            "row numbers, and columns that tell train from holdout",
            lambda: find_row_numbers(material),
            *_search_shift(material),
        ),
    ]


def _look(kind: LeakKind, looked_at: str, *searches: Search) -> _Look:
    return _Look(kind=kind, looked_at=looked_at, searches=searches)


def _search_shift(material: Material) -> tuple[Search, ...]:
    """Groups differ by themselves where they are few: then only row numbers are looked for."""
    groups = count_groups(material)
    return () if groups is not None and groups < FEWEST_GROUPS else (lambda: find_shift(material),)


def compare_skills(skill: float | None, past: Sequence[float], material: Material) -> list[Finding]:
    """Find that a quick model leaves far less of the error than that of any earlier run did."""
    if skill is None or not past:
        return []
    least, limit = 1 - max(past), material.config.gates.of(LeakGate).min_error_left
    if least <= 0 or (1 - skill) >= limit * least:
        return []
    reason = (
        f"a quick model leaves {1 - skill:.3f} of the error on validation, in earlier runs ({len(past)}) never less "
        f"than {least:.3f}: below {limit:g} times that is too good to be true"
    )
    return [
        Finding(
            kind=LeakKind.TOO_GOOD,
            columns=(),
            strength=Strength.SUSPECTED,
            measured=(1 - skill) / least,
            limit=limit,
            reason=reason,
        )
    ]


def _without_repeats(findings: Sequence[Finding]) -> list[Finding]:
    """Tell one kind of leak in the same columns once, the surest first."""
    ordered = sorted(findings, key=lambda each: each.strength is not Strength.CERTAIN)
    return list({(each.kind, each.columns): each for each in reversed(ordered)}.values())
