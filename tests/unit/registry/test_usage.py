from pathlib import Path

import pytest
from mlflow import MlflowClient

from builders.calibration import make_thresholds
from builders.records import make_challenger, make_split
from builders.registry import MODEL, make_entry
from builders.runs import make_run
from ratchet.artifacts.run_store import keep_record
from ratchet.errors import RegistryError
from ratchet.evaluation.decisions import MAX_NAME, MAX_SEGMENTS, NOBODY
from ratchet.records.decision import SegmentThreshold, Thresholds
from ratchet.records.promotion import Champion
from ratchet.registry.tracking import log_model
from ratchet.registry.usage import CLASSES, TAG_ROOM, THRESHOLDS, describe_use
from ratchet.registry.versions import create_model, create_version, describe_version, read_version

LARGEST = Thresholds(
    overall=NOBODY,
    column="city",
    segments=tuple(
        SegmentThreshold(value=f"{place:04d}" + "\N{SNOWMAN}" * (MAX_NAME - 4), threshold=0.1234567890123456)
        for place in range(MAX_SEGMENTS)
    ),
)


def register(home: Path, client: MlflowClient, thresholds: Thresholds | None, **split: object) -> Champion:
    run, challenger = make_entry(home, 1)
    if split:
        keep_record(run, "split", make_split(**split))
    create_model(client, MODEL)
    tracking_id, source = log_model(client, run, challenger)
    told = make_challenger(model=challenger.model, thresholds=thresholds)
    made = create_version(client, run, told, source=source, tracking_id=tracking_id)
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
