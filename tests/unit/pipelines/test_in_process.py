"""A retraining in one process: its end is in the ledger, whatever ended it."""

import pytest

from builders.runs import make_run
from ratchet.errors import DataError
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import read_entries
from ratchet.pipelines import running
from ratchet.pipelines.in_process import retrain
from ratchet.records.ledger import Kind


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyboardInterrupt(), "stopped from outside, by Ctrl-C or a signal"),
        (DataError("data.csv is empty"), "DataError: data.csv is empty"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
    ],
)
def test_whatever_stops_a_run_is_its_end(tmp_path, monkeypatch, error, reason):
    def stop(_run):
        raise error

    monkeypatch.setattr(running, "load_stage", lambda _name: stop)
    with pytest.raises(type(error)):
        retrain(make_run(tmp_path), person="somebody")
    with open_ledger(tmp_path).connect() as connection:
        [end] = read_entries(connection, kinds=[Kind.RUN])
    assert end.note.reason == reason
