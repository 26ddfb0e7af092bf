"""What to do about an alert, and the runbook that says more."""

from fnmatch import fnmatchcase

from ratchet.alerts.deliveries import ROWS
from ratchet.records.alerts import LABELLED, AlertLevel, Signal

# the first pattern that fits a signal's name: its runbook, and the first thing to do
ADVICE: tuple[tuple[str, str, str], ...] = (
    ("data.labels", "labels-missing.md", "find out why labels do not come; figures are of the few that did"),
    ("data.*", "no-data.md", "look whether rows are delivered and scored; nothing is known of the model until then"),
    (
        "concept",
        "concept-drift.md",
        "retrain on recent rows; compare where errors gather with what the business changed",
    ),
    ("calibration", "calibration-drift.md", "don't use the probabilities as shares; recalibrate or retrain"),
    ("prediction", "prediction-drift.md", "look which features moved; hold campaigns that count on usual numbers"),
    ("label", "data-drift.md", "look whether the outcome itself changed or is recorded another way"),
    ("estimate.*", "prediction-drift.md", "an estimate decides nothing: wait for labels, or ask for some"),
    ("drift.*", "data-drift.md", "compare the column's distributions, then its source, before any retraining"),
    ("features", "data-drift.md", "look for one cause of many: a new source, a new population, a season"),
    (
        "separation",
        "data-drift.md",
        "look at combinations of columns, and at the time of the rows, where no single column shows it",
    ),
    ("composite.*", "data-drift.md", "look at each condition; labels of these rows would settle it"),
    ("*", "performance-drop.md", "look where errors gather, then retrain, or roll back if a new version began it"),
)
SEGMENT = ("segment-drop.md", "compare the segment with the rest: its rows, its features, its labels")


def find_runbook(signal: Signal) -> str:
    """Return the file in docs/runbooks for a signal."""
    return _find(signal)[0]


def advise(signal: Signal, level: AlertLevel) -> str:
    """Return what to do, one sentence; empty for what is green."""
    if level is AlertLevel.GREEN:
        return ""
    if level is AlertLevel.UNKNOWN and signal.name != ROWS:
        return "nothing is known, which is not good news: look why"
    runbook, text = _find(signal)
    return f"{text} (docs/runbooks/{runbook})"


def _find(signal: Signal) -> tuple[str, str]:
    if signal.segment is not None:
        return SEGMENT
    # a composite that labels take part in needs what a loss needs
    is_shown = signal.name.startswith("composite.") and signal.kind in LABELLED
    name = signal.kind.value if is_shown else signal.name
    return next((runbook, text) for pattern, runbook, text in ADVICE if fnmatchcase(name, pattern))
