from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from ratchet.artifacts.incidents import incident_path, read_closing, read_opening, write_incident
from ratchet.records.alerts import Incident

OPENED = datetime(2026, 3, 16, 6, 30, tzinfo=UTC)
CLOSED = datetime(2026, 4, 1, tzinfo=UTC)
PAGE = "monitoring/sales/runs/monitor-1/monitoring.html"


def make_incident(**changes: object) -> Incident:
    incident = Incident(
        key="sales-2026-03-16T063000",
        model="sales",
        opened=OPENED,
        severity=2,
        symptoms=('roc_auc is 0.8: "worse" # than\never',),
        runbook="performance-drop.md",
        signals=("performance.roc_auc",),
    )
    return replace(incident, **changes)  # type: ignore[arg-type]


def written(home: Path, incident: Incident | None = None) -> Path:
    return write_incident(home, incident or make_incident(), PAGE)


def test_a_new_incident_is_a_form_that_yaml_reads(tmp_path):
    path = written(tmp_path)
    assert path == tmp_path / "monitoring" / "sales" / "incidents" / "sales-2026-03-16T063000.yaml"
    assert yaml.safe_load(path.read_text()) == {
        "key": "sales-2026-03-16T063000",
        "model": "sales",
        "opened": OPENED,
        "severity": 2,
        "symptoms": ['roc_auc is 0.8: "worse" # than\never'],
        "runbook": "docs/runbooks/performance-drop.md",
        "report": PAGE,
        "cause": "",
        "resolution": "",
        "prevention": "",
        "closed": None,
    }


def test_an_incident_without_symptoms_is_still_yaml(tmp_path):
    assert yaml.safe_load(written(tmp_path, make_incident(symptoms=())).read_text())["symptoms"] == []


def test_what_is_new_is_added_once_as_a_comment(tmp_path):
    path = written(tmp_path)
    first = path.read_text()
    more = make_incident(symptoms=(*make_incident().symptoms, "drift of age\nis 0.4"))
    written(tmp_path, more)
    written(tmp_path, more)
    assert path.read_text() == first + "# also seen: drift of age is 0.4\n"


@pytest.mark.parametrize(("severity", "times"), [(1, 1), (2, 0), (3, 0)])
def test_that_it_became_worse_is_told_once_beside_what_was_seen(tmp_path, severity, times):
    path = written(tmp_path)
    for symptoms in (("age drifted",), ("age drifted", "the loss rose"), ("the loss rose", "rows stopped")):
        written(tmp_path, make_incident(severity=severity, symptoms=symptoms))
    text = path.read_text()
    assert text.count(f"# it has become worse: severity {severity}\n") == times
    assert yaml.safe_load(text)["severity"] == 2


def test_what_people_deleted_is_not_put_back(tmp_path):
    path = written(tmp_path)
    path.write_text("closed: null")
    write_incident(tmp_path, make_incident(), PAGE, told=make_incident().symptoms)
    assert path.read_text() == "closed: null"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("closed: null\n", "closed: 2026-04-01T00:00:00Z  \n"),
        ("closed:\n", "closed: 2026-04-01T00:00:00Z  \n"),
        ("closed: ~  # ours\n", "closed: 2026-04-01T00:00:00Z  # ours\n"),
        ("closed: null\r\ncause: x\r\n", "closed: 2026-04-01T00:00:00Z  \r\ncause: x\r\n"),
        ("closed: 2026-03-20\n", "closed: 2026-03-20\n"),
        ("closed: soon\n", "closed: soon\n"),
        ("not_closed: null\n", "not_closed: null\n"),
        ("", ""),
    ],
)
def test_when_it_closed_is_filled_in_only_where_nobody_has(tmp_path, before, after):
    path = written(tmp_path)
    path.write_bytes(before.encode())
    write_incident(tmp_path, make_incident(closed=CLOSED), PAGE, told=make_incident().symptoms)
    assert path.read_bytes() == after.encode()


def test_bytes_that_are_no_text_come_back_as_they_were(tmp_path):
    path = written(tmp_path)
    path.write_bytes(b"cause: caf\xe9\nclosed: null\n")
    write_incident(tmp_path, make_incident(closed=CLOSED), PAGE, told=make_incident().symptoms)
    assert path.read_bytes() == b"cause: caf\xe9\nclosed: 2026-04-01T00:00:00Z  \n"


@pytest.mark.parametrize(
    ("text", "closing"),
    [
        ("closed: null", None),
        ("closed: 2026-04-01", CLOSED),
        ("closed: 2026-04-01T00:00:00Z", CLOSED),
        ("closed: 2026-04-01 02:00:00+02:00", CLOSED),
        ("closed: '2026-04-01'", CLOSED),
        ("closed: 2026-04-01T00:00:00", CLOSED),
        ("closed: soon", None),
        ("closed: 2026-99-99", None),
        ("closed: yes", None),
        ("closed: [", None),
        ("- a list", None),
        ("", None),
    ],
)
def test_when_people_closed_it_is_read_as_they_write_it(tmp_path, text, closing):
    written(tmp_path).write_text(text)
    assert read_closing(tmp_path, make_incident()) == closing


def test_a_file_that_is_not_there_says_nothing(tmp_path):
    assert read_closing(tmp_path, make_incident()) is None
    assert read_opening(tmp_path, make_incident()) is None


def test_when_it_opened_is_read_from_its_file(tmp_path):
    path = written(tmp_path)
    assert read_opening(tmp_path, make_incident()) == OPENED
    assert path == incident_path(tmp_path, make_incident())
