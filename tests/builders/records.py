"""Builders of every record, with values as a real run gives them."""

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

from builders.behaviour import make_behaviour
from builders.calibration import make_calibration
from builders.label_rates import make_label_rates
from ratchet.gates.gate import Findings
from ratchet.records.columns import ColumnKind
from ratchet.records.data import ColumnProfile, DataReport, Expectation, Part, Split, Table
from ratchet.records.files import FileRef
from ratchet.records.holdout import Period, Periods, Quartiles, SliceFinding
from ratchet.records.judgement import ChampionRef, Decision, Evaluation, Gain, GateResult, Measurement, Outcome, Verdict
from ratchet.records.leakage import Audit, Check, Finding, LeakKind, Strength
from ratchet.records.modelling import Candidate, Challenger
from ratchet.records.promotion import Champion, Promotion, Report
from ratchet.records.review import Changes, FitTime, MetricShift
from ratchet.records.serving_cost import Quantile, ServingCost, ServingCosts

COLUMNS = ("when", "age", "city", "member", "bought")


def make_ref(path: str = "runs/sales/run-1/snapshot.parquet", size_bytes: int = 1_234_567) -> FileRef:
    """A file whose digest depends on its path."""
    return FileRef(path=path, sha256=sha256(path.encode()).hexdigest(), size_bytes=size_bytes)


def make_table(**changes: object) -> Table:
    """Two years of rows."""
    table = Table(
        file=make_ref(),
        rows=48_842,
        fingerprint=sha256(b"rows").hexdigest(),
        columns=COLUMNS,
        time_from=datetime(2024, 1, 1, tzinfo=UTC),
        time_to=datetime(2025, 12, 31, 23, 30, tzinfo=UTC),
        source="data.csv (1 file)",
        warnings=("column 'extra' is in the file and not in the config: left out",),
    )
    return replace(table, **changes)  # type: ignore[arg-type]


def make_expectation(**changes: object) -> Expectation:
    """One that passed."""
    expectation = Expectation(
        rule="expect_column_values_to_not_be_null",
        column="age",
        rows_checked="all rows",
        origin="config",
        blocking=True,
        outcome=Outcome.PASS,
        reason="0 % of age is missing, at most 10 % may be",
    )
    return replace(expectation, **changes)  # type: ignore[arg-type]


def make_data_report(**changes: object) -> DataReport:
    """Everything passed but one warning."""
    warning = make_expectation(
        rule="expect_column_values_to_be_in_set",
        column="city",
        rows_checked="new rows",
        origin="reference",
        blocking=False,
        outcome=Outcome.FAIL,
        reason="6.1 % of city were never seen before, at most 5 % may be",
    )
    report = DataReport(
        outcome=Outcome.PASS,
        expectations=(warning, *(make_expectation(column=name) for name in COLUMNS)),
        reference_run="scheduled__2025-12-29T06:00:00+00:00",
        rows=48_842,
        new_rows=2_311,
        profile=(
            ColumnProfile(name="age", kind=ColumnKind.NUMERIC, null_share=0.0, quantiles=(17, 18, 28, 37, 48, 74, 90)),
            ColumnProfile(
                name="city", kind=ColumnKind.CATEGORICAL, null_share=0.02, categories=("Oslo", "Bern"), distinct=2
            ),
        ),
        docs="runs/sales/run-1/data_docs/index.html",
    )
    return replace(report, **changes)  # type: ignore[arg-type]


def make_part(name: str = "train", **changes: object) -> Part:
    """One part of a split, a quarter of it positive."""
    part = Part(
        file=make_ref(f"runs/sales/run-1/{name}.parquet"),
        rows=34_000,
        positives=8_500,
        time_from=datetime(2024, 1, 1, tzinfo=UTC),
        time_to=datetime(2025, 5, 31, tzinfo=UTC),
    )
    return replace(part, **changes)  # type: ignore[arg-type]


def make_split(**changes: object) -> Split:
    """A split by time."""
    split = Split(
        method="time",
        train=make_part("train"),
        validation=make_part("validation", rows=7_200, positives=1_750),
        holdout=make_part("holdout", rows=7_326, positives=1_812, time_to=datetime(2025, 12, 31, tzinfo=UTC)),
        embargoed_rows=316,
        classes=("no", "yes"),
    )
    return replace(split, **changes)  # type: ignore[arg-type]


