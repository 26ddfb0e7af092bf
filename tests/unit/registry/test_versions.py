from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from builders.calibration import make_thresholds
from builders.records import make_challenger, make_ref, make_split
from builders.registry import MODEL, make_entry, make_promotion_of
from builders.runs import make_config, make_run
from ratchet.artifacts.run_store import keep_record
from ratchet.errors import RegistryError
from ratchet.evaluation.decisions import MAX_NAME, MAX_SEGMENTS, NOBODY
from ratchet.records.decision import SegmentThreshold, Thresholds
from ratchet.records.promotion import Champion, Shipped
from ratchet.registry.facts import CLASSES, THRESHOLDS, describe_version
from ratchet.registry.tracking import log_model
from ratchet.registry.versions import (
    TAG_ROOM,
    as_of_text,
    create_model,
    create_version,
    describe_use,
    find_version,
    make_key,
    read_alias,
    read_version,
)

LARGEST = Thresholds(
    overall=NOBODY,
    column="city",
    segments=tuple(
        SegmentThreshold(value=f"{place:04d}" + "\N{SNOWMAN}" * (MAX_NAME - 4), threshold=0.1234567890123456)
        for place in range(MAX_SEGMENTS)
    ),
)


def test_a_key_is_that_of_model_run_and_file(tmp_path: Path) -> None:
    run, challenger = make_run(tmp_path), make_challenger()
    key = make_key(run, challenger.model)
    assert make_key(make_run(tmp_path, run_id="run-2"), challenger.model) != key
    assert make_key(run, make_ref("other")) != key


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
    assert find_version(client, MODEL, make_key(run, challenger.model)) is None
    tracking_id, source = log_model(client, run, Shipped(judged=challenger))
    made = create_version(client, run, Shipped(judged=challenger), source=source, tracking_id=tracking_id)
    found = find_version(client, MODEL, make_key(run, challenger.model))
    assert found is not None
    assert found.version == made.version


def test_a_version_that_was_never_champion_can_be_described(home: Path, client: MlflowClient) -> None:
    run, challenger = make_entry(home, 1, as_of=1200)
    create_model(client, MODEL)
    tracking_id, source = log_model(client, run, Shipped(judged=challenger))
    champion = describe_version(
        create_version(client, run, Shipped(judged=challenger), source=source, tracking_id=tracking_id)
    )
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


def register(home: Path, client: MlflowClient, thresholds: Thresholds | None, **split: object) -> Champion:
    run, challenger = make_entry(home, 1)
    if split:
        keep_record(run, "split", make_split(**split))
    create_model(client, MODEL)
    tracking_id, source = log_model(client, run, Shipped(judged=challenger))
    told = make_challenger(model=challenger.model, thresholds=thresholds)
    made = create_version(client, run, Shipped(judged=told), source=source, tracking_id=tracking_id)
    found = read_version(client, MODEL, int(made.version))
    assert found is not None
    return describe_version(found)


@pytest.mark.parametrize("thresholds", [None, Thresholds(overall=0.1), make_thresholds(), LARGEST])
def test_thresholds_and_classes_come_back_as_they_were(
    thresholds: Thresholds | None, home: Path, client: MlflowClient
) -> None:
    champion = register(home, client, thresholds, classes=("no", 'a "quoted" one'))
    assert champion.thresholds == thresholds
    assert champion.classes == ("no", 'a "quoted" one')


def test_a_version_without_the_tags_has_neither(home: Path, client: MlflowClient) -> None:
    champion = register(home, client, None)
    assert (champion.thresholds, champion.classes) == (None, ())


def test_more_classes_than_a_tag_holds_are_left_out(home: Path, client: MlflowClient) -> None:
    champion = register(home, client, make_thresholds(), classes=tuple(f"class {place}" for place in range(10_000)))
    assert champion.thresholds == make_thresholds()
    assert champion.classes == ()


def test_no_tag_is_longer_than_mlflow_takes(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    keep_record(run, "split", make_split(classes=("x" * TAG_ROOM,)))
    tags = describe_use(run, make_challenger(thresholds=LARGEST))
    assert set(tags) == {THRESHOLDS}
    assert len(tags[THRESHOLDS]) < TAG_ROOM / 4


@pytest.mark.parametrize(("tag", "text"), [(THRESHOLDS, "0.3"), (THRESHOLDS, "{"), (CLASSES, '{"a": 1}')])
def test_a_tag_that_was_changed_by_hand_is_refused(tag: str, text: str, home: Path, client: MlflowClient) -> None:
    champion = register(home, client, make_thresholds(), classes=("no", "yes"))
    client.set_model_version_tag(MODEL, str(champion.version), tag, text)
    changed = read_version(client, MODEL, champion.version)
    assert changed is not None
    with pytest.raises(RegistryError, match=f"the tag {tag} of version 1 of sales is not what Ratchet wrote"):
        describe_version(changed)
