"""Builders of what is said about probabilities, thresholds and costs."""

from dataclasses import replace

from ratchet.records.calibration import Bounded, Calibration, CalibrationBin, InTheLarge, ModelCalibration
from ratchet.records.decision import CostReport, ModelCost, SegmentCost, SegmentThreshold, Thresholds

COSTS = {"false_positive": 1.0, "false_negative": 5.0}


def make_bounded(estimate: float = 0.02, lower: float | None = None, upper: float | None = None) -> Bounded:
    """A figure whose bounds, unless given, are 0.01 away."""
    return Bounded(
        estimate=estimate,
        lower=estimate - 0.01 if lower is None else lower,
        upper=estimate + 0.01 if upper is None else upper,
    )


def make_in_the_large(group: str = "overall", **changes: object) -> InTheLarge:
    """A quarter predicted, a little less observed."""
    part = InTheLarge(
        group=group, rows=7_326, predicted=0.254, observed=0.247, difference=make_bounded(0.007, -0.002, 0.016)
    )
    return replace(part, **changes)  # type: ignore[arg-type]


def make_model_calibration(**changes: object) -> ModelCalibration:
    """A well calibrated model, on two slices of which one is too small."""
    bins = tuple(
        CalibrationBin(rows=1_831, predicted=at, observed=at - 0.01, lower=at - 0.03, upper=at + 0.01)
        for at in (0.05, 0.15, 0.25, 0.55)
    )
    model = ModelCalibration(
        error=make_bounded(0.02, 0.0, 0.03),
        by_chance=0.012,
        brier=make_bounded(0.13, 0.12, 0.14),
        reliability=make_bounded(0.001, 0.0, 0.002),
        resolution=make_bounded(0.057, 0.05, 0.06),
        uncertainty=make_bounded(0.186, 0.18, 0.19),
        bins=bins,
        in_the_large=(
            make_in_the_large(),
            make_in_the_large("members", rows=2_104),
            make_in_the_large("new-city", rows=38, difference=None, problem="38 rows are too few, needs 50"),
        ),
    )
    return replace(model, **changes)  # type: ignore[arg-type]


def make_calibration(**changes: object) -> Calibration:
    """Challenger and champion are about as well calibrated."""
    calibration = Calibration(
        rows=7_326,
        positives=1_812,
        challenger=make_model_calibration(),
        champion=make_model_calibration(error=make_bounded(0.025, 0.005, 0.035)),
        change=make_bounded(-0.005, -0.012, 0.002),
    )
    return replace(calibration, **changes)  # type: ignore[arg-type]


def make_thresholds(**changes: object) -> Thresholds:
    """A low threshold, lower still in Oslo."""
    thresholds = Thresholds(overall=0.17, column="city", segments=(SegmentThreshold(value="Oslo", threshold=0.14),))
    return replace(thresholds, **changes)  # type: ignore[arg-type]


def make_costs(**changes: object) -> CostReport:
    """The challenger saves a little."""
    models = (
        ModelCost(model="challenger", per_1000=make_bounded(540.0, 520.0, 560.0), positive_share=0.31),
        ModelCost(model="champion", per_1000=make_bounded(555.0, 535.0, 575.0), positive_share=0.3),
        ModelCost(model="baseline", per_1000=make_bounded(753.0, 740.0, 766.0), positive_share=1.0),
    )
    report = CostReport(
        rows=7_326,
        positives=1_812,
        models=models,
        saving=make_bounded(15.0, 2.0, 28.0),
        segments=(
            SegmentCost(
                segment="Oslo",
                rows=3_700,
                threshold=0.14,
                challenger=530.0,
                champion=550.0,
                saving=make_bounded(20.0, 1.0, 39.0),
            ),
            SegmentCost(segment="other", rows=40, threshold=0.17, challenger=560.0, champion=555.0, saving=None),
        ),
        thresholds=make_thresholds(),
        champion_thresholds=Thresholds(overall=0.2),
    )
    return replace(report, **changes)  # type: ignore[arg-type]