def make_candidate(name: str = "boosting", **changes: object) -> Candidate:
    """One that was fitted."""
    candidate = Candidate(
        name=name,
        estimator="hist_gradient_boosting",
        parameters='{"learning_rate": 0.05, "max_iter": 300}',
        model=make_ref(f"runs/sales/run-1/candidates/{name}.skops"),
        failure=None,
        score=0.9184,
        metric="roc_auc",
        metric_value=0.9184,
        fit_seconds=12.4,
    )
    return replace(candidate, **changes)  # type: ignore[arg-type]


def make_lost_candidate(name: str = "xgboost", **changes: object) -> Candidate:
    """One that was stopped."""
    lost = make_candidate(
        name,
        estimator="xgboost",
        model=None,
        failure="stopped after its time limit of 1h",
        score=None,
        metric_value=None,
        fit_seconds=3600.0,
    )
    return replace(lost, **changes)  # type: ignore[arg-type]


def make_challenger(**changes: object) -> Challenger:
    """The best of four, one of which was lost."""
    best = make_candidate()
    others = (
        make_candidate("forest", estimator="random_forest", score=0.9113, metric_value=0.9113, fit_seconds=71.2),
        make_candidate("linear", estimator="linear", score=0.9041, metric_value=0.9041, fit_seconds=1.3),
    )
    assert best.model is not None
    challenger = Challenger(
        name=best.name,
        estimator=best.estimator,
        model=best.model,
        leaderboard=(best, *others, make_lost_candidate()),
        reason="boosting has the best roc_auc on validation (0.9184), 0.0071 above forest",
    )
    return replace(challenger, **changes)  # type: ignore[arg-type]


def make_gain(slice: str = "overall", **changes: object) -> Gain:  # noqa: A002 (the record's own word)
    """A clear gain over the champion."""
    gain = Gain(
        metric="roc_auc",
        opponent="champion",
        slice=slice,
        rows=7_326,
        positives=1_812,
        challenger=0.9162,
        opponent_value=0.9071,
        estimate=0.0091,
        lower=0.0042,
        upper=0.0140,
        confidence=0.99,
        detectable=0.0052,
        resampling="rows",
    )
    return replace(gain, **changes)  # type: ignore[arg-type]


def make_slice_gains() -> tuple[Gain, ...]:
    """A better slice, an uncertain one, and one that could not be measured."""
    return (
        make_gain("members", rows=2_104, positives=702, estimate=0.0122, lower=0.0031, upper=0.0212),
        make_gain("age-over-60", rows=611, positives=144, estimate=-0.0040, lower=-0.0291, upper=0.0214),
        make_gain(
            "new-city",
            rows=38,
            positives=9,
            challenger=None,
            opponent_value=None,
            estimate=None,
            lower=None,
            upper=None,
            detectable=None,
            problem="9 positives, at least 25 are needed",
        ),
    )


def make_periods(names: tuple[str, ...] = ("period 1 of 2", "period 2 of 2"), **changes: object) -> Periods:
    """Periods of a month each, the challenger a little better in all of them."""
    periods = Periods(
        metric="roc_auc",
        periods=tuple(
            Period(
                name=name,
                rows=3_663,
                time_from=datetime(2025, place, 1, tzinfo=UTC),
                time_to=datetime(2025, place, 28, tzinfo=UTC),
                challenger=0.91 + 0.01 * place,
                champion=0.90 + 0.01 * place,
            )
            for place, name in enumerate(names, start=1)
        ),
        challenger=Quartiles(lower=0.92, median=0.925, upper=0.93, spread=0.01),
        champion=Quartiles(lower=0.91, median=0.915, upper=0.92, spread=0.01),
    )
    return replace(periods, **changes)  # type: ignore[arg-type]


