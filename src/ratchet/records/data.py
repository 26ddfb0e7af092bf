"""What is known about a run's data: the snapshot, its check and its split."""

from dataclasses import dataclass
from datetime import datetime

from ratchet.records.columns import ColumnKind
from ratchet.records.files import FileRef
from ratchet.records.judgement import Outcome
from ratchet.timeline import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An immutable snapshot of the source, as of one time.

    Attributes:
        file: the Parquet file, sorted by event time where there is one.
        rows: how many rows it holds.
        fingerprint: digest of the content alone: the same rows give the same fingerprint whatever wrote them.
        columns: every column in it, in order.
        time_from: earliest event time, UTC; None when the data has no clock.
        time_to: latest event time, UTC.
        source: what was read, without credentials.
        warnings: one sentence for each thing that was accepted with a remark.
    """

    file: FileRef
    rows: int
    fingerprint: str
    columns: tuple[str, ...]
    time_from: datetime | None
    time_to: datetime | None
    source: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """What one column looked like in an accepted snapshot: the yardstick for the next delivery.

    Attributes:
        name: the column.
        kind: what its values are.
        null_share: share of rows without a value, 0 to 1.
        quantiles: minimum, 1 %, 25 %, 50 %, 75 %, 99 %, maximum; empty for categories or when nothing is known.
        categories: the values seen, most frequent first, capped at `distinct` or the profile's limit.
        distinct: how many different values there are.
    """

    name: str
    kind: ColumnKind
    null_share: float
    quantiles: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    distinct: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """The result of one expectation on the data.

    Attributes:
        rule: the Great Expectations rule, e.g. "expect_column_values_to_not_be_null".
        column: the column, or None for a rule on the table.
        rows_checked: "all rows", "new rows" (those later than the reference snapshot) or "earlier rows" (the others).
        origin: "config", "reference" or "team": where the rule comes from.
        blocking: whether a failure stops the run's promotion; otherwise it is a warning.
        outcome: pass, fail, or inconclusive when the rule could not be computed.
        reason: one sentence with the observed value and the limit.
    """

    rule: str
    column: str | None
    rows_checked: str
    origin: str
    blocking: bool
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataReport:
    """All expectations on a snapshot and what follows from them.

    Attributes:
        outcome: fail when a blocking expectation failed, inconclusive when one could not be computed, else pass.
        expectations: one entry an expectation, failures first.
        reference_run: run id of the accepted snapshot that this one was compared with, None for the first.
        rows: rows in the snapshot.
        new_rows: rows later than the reference snapshot.
        profile: the snapshot's own profile, the reference of a later run when this one is accepted.
        docs: path of the Data Docs index page relative to the home, None when it was not made.
    """

    outcome: Outcome
    expectations: tuple[Expectation, ...]
    reference_run: str | None
    rows: int
    new_rows: int
    profile: tuple[ColumnProfile, ...]
    docs: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a split.

    Attributes:
        file: the Parquet file with its rows.
        rows: how many.
        positives: rows of the positive class (binary), of the rarest class (multiclass), or None (regression).
        time_from: earliest event time in it, None when the data has no clock.
        time_to: latest event time in it.
    """

    file: FileRef
    rows: int
    positives: int | None
    time_from: datetime | None
    time_to: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Where the champion's loss is shown to have risen for good.

    Attributes:
        at: the moment after which rows are of another world than the one that it has learnt.
        rows: known rows since.
        before: mean loss until then, see `ratchet.evaluation.loss_shift`.
        after: mean loss since.
        run_id: the run that found it.
    """

    at: Moment
    rows: int
    before: float
    after: float
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldoutPlan:
    """How many of the newest rows the holdout was to have; the cut is at the change of moment nearest to it.

    Attributes:
        rows: how many.
        reason: why so many, one sentence.
        detectable: the smallest true gain that they are expected to show in four runs of five; None where no earlier
            run tells.
    """

    rows: int
    reason: str
    detectable: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Train to fit, validation to choose, holdout to judge: the holdout is touched once a run.

    Attributes:
        method: "time", "group" or "random".
        train: what candidates are fitted on.
        validation: what the challenger is chosen on.
        holdout: what the challenger is judged on.
        embargoed_rows: rows left out because their label was not known yet at the next part's start, or their group is
            in a later part.
        classes: the target's classes in a fixed order, the positive one last for binary; empty for regression.
        change: since when the champion is shown to have lost, found in this run or in its champion's; None where it
            is not. Validation and holdout are then cut from the rows since.
        plan: why the holdout has so many rows; None where the YAML says how many.
        knows_validation: whether training rows have labels that were not known when validation began, as the label
            delay would have left too few of them. None has one that was not known when the holdout began, but for
            `knows_holdout`.
        knows_holdout: whether they have such labels: the rows since a change are few beside the label delay.
    """

    method: str
    train: Part
    validation: Part
    holdout: Part
    embargoed_rows: int
    classes: tuple[str, ...]
    change: Change | None = None
    plan: HoldoutPlan | None = None
    knows_validation: bool = False
    knows_holdout: bool = False
