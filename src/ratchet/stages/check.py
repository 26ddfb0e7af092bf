"""Check a snapshot: the YAML's and a team's rules on all rows, the last accepted snapshot's on new and changed ones."""

import logging

from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.run_store import find_record, find_yardsticks, folder_of
from ratchet.config.run import Run
from ratchet.data.accepted import Accepted, find_changed, find_new, kinds_of, list_rules, profile_snapshot, remark
from ratchet.data.expectations import rules_of_config
from ratchet.data.suite import read_suite
from ratchet.data.validation import (
    ALL_ROWS,
    EARLIER_ROWS,
    NEW_ROWS,
    Delivery,
    as_categories,
    judge_answers,
    narrow_frame,
    put_in_order,
    validate,
)
from ratchet.records.columns import NUMBERS
from ratchet.records.data import DataReport, Table
from ratchet.records.judgement import Outcome

logger = logging.getLogger(__name__)

DOCS = "data_docs"


def check(run: Run, table: Table) -> DataReport:
    """Judge a snapshot before anything is trained on it.

    Rows are new when they are later than the last accepted snapshot, or beyond its number of rows where the
    data has no clock. The first snapshot is judged by the rules on all rows alone. Earlier rows that are not as they
    were (corrected, delivered again, a file that replaced another) are held against the accepted snapshot as well.

    Raises:
        ConfigError: the team's suite is missing or asks for something that is not allowed.
        ArtifactError: the snapshot or an earlier record is missing or damaged.
    """
    data, task, folder = run.config.data, run.config.task, folder_of(run)
    team = read_suite(run.project, data.checks.suite) if data.checks.suite else ()
    plain = read_frame(table.file, run.home)
    frame = as_categories(plain, [name for name, kind in kinds_of(data, task).items() if kind not in NUMBERS])
    accepted = _find_accepted(run)
    is_new = find_new(frame, accepted)
    new, changed = frame[is_new], find_changed(frame[~is_new], accepted, data, task)
    asked = [
        (Delivery(name="config", frame=frame, rows_checked=ALL_ROWS), rules_of_config(data, task)),
        (
            Delivery(name="reference", frame=new, rows_checked=NEW_ROWS),
            list_rules(accepted, data, task, rows=len(new)),
        ),
        (
            Delivery(name="earlier", frame=changed, rows_checked=EARLIER_ROWS),
            list_rules(accepted, data, task, rows=len(changed)),
        ),
        (Delivery(name="team", frame=narrow_frame(plain, team), rows_checked=ALL_ROWS), team),
    ]
    answers, index = validate(asked, run_id=run.run_id, moment=run.started, docs=folder.file(DOCS))
    answers = (*answers, *remark(accepted, new_rows=len(new), changed_rows=len(changed)))
    report = DataReport(
        outcome=judge_answers(answers),
        expectations=put_in_order(answers),
        reference_run=accepted.run_id if accepted else None,
        rows=len(frame),
        new_rows=len(new),
        profile=profile_snapshot(frame, data, task),
        docs=str(index.relative_to(folder.home)),
    )
    logger.info("%s %s: data check: %s, %d rows, %d new", run.model, run.run_id, report.outcome, len(frame), len(new))
    return report


def _find_accepted(run: Run) -> Accepted | None:
    """Return the newest earlier run whose data passed."""
    for folder, earlier in find_yardsticks(run):
        report = find_record(folder, "check", DataReport)
        table = find_record(folder, "ingest", Table)
        if report and table and report.outcome is Outcome.PASS:
            return Accepted(run_id=earlier.run_id, table=table, report=report)
    return None
