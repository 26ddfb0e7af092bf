import pytest

from builders.weeks import make_signal
from ratchet.alerts.memory import ADVICE, SEGMENT, advise, find_runbook
from ratchet.records.alerts import AlertLevel, SignalKind


@pytest.mark.parametrize(
    ("name", "segment", "runbook"),
    [
        ("performance.roc_auc", None, "performance-drop.md"),
        ("long_performance.roc_auc", None, "performance-drop.md"),
        ("guard.log_loss", None, "performance-drop.md"),
        ("sudden.roc_auc", None, "performance-drop.md"),
        ("slow.roc_auc", None, "performance-drop.md"),
        ("performance.roc_auc.x", "x", "segment-drop.md"),
        ("concept", None, "concept-drift.md"),
        ("calibration", None, "calibration-drift.md"),
        ("prediction", None, "prediction-drift.md"),
        ("estimate.roc_auc", None, "prediction-drift.md"),
        ("drift.age", None, "data-drift.md"),
        ("separation", None, "data-drift.md"),
        ("features", None, "data-drift.md"),
        ("label", None, "data-drift.md"),
        ("data.rows", None, "no-data.md"),
        ("data.labels", None, "labels-missing.md"),
    ],
)
def test_every_signal_has_its_runbook(name, segment, runbook):
    signal = make_signal(name=name, segment=segment)
    assert find_runbook(signal) == runbook
    assert advise(signal, AlertLevel.RED).endswith(f"(docs/runbooks/{runbook})")


@pytest.mark.parametrize(
    ("kind", "runbook"),
    [
        (SignalKind.DRIFT, "data-drift.md"),
        (SignalKind.PREDICTION, "data-drift.md"),
        (SignalKind.CONCEPT, "concept-drift.md"),
        (SignalKind.PERFORMANCE, "performance-drop.md"),
    ],
)
def test_a_composite_in_which_labels_speak_needs_what_a_loss_needs(kind, runbook):
    assert find_runbook(make_signal(name="composite.mine", kind=kind)) == runbook


def test_every_runbook_is_there_and_none_is_left_over(repository):
    named = {runbook for _, runbook, _ in ADVICE} | {SEGMENT[0]}
    assert {path.name for path in (repository / "docs" / "runbooks").glob("*.md")} == named


def test_green_needs_no_advice_and_unknown_is_not_good_news():
    assert advise(make_signal(), AlertLevel.GREEN) == ""
    assert "not good news" in advise(make_signal(), AlertLevel.UNKNOWN)
    assert "no-data.md" in advise(make_signal(name="data.rows"), AlertLevel.UNKNOWN)
