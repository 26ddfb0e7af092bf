"""Where each pipeline keeps the records of its steps."""

from datetime import UTC, datetime

from ratchet.artifacts.monitoring_store import keep_monitoring
from ratchet.artifacts.run_store import forget_problem, keep_record
from ratchet.config.run import Run
from ratchet.records.judgement import Verdict
from ratchet.records.promotion import Report


def keep_retrained(run: Run, name: str, record: object) -> None:
    """Write a record of a retraining into the run's folder.

    A verdict goes into the ledger as well, and with its report a run has ended.
    """
    keep_record(run, name, record)
    forget_problem(run, name)
    if isinstance(record, Verdict):
        from ratchet.ledger.runs import write_verdict  # noqa: PLC0415 (reading a table loads no database)

        write_verdict(run, record, at=datetime.now(UTC))
    if isinstance(record, Report):
        from ratchet.ledger.settling import conclude  # noqa: PLC0415

        conclude(run, None, datetime.now(UTC))


def keep_monitored(run: Run, name: str, record: object) -> None:
    """Write a record of a monitoring run into its folder; with the first one, what was asked for.

    Where nothing was predicted yet there is no record, and no folder is left.
    """
    if name == "collect":
        keep_monitoring(run, "run", run)
    keep_monitoring(run, name, record)


def keep_nothing(_run: Run, _name: str, _record: object) -> None:
    """Leave a record to the stage that made it."""
