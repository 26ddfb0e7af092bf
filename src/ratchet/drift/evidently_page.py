"""Evidently's page about two sets of rows: for those who know it, beside our own figures and never instead of them."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ratchet.records.columns import ColumnKind

LONGEST = 60  # characters of a category on a page
FARTHEST = 1e100  # it can't cut a wider range than this into bins
# What it raises on data that it can't bear: a page less, never a failed run.
REFUSALS = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
# Its scripts are in the page; nothing is fetched and nothing is sent.
POLICY = (
    "<head><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline' "
    "'unsafe-eval'; style-src 'unsafe-inline'; font-src data:; img-src data: blob:; base-uri 'none'; "
    "form-action 'none'\">"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidentlyPage:
    """What came of it.

    Attributes:
        html: the page; None where there is none.
        left_out: columns that it can't show, each with the reason.
        problem: why there is no page; None when there is one.
    """

    html: str | None
    left_out: tuple[str, ...] = ()
    problem: str | None = None


def make_evidently_page(then: pd.DataFrame, now: pd.DataFrame, kinds: Mapping[str, ColumnKind]) -> EvidentlyPage:
    """Compare two sets of rows with Evidently's presets for drift and for a summary.

    Args:
        then: rows of the reference.
        now: rows of the window.
        kinds: the columns to show, with the kind of each.
    """
    if not (len(then) and len(now)):
        return EvidentlyPage(html=None, problem="one side has no rows")
    before, after = (_prepare(frame, kinds) for frame in (then, now))
    absent = {name: "it is not in both" for name in kinds if name not in then or name not in now}
    odd = {name: reason for name in kinds if (reason := _find_oddity(before, after, name))}
    left_out = odd | absent
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return _render(before, after, kinds, left_out)


def _render(
    then: pd.DataFrame, now: pd.DataFrame, kinds: Mapping[str, ColumnKind], left_out: dict[str, str]
) -> EvidentlyPage:
    shown = [name for name in kinds if name not in left_out]
    html = _try(then, now, kinds, shown)
    if html is None:
        # one column may have spoilt it for all of them
        bad = [name for name in shown if not _bears(then, now, kinds, name)]
        left_out = left_out | dict.fromkeys(bad, "Evidently can't bear its values")
        html = _try(then, now, kinds, [name for name in shown if name not in bad])
    problems = tuple(f"{name}: {reason}" for name, reason in left_out.items())
    problem = None if html else "Evidently can't show any column of these rows"
    return EvidentlyPage(html=html, left_out=problems, problem=problem)


def _prepare(frame: pd.DataFrame, kinds: Mapping[str, ColumnKind]) -> pd.DataFrame:
    return pd.DataFrame({name: _prepare_column(frame, name, kinds[name]) for name in kinds})


def _prepare_column(frame: pd.DataFrame, name: str, kind: ColumnKind) -> pd.Series:
    """Return plain numbers, or texts without markup: the page puts them into a script as they are."""
    if name not in frame.columns:
        return pd.Series(np.nan, frame.index)
    if kind == ColumnKind.NUMERIC:
        values = pd.to_numeric(frame[name], errors="coerce").astype("float64")
        return values.where(np.isfinite(values))
    texts = frame[name].astype("string").str.slice(0, LONGEST)
    texts = texts.str.replace("<", "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", regex=False)
    return texts.astype("object").mask(texts.isna(), np.nan)


def _find_oddity(then: pd.DataFrame, now: pd.DataFrame, name: str) -> str | None:
    for which, frame in (("reference", then), ("window", now)):
        if frame[name].isna().all():
            return f"no finite value in the {which}"
    widest = max((frame[name].abs().max() for frame in (then, now) if frame[name].dtype == "float64"), default=0.0)
    return f"values beyond {FARTHEST:g}" if widest > FARTHEST else None


def _bears(then: pd.DataFrame, now: pd.DataFrame, kinds: Mapping[str, ColumnKind], name: str) -> bool:
    try:
        _draw_page(then, now, {name: kinds[name]}, summary=False)
    except REFUSALS:
        return False
    return True


def _try(then: pd.DataFrame, now: pd.DataFrame, kinds: Mapping[str, ColumnKind], names: Sequence[str]) -> str | None:
    if not names:
        return None
    try:
        html = _draw_page(then, now, {name: kinds[name] for name in names}, summary=True)
    except REFUSALS:
        return None
    return html.replace("<head>", POLICY, 1)


def _draw_page(then: pd.DataFrame, now: pd.DataFrame, kinds: Mapping[str, ColumnKind], *, summary: bool) -> str:
    from evidently import DataDefinition, Dataset, Report  # noqa: PLC0415
    from evidently.presets import DataDriftPreset, DataSummaryPreset  # noqa: PLC0415

    definition = DataDefinition(
        numerical_columns=[name for name, kind in kinds.items() if kind == ColumnKind.NUMERIC],
        categorical_columns=[name for name, kind in kinds.items() if kind != ColumnKind.NUMERIC],
    )
    current, reference = (Dataset.from_pandas(frame[list(kinds)], definition) for frame in (now, then))
    presets = [DataDriftPreset(), DataSummaryPreset()] if summary else [DataDriftPreset()]
    html: str = Report(presets).run(current, reference).get_html_str(as_iframe=False)
    return html
