"""Check a snapshot: the YAML's and a team's rules on all rows, the last accepted snapshot's on new and changed ones."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import uuid4

import pandas as pd

from ratchet.artifacts.folder import folder_of
from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.history import find_record, find_runs
from ratchet.config.run import Run
from ratchet.data.docs import write_docs
from ratchet.data.expectations import Rule, rules_of_config, rules_of_reference
from ratchet.data.profile import identities_of, kinds_of, measure_profile
from ratchet.data.suite import read_suite
from ratchet.data.validation import ALL_ROWS, EARLIER_ROWS, NEW_ROWS, Delivery, apply_rules, as_categories, open_context
from ratchet.records.columns import ROW, TIME, ColumnKind
from ratchet.records.data import DataReport, Expectation, Table
from ratchet.records.outcome import Outcome

logger = logging.getLogger(__name__)

DOCS = "data_docs"
FIRST = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE, Outcome.PASS)  # what a reader wants to see first
Asked = tuple[Delivery, tuple[Rule, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    """The last accepted snapshot of this model."""

    run_id: str
    table: Table
    report: DataReport


def check(run: Run, table: Table) -> DataReport:
    """Judge a snapshot before anything is trained on it.

    Rows are new when they are later than the last accepted snapshot, or beyond its number of rows where the
    data has no clock. The first snapshot is judged by the rules on all rows alone. Earlier rows that are not as they
    were (corrected, delivered again, a file that replaced another) are held against the accepted snapshot as well.

    Raises:
        ConfigError: the team's suite is missing or asks for something that is not allowed.
        ArtifactError: the snapshot or an earlier record is missing or damaged.
    """
    data, kinds = run.config.data, kinds_of(run.config.data, run.config.task)
    team = read_suite(run.project, data.checks.suite) if data.checks.suite else ()
    plain = read_frame(table.file, run.home)
    frame = as_categories(plain, [name for name, kind in kinds.items() if kind != ColumnKind.NUMERIC])
    reference = _find_reference(run)
    is_new = _is_new(frame, reference)
    new, changed = frame[is_new], _changed_rows(run, frame[~is_new], reference)
    asked = [
        (Delivery(name="config", frame=frame, rows_checked=ALL_ROWS), rules_of_config(data, run.config.task)),
        (Delivery(name="reference", frame=new, rows_checked=NEW_ROWS), _rules_beside(run, reference, len(new))),
        (
            Delivery(name="earlier", frame=changed, rows_checked=EARLIER_ROWS),
            _rules_beside(run, reference, len(changed)),
        ),
        (Delivery(name="team", frame=_narrowed(plain, team), rows_checked=ALL_ROWS), team),
    ]
    answers, docs = _ask(run, asked)
    answers = sorted([*answers, *_remarks(reference, len(new), len(changed))], key=_place)
    identities = identities_of(data)
    report = DataReport(
        outcome=_outcome_of(answers),
        expectations=tuple(answers),
        reference_run=reference.run_id if reference else None,
        rows=len(frame),
        new_rows=len(new),
        profile=measure_profile(frame, kinds, max_categories=data.checks.max_categories, unlisted=identities),
        docs=docs,
    )
    logger.info("%s %s: data check: %s, %d rows, %d new", run.model, run.run_id, report.outcome, len(frame), len(new))
    return report


def _find_reference(run: Run) -> _Reference | None:
    """Return the newest earlier run whose data passed; a run that is done again must not meet itself or later ones."""
    for folder, earlier in find_runs(run.home, run.model):
        if earlier.run_id == run.run_id or earlier.started > run.started:
            continue
        report = find_record(folder, "check", DataReport)
        table = find_record(folder, "ingest", Table)
        if report and table and report.outcome is Outcome.PASS:
            return _Reference(run_id=earlier.run_id, table=table, report=report)
    return None


def _is_new(frame: pd.DataFrame, reference: _Reference | None) -> pd.Series:
    if reference is None:
        return pd.Series(data=True, index=frame.index)
    accepted = reference.table
    if accepted.time_to is not None and TIME in frame:
        return frame[TIME] > pd.Timestamp(accepted.time_to)
    return frame[ROW] >= accepted.rows


def _changed_rows(run: Run, earlier: pd.DataFrame, reference: _Reference | None) -> pd.DataFrame:
    """Return the rows that are not new if they look different from when they were accepted, else none of them."""
    if reference is None or earlier.empty:
        return earlier
    data, kinds = run.config.data, kinds_of(run.config.data, run.config.task)
    now = measure_profile(earlier, kinds, max_categories=data.checks.max_categories, unlisted=identities_of(data))
    accepted = {column.name: column for column in reference.report.profile}
    is_as_it_was = all(accepted.get(column.name, column) == column for column in now)
    return earlier.iloc[:0] if is_as_it_was else earlier


def _rules_beside(run: Run, reference: _Reference | None, rows: int) -> tuple[Rule, ...]:
    if reference is None or not rows:
        return ()
    data = run.config.data
    kinds = kinds_of(data, run.config.task)
    same = [column for column in reference.report.profile if kinds.get(column.name) == column.kind]
    # Identities are new by nature, and a binary target has its two values in any case.
    passed_over = identities_of(data) | ({data.target.column} if run.config.task == "binary" else set())
    blocking = {name: name not in data.keys for name in kinds if name not in passed_over}
    return rules_of_reference(same, blocking, data.checks, new_rows=rows)


def _narrowed(frame: pd.DataFrame, rules: Sequence[Rule]) -> pd.DataFrame:
    """Keep the columns that rules read, because each rule costs a copy; a rule on the table needs them all."""
    if any(not rule.columns for rule in rules):
        return frame
    wanted = {name for rule in rules for name in rule.columns}
    return frame[[name for name in frame if name in wanted]]


def _ask(run: Run, asked: Sequence[Asked]) -> tuple[list[Expectation], str]:
    folder = folder_of(run)
    # Beside their place, so that they get there by one rename; no two tries build in the same folder.
    building = folder.file(f".{DOCS}.{uuid4().hex}.tmp")
    context = open_context(building)
    answers = [
        answer
        for delivery, rules in asked
        for answer in apply_rules(context, delivery, rules, run_id=run.run_id, moment=run.started)
    ]
    index = write_docs(context, building, folder.file(DOCS))
    return answers, str(index.relative_to(folder.home))


def _remarks(reference: _Reference | None, new_rows: int, changed_rows: int) -> list[Expectation]:
    """Say so where rows were not compared with anything, and where accepted ones have changed since."""
    rows_checked = NEW_ROWS
    if reference is None:
        reason = "there is no accepted snapshot yet: rows were not compared with an earlier delivery"
    elif changed_rows:
        rows_checked = EARLIER_ROWS
        reason = (
            f"{changed_rows} rows from the time of the snapshot of {reference.run_id} do not look as they did there: "
            "they were compared with it too"
        )
    elif not new_rows:
        reason = f"no row is newer than the snapshot of {reference.run_id}: nothing was compared with it"
    else:
        return []
    remark = Expectation(
        rule="compare_with_accepted_snapshot",
        column=None,
        rows_checked=rows_checked,
        origin="reference",
        blocking=False,
        outcome=Outcome.NOT_APPLICABLE,
        reason=reason,
    )
    return [remark]


def _outcome_of(answers: Iterable[Expectation]) -> Outcome:
    found = {answer.outcome for answer in answers if answer.blocking}
    if Outcome.FAIL in found:
        return Outcome.FAIL
    return Outcome.INCONCLUSIVE if Outcome.INCONCLUSIVE in found else Outcome.PASS


def _place(answer: Expectation) -> tuple[int, bool]:
    return FIRST.index(answer.outcome), not answer.blocking