def make_evaluation(**changes: object) -> Evaluation:
    """A challenger that faced version 7."""
    evaluation = Evaluation(
        challenger="boosting",
        champion=ChampionRef(version=7, run_id="scheduled__2025-12-29T06:00:00+00:00"),
        metrics=(
            Measurement(metric="roc_auc", challenger=0.9162, champion=0.9071, baseline=0.5),
            Measurement(metric="average_precision", challenger=0.7814, champion=0.7602, baseline=0.2473),
            Measurement(metric="log_loss", challenger=0.2914, champion=0.3051, baseline=0.5602),
        ),
        baseline_gain=make_gain(
            opponent="baseline", opponent_value=0.5, estimate=0.4162, lower=0.4071, upper=0.4249, detectable=0.011
        ),
        champion_gain=make_gain(),
        slice_gains=make_slice_gains(),
        rows=7_326,
        positives=1_812,
        seed=20240501,
        guard_gains=(make_gain(metric="log_loss", challenger=0.2914, opponent_value=0.3051),),
        weak_slices=(make_gain("city is Bern", rows=811, positives=203, lower=-0.0019),),
        slice_search=SliceFinding(tried=120, against="champion"),
        periods=make_periods(),
        period_gains=tuple(make_gain(name, rows=3_663, positives=906) for name in ("period 1 of 2", "period 2 of 2")),
        calibration=make_calibration(),
        changes=make_changes(),
        label_rates=make_label_rates(),
    )
    return replace(evaluation, **changes)  # type: ignore[arg-type]


def make_first_evaluation(**changes: object) -> Evaluation:
    """A challenger that had nobody to face."""
    alone = {"champion": None, "champion_gain": None, "slice_gains": (), "guard_gains": (), "weak_slices": ()}
    evaluation = make_evaluation(**alone, period_gains=(), changes=None)
    metrics = tuple(replace(each, champion=None) for each in evaluation.metrics)
    return replace(evaluation, metrics=metrics, **changes)  # type: ignore[arg-type]


def make_gate(gate: str = "beats_champion", **changes: object) -> GateResult:
    """A gate that passed."""
    result = GateResult(
        gate=gate,
        outcome=Outcome.PASS,
        reason="roc_auc gain +0.0091 [+0.0042, +0.0140] against version 7, needs > 0",
        consequence=Decision.PROMOTE,
    )
    return replace(result, **changes)  # type: ignore[arg-type]


def make_gates() -> tuple[GateResult, ...]:
    """Every gate, all passed."""
    return (
        make_gate("data_check", reason="5 of 6 expectations passed, no blocking one failed"),
        make_gate("beats_baseline", reason="roc_auc gain +0.4162 [+0.4071, +0.4249] against the baseline, needs > 0"),
        make_gate("beats_champion"),
        make_gate("no_slice_worse", reason="2 slices judged, none is worse than tolerated; new-city is too small"),
    )


def make_verdict(**changes: object) -> Verdict:
    """A promotion."""
    verdict = Verdict(
        decision=Decision.PROMOTE,
        unopposed=False,
        reason="boosting beats version 7: roc_auc 0.9162 against 0.9071, a gain of at least +0.0042",
        gates=make_gates(),
        challenger="boosting",
        expected_champion=7,
    )
    return replace(verdict, **changes)  # type: ignore[arg-type]


def make_rejection(**changes: object) -> Verdict:
    """A challenger that is no better than the champion."""
    gates = list(make_gates())
    reason = "roc_auc gain -0.0008 [-0.0049, +0.0033] against version 7, needs > 0"
    gates[2] = make_gate(outcome=Outcome.FAIL, reason=reason, consequence=Decision.REJECT)
    verdict = make_verdict(decision=Decision.REJECT, reason=reason, gates=tuple(gates))
    return replace(verdict, **changes)  # type: ignore[arg-type]


def make_hold(**changes: object) -> Verdict:
    """A challenger that only a person can let in."""
    gates = list(make_gates())
    reason = "slice age-over-60 can't be judged: the interval [-0.0291, +0.0214] holds both -0.0454 and 0"
    gates[3] = make_gate("no_slice_worse", outcome=Outcome.INCONCLUSIVE, reason=reason, consequence=Decision.HOLD)
    verdict = make_verdict(decision=Decision.HOLD, reason=reason, gates=tuple(gates))
    return replace(verdict, **changes)  # type: ignore[arg-type]


def make_promotion(**changes: object) -> Promotion:
    """From version 7 to version 8."""
    promotion = Promotion(moved=True, version=8, previous=7, reason="the champion alias moved from version 7 to 8")
    return replace(promotion, **changes)  # type: ignore[arg-type]


def make_no_promotion(**changes: object) -> Promotion:
    """Version 7 stays."""
    promotion = Promotion(moved=False, version=7, previous=7, reason="the verdict is reject: version 7 stays")
    return replace(promotion, **changes)  # type: ignore[arg-type]


