"""A run is frozen, travels as JSON, and refuses names that lead elsewhere."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydantic import ValidationError

from builders.runs import make_config, make_run
from ratchet.config.run import Run


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
    assert [spec.name for spec in make_run(tmp_path, candidates=("forest",)).chosen] == ["forest"]


def test_an_unknown_candidate_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"no candidate 'forst' \(did you mean 'forest'\?\); sales has linear"):
        make_run(tmp_path, candidates=("forst",))


def test_the_model_is_the_config_s(tmp_path: Path) -> None:
    assert make_run(tmp_path, make_config(model="churn")).model == "churn"
