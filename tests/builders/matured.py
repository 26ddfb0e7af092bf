"""Production as arrays, and matured rows that are judged."""

import numpy as np
import pandas as pd

from builders.observations import KNOWN_AT, know
from builders.runs import make_config
from ratchet.config.model import ModelConfig
from ratchet.config.monitoring import LabelPlan
from ratchet.evaluation.production.basis import Material
from ratchet.evaluation.production.figures import Judged, Units
from ratchet.evaluation.production.maturity import Maturity, learn_maturity
from ratchet.evaluation.production.rows import Calendar, Production
from ratchet.records.columns import ROW, TIME
from ratchet.timeline import DAY, Moment, Window, to_number

PLAN = LabelPlan()
DAYS = Calendar(has_clock=True, period=DAY)


def make_production(stream: pd.DataFrame, as_of: Moment) -> Production:
    """What is known of a binary stream, or of one of numbers, as arrays."""
    rows = know(stream, as_of)
    has_clock, is_number = TIME in rows.columns, rows["decision"].isna().all()
    labels = rows["label"].astype(float) if is_number else rows["label"].map({"no": 0.0, "yes": 1.0})
    ticks = as_ticks(rows[TIME]) if has_clock else rows[ROW].to_numpy()
    delays = None
    if has_clock:
        delays = np.where(labels.notna(), as_ticks(rows[KNOWN_AT]) - ticks, np.inf)
    return Production(
        ticks=ticks.astype(np.int64),
        labels=labels.to_numpy(float),
        scores=rows["score"].to_numpy(float),
        decisions=None if is_number else (rows["decision"] == "yes").to_numpy(float),
        delays=delays,
        entities=None,
        versions=rows["model_version"].to_numpy(np.int64),
        has_features=np.ones(len(rows), bool),
        places=np.arange(len(rows)),
    )


def as_ticks(times: pd.Series) -> np.ndarray:
    """Times in microseconds."""
    return times.astype("datetime64[us, UTC]").astype("int64").to_numpy()


def learn(rows: Production, as_of: Moment, **changes: object) -> Maturity:
    """Learn maturity with the defaults."""
    facts = {"share": 0.95, "after": None, "calendar": DAYS}
    return learn_maturity(rows, as_of, **(facts | changes))  # type: ignore[arg-type]


def make_judged(
    labels: object, scores: object, *, weights: object = None, days: int = 1, decisions: object = None
) -> Judged:
    """Matured rows, evenly over some days, with labels as codes or values."""
    truth, said = np.asarray(labels, float), np.asarray(scores, float)
    count = len(truth)
    rows = Production(
        ticks=np.linspace(0, days * DAY, count, endpoint=False).astype(np.int64),
        labels=truth,
        scores=said,
        decisions=(said >= 0.5).astype(float) if decisions is None else np.asarray(decisions, float),
        delays=np.where(np.isfinite(truth), 0.0, np.inf),
        entities=None,
        versions=np.ones(count, np.int64),
        has_features=np.ones(count, bool),
        places=np.arange(count),
    )
    units = Units(days=(rows.ticks // DAY).astype(np.intp), entities=None, is_ordered=True)
    counted = np.isfinite(truth).astype(float) if weights is None else np.asarray(weights, float)
    return Judged(rows=rows, weights=counted, units=units)


def make_material(
    stream: pd.DataFrame, as_of: Moment, config: ModelConfig | None = None, **changes: object
) -> Material:
    """What an performance of a stream is made of."""
    config = config or make_config()
    window, long_window, _ = config.monitoring.spans(has_clock=TIME in stream.columns)
    facts = {
        "config": config, "rows": make_production(stream, as_of), "segments": (), "as_of": as_of,
        "window": Window(start=as_of - window, end=as_of),  # type: ignore[operator]
        "long_window": Window(start=as_of - long_window, end=as_of),  # type: ignore[operator]
    }  # fmt: skip
    return Material(**(facts | changes))  # type: ignore[arg-type]


def tick(moment: Moment) -> int:
    """The tick of a moment."""
    return to_number(moment)