def make_champion(**changes: object) -> Champion:
    """Version 7."""
    champion = Champion(
        model_name="sales",
        version=7,
        run_id="scheduled__2025-12-29T06:00:00+00:00",
        candidate="forest",
        sha256=sha256(b"model").hexdigest(),
        since=datetime(2025, 12, 29, 6, 12, tzinfo=UTC),
        previous=6,
        as_of="2025-12-29T00:00:00+00:00",
    )
    return replace(champion, **changes)  # type: ignore[arg-type]


def make_report(**changes: object) -> Report:
    """The four pages of a run."""
    report = Report(
        run_html=make_ref("runs/sales/run-1/report.html"),
        run_markdown=make_ref("runs/sales/run-1/report.md"),
        card_html=make_ref("runs/sales/run-1/model_card.html"),
        card_markdown=make_ref("runs/sales/run-1/model_card.md"),
        tracking_url="http://127.0.0.1:5000/#/experiments/1/runs/abc",
    )
    return replace(report, **changes)  # type: ignore[arg-type]


def make_audit(**changes: object) -> Audit:
    """Everything was looked for, and nothing was found."""
    audit = Audit(
        checks=tuple(Check(kind=kind, looked_at=f"{kind.value} of 3 features") for kind in LeakKind), skill=0.8
    )
    return replace(audit, **changes)  # type: ignore[arg-type]


def make_finding(**changes: object) -> Finding:
    """A column that is the target with a few errors."""
    finding = Finding(
        kind=LeakKind.COLUMN,
        columns=("refunded",),
        strength=Strength.SUSPECTED,
        measured=0.88,
        limit=0.8,
        reason="'refunded' alone ranks the target with roc_auc 0.88, at most 0.8 is usual for a flag",
    )
    return replace(finding, **changes)  # type: ignore[arg-type]


def make_serving_costs(**changes: object) -> ServingCosts:
    """Challenger and champion are alike, and nothing is too much."""
    serving_costs = ServingCosts(
        challenger=make_serving_cost(),
        champion=make_serving_cost("champion", size_bytes=5_100_000, resident_bytes=14_800_000, peak_bytes=52_000_000),
        process_bytes=260_000_000,
    )
    return replace(serving_costs, **changes)  # type: ignore[arg-type]


def make_serving_cost(model: str = "challenger", **changes: object) -> ServingCost:
    """What a model of middling size takes."""
    weight = ServingCost(
        model=model,
        size_bytes=5_400_000,
        calls=64,
        latency=(
            Quantile(share=0.5, value=6.4, lower=6.1, upper=6.9),
            Quantile(share=0.95, value=9.8, lower=8.3, upper=14.2),
            Quantile(
                share=0.99,
                value=None,
                lower=9.9,
                upper=None,
                problem="64 calls are too few for the slowest 1 %, needs 100",
            ),
        ),
        batch_rows=7_326,
        rows_per_second=61_000.0,
        load_seconds=0.08,
        resident_bytes=15_200_000,
        peak_bytes=54_000_000,
    )
    return replace(weight, **changes)  # type: ignore[arg-type]


def make_changes(**changes: object) -> Changes:
    """A week like any other."""
    usual = Changes(
        champion_run="scheduled__2025-12-29T06:00:00+00:00",
        rows=34_000,
        champion_rows=33_600,
        fit=FitTime(candidate="boosting", seconds=12.4, rows=34_000, runs=8, expected=11.9, upper=16.2),
        metrics=(
            MetricShift(metric="roc_auc", value=0.9162, runs=8, mean=0.9090, lower=0.8931, upper=0.9249),
            MetricShift(
                metric="log_loss",
                value=0.2914,
                runs=3,
                problem="3 earlier runs are too few to know what is usual, needs 5",
            ),
        ),
    )
    return replace(usual, **changes)  # type: ignore[arg-type]


def make_findings(evaluation: Evaluation | None = None, **changes: object) -> Findings:
    """Everything that was measured."""
    findings = Findings(
        data_report=make_data_report(),
        evaluation=evaluation or make_evaluation(),
        audit=make_audit(),
        behaviour=make_behaviour(),
        serving_costs=make_serving_costs(),
    )
    return replace(findings, **changes)  # type: ignore[arg-type]
