from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from builders.records import make_challenger, make_ref
from builders.registry import MODEL, make_entry, make_promotion_of
from builders.runs import make_config, make_run
from ratchet.errors import RegistryError
from ratchet.registry.tracking import log_model
from ratchet.registry.versions import (
    as_of_text,
    create_model,
    create_version,
    describe_version,
    find_version,
    make_key,
    read_alias,
    read_version,
)


def test_a_key_is_that_of_model_run_and_file(tmp_path: Path) -> None:
    run, challenger = make_run(tmp_path), make_challenger()
    key = make_key(run, challenger)
    assert make_key(run, replace(challenger, reason="other words")) == key
    assert make_key(make_run(tmp_path, run_id="run-2"), challenger) != key
    assert make_key(run, replace(challenger, model=make_ref("other"))) != key


@pytest.mark.parametrize(
    ("as_of", "text"),
    [
        (None, "2026-01-05T06:00:00+00:00"),  # the run's own beginning
        (1200, "1200"),
        ("2026-01-05T01:00:00+01:00", "2026-01-05T00:00:00+00:00"),
    ],
)
def test_as_of_is_text_in_utc(tmp_path: Path, as_of: str | int | None, text: str) -> None:
    assert as_of_text(make_run(tmp_path, as_of=as_of)) == text


def test_every_row_there_was_has_no_as_of_where_rows_have_no_time(tmp_path: Path) -> None:
    assert as_of_text(make_run(tmp_path, make_config(data={"time": {"order": "rows"}}))) is None


def test_a_version_is_found_by_its_key(home: Path, client: MlflowClient) -> None:
    run, challenger = make_entry(home, 1)
    create_model(client, MODEL)
    assert find_version(client, MODEL, make_key(run, challenger)) is None
    tracking_id, source = log_model(client, run, challenger)
    made = create_version(client, run, challenger, source=source, tracking_id=tracking_id)
    found = find_version(client, MODEL, make_key(run, challenger))
    assert found is not None
    assert found.version == made.version


def test_a_version_that_was_never_champion_can_be_described(home: Path, client: MlflowClient) -> None:
    run, challenger = make_entry(home, 1, as_of=1200)
    create_model(client, MODEL)
    tracking_id, source = log_model(client, run, challenger)
    champion = describe_version(create_version(client, run, challenger, source=source, tracking_id=tracking_id))
    assert (champion.previous, champion.as_of, champion.sha256) == (None, "1200", challenger.model.sha256)


def test_a_version_without_our_tags_is_foreign(client: MlflowClient) -> None:
    client.create_registered_model(MODEL)
    with pytest.raises(RegistryError, match=r"no tag ratchet\.run_id, ratchet\.candidate, ratchet\.sha256"):
        describe_version(client.create_model_version(MODEL, "file:///somewhere"))


def test_what_is_not_there_is_none(client: MlflowClient) -> None:
    assert read_alias(client, MODEL) is None
    create_model(client, MODEL)
    create_model(client, MODEL)
    assert read_alias(client, MODEL) is None
    assert read_version(client, MODEL, 1) is None


def test_any_other_refusal_of_mlflow_is_passed_on(client: MlflowClient) -> None:
    with pytest.raises(MlflowException):
        create_model(client, "")


def test_the_alias_is_read_whoever_set_it(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    assert read_alias(client, MODEL) == 1
