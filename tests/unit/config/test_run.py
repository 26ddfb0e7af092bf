"""A run is frozen, travels as JSON, and refuses names that lead elsewhere."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import ValidationError

from builders.runs import make_config, make_run
from ratchet.config.run import Adoption, Run, read_as_of
from ratchet.errors import ConfigError


@pytest.mark.parametrize("as_of", [None, 500, datetime(2026, 1, 5, tzinfo=UTC)])
def test_a_run_survives_its_own_json(tmp_path: Path, as_of: object) -> None:
    run = make_run(tmp_path, as_of=as_of, candidates=("linear",), reason="drift")
    assert Run.model_validate_json(run.model_dump_json()) == run


def test_times_are_written_in_utc(tmp_path: Path) -> None:
    run = make_run(tmp_path, started=datetime(2026, 1, 5, 8, tzinfo=timezone(timedelta(hours=2))))
    assert run.model_dump(mode="json")["started"] == "2026-01-05T06:00:00+00:00"


@pytest.mark.parametrize("run_id", ["", "../x", "a/b", ".hidden", "a b", "x" * 201, "a\n"])
def test_a_run_id_can_not_leave_its_folder(tmp_path: Path, run_id: str) -> None:
    with pytest.raises(ValidationError, match="run_id"):
        make_run(tmp_path, run_id=run_id)


def test_all_candidates_are_chosen_unless_some_are_asked_for(tmp_path: Path) -> None:
    assert len(make_run(tmp_path).chosen) == 4
    assert [spec.name for spec in make_run(tmp_path, candidates=("boosting",)).chosen] == ["boosting"]


def test_an_unknown_candidate_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(
        ValidationError, match=r"no candidate 'bosting' \(did you mean 'boosting'\?\); sales has linear"
    ):
        make_run(tmp_path, candidates=("bosting",))


def test_the_model_is_the_config_s(tmp_path: Path) -> None:
    assert make_run(tmp_path, make_config(model="churn")).model == "churn"


NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T01:00:00+01:00", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),  # without a zone it is UTC
        (None, None),
        ("", None),
    ],
)
def test_a_time(text, moment):
    assert read_as_of(text, make_config(), NOW) == moment


def test_rows_in_order_are_counted():
    config = make_config(data={"time": {"order": "rows"}})
    assert read_as_of("500", config, NOW) == 500
    with pytest.raises(ConfigError, match="not a number of rows"):
        read_as_of("2026-01-01", config, NOW)


@pytest.mark.parametrize("text", ["0", "-3", "1.5"])
def test_no_rows_at_all_are_refused(text):
    config = make_config(data={"time": {"order": "rows"}})
    with pytest.raises(ConfigError, match=f"'{text}' is not a number of rows"):
        read_as_of(text, config, NOW)


def test_a_time_that_has_not_come_is_refused():
    assert read_as_of("2026-02-01T12:00:00Z", make_config(), NOW) == NOW
    with pytest.raises(ConfigError, match="'2026-02-01T12:01:00Z' has not come yet; it is 2026-02-01T12:00Z"):
        read_as_of("2026-02-01T12:01:00Z", make_config(), NOW)


@pytest.mark.parametrize(
    ("source", "is_logged"), [("models:/a@b", True), ("runs:/1/model", True), ("models/a.skops", False), ("/a", False)]
)
def test_an_adoption_tells_addresses_from_paths(source, is_logged):
    assert Adoption(source=source, person="ann").is_logged is is_logged
