"""Adopt: a model from elsewhere becomes a champion like any other, or a sentence says why not and nothing is left."""

import warnings
from datetime import timedelta

import mlflow
import numpy as np
import pytest

from builders.adopted import (
    ENDLESS,
    as_pickle,
    fit_forest,
    fit_lightgbm,
    fit_linear,
    fit_xgboost,
    make_adopting_run,
    make_pickle_that_runs,
    with_categories,
)
from builders.records import make_table
from builders.registry import make_home, make_order, make_promotion_of
from builders.training import make_mixed_rows, write_split
from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.run_store import folder_of, keep_record
from ratchet.errors import ArtifactError, ConfigError, RatchetError, RegistryError
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import read_entries
from ratchet.models.preprocessing import as_features
from ratchet.models.scoring import score_rows
from ratchet.records.ledger import Kind
from ratchet.registry.champion import find_champion
from ratchet.registry.client import connect
from ratchet.registry.model_files import load_champion, load_pipeline
from ratchet.registry.versions import read_alias
from ratchet.stages import adopt as stage
from ratchet.stages.adopt import adopt
from ratchet.stages.promote import promote
from ratchet.stages.refit import refit
from ratchet.stages.roll_back import roll_back

ROWS = make_mixed_rows("binary")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with an empty registry."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return make_home(tmp_path)


@pytest.fixture
def team(home, tmp_path):
    """Log a model in MLflow as a team does, and return its addresses: by alias, by version, by run."""

    def log(fit, save, **options):
        model = fit(as_features(ROWS, make_adopting_run(home).config.data.features), ROWS["bought"])
        folder = tmp_path / "saved"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MLflow's own, of pickles
            save(model, str(folder), pip_requirements=[], **options)
        client = connect(home)
        experiment = client.create_experiment("team", artifact_location=(tmp_path / "artifacts").as_uri())
        made = client.create_run(experiment).info
        client.log_artifacts(made.run_id, str(folder), "model")
        client.create_registered_model("team")
        client.create_model_version("team", f"{made.artifact_uri}/model", run_id=made.run_id)
        client.set_registered_model_alias("team", "prod", "1")
        return model, ("models:/team@prod", "models:/team/1", f"runs:/{made.run_id}/model")

    return log


def prepare(home, source):
    run = make_adopting_run(home, source=str(source))
    split = write_split(run, ROWS)
    keep_record(run, "split", split)
    return run, split


def entries(home):
    with open_ledger(home).connect() as connection:
        return [(each.note.kind, each.note.actor, each.note.reason) for each in read_entries(connection)]


@pytest.mark.parametrize(
    ("fit", "save", "options", "way"),
    [
        (fit_linear, mlflow.sklearn.save_model, {"serialization_format": "cloudpickle"}, 0),
        (fit_xgboost, mlflow.xgboost.save_model, {}, 1),
        (fit_lightgbm, mlflow.lightgbm.save_model, {}, 2),
    ],
    ids=["scikit-learn by alias", "xgboost by version", "lightgbm by run"],
)
def test_a_logged_model_becomes_champion(home, team, fit, save, options, way):
    model, addresses = team(fit, save, **options)
    run, split = prepare(home, addresses[way])
    challenger = adopt(run, split)
    assert challenger.name == "adopted"
    assert challenger.reason.startswith(f"adopted from {addresses[way]}, a")
    assert challenger.thresholds is not None
    order = make_order(None, challenger)
    kept = refit(run, make_table(), split, challenger, order)
    assert kept.reason.endswith("it comes from elsewhere, without a recipe")
    assert promote(run, challenger, order, kept).moved

    champion = find_champion(home, run.model)
    assert (champion.version, champion.candidate, champion.twin_sha256) == (1, "adopted", None)
    assert champion.classes == ("no", "yes")
    assert load_champion(run, split.classes).problem is None
    rows = read_frame(split.holdout.file, home)
    frame = as_features(rows, run.config.data.features)
    own = model.predict_proba(frame[["city", "age"]] if fit is fit_linear else with_categories(frame))[:, 1]
    np.testing.assert_allclose(score_rows(load_pipeline(champion, home), rows, run.config), own, atol=1e-6)
    reason = f"adopted from {addresses[way]}: our own does better; {order.reason}"
    assert entries(home) == [(Kind.ADOPTION, "ann", reason)]


def test_an_adopted_champion_takes_its_place_among_the_others(home, tmp_path):
    make_promotion_of(home, 1, against=None)
    run, split = prepare(home, tmp_path / "model")
    as_pickle(fit_forest(as_features(ROWS, run.config.data.features), ROWS["bought"]), tmp_path / "model")
    challenger = adopt(run, split)
    assert "an unsafe pickle, read once without network and converted" in challenger.reason
    with pytest.raises(RegistryError, match="the decision was made against none"):
        promote(run, challenger, make_order(None, challenger))
    assert promote(run, challenger, make_order(1, challenger)).reason == "the champion alias moved from version 1 to 2"
    assert promote(run, challenger, make_order(1, challenger)).moved  # a second try of the same
    assert roll_back(home, run.model, "as good as before").version == 1
    assert [kind for kind, *_ in entries(home)] == [Kind.PROMOTION, Kind.ADOPTION, Kind.ROLLBACK]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("models:/team@prod", "models:/team@prod: MLflow has no such model: "),
        ("models:/team/3", "models:/team/3: MLflow has no such model: "),
        ("models:/team", "--from: 'models:/team' should be like models:/name@alias or models:/name/3"),
        ("runs:/0123/model", "runs:/0123/model: MLflow has no such model: "),
        ("gone.skops", "gone.skops: there is no such file"),
    ],
)
def test_a_model_that_is_not_there_is_named(home, source, problem):
    run, split = prepare(home, source)
    with pytest.raises(RatchetError) as caught:
        adopt(run, split)
    assert str(caught.value).startswith(problem)
    assert isinstance(caught.value, (ArtifactError, ConfigError, RegistryError))
    assert_nothing_is_left(run)


def test_a_pickle_that_would_run_something_runs_nothing(home, tmp_path):
    (tmp_path / "model.pkl").write_bytes(make_pickle_that_runs("posix", "system", f"touch {tmp_path}/harm"))
    run, split = prepare(home, tmp_path / "model.pkl")
    with pytest.raises(ArtifactError, match=r"model\.pkl: the model needs posix\.system, which is none of the types"):
        adopt(run, split)
    assert not (tmp_path / "harm").exists()
    assert_nothing_is_left(run)


def test_a_file_that_takes_for_ever_is_given_up(home, tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "LIMIT", timedelta(seconds=5))
    (tmp_path / "model.pkl").write_bytes(ENDLESS)
    run, split = prepare(home, tmp_path / "model.pkl")
    with pytest.raises(ArtifactError, match="the model took longer than 5 s to read: nothing changed"):
        adopt(run, split)
    assert_nothing_is_left(run)


def test_an_answer_that_is_none_is_not_believed(home, tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "read_in_quarantine", lambda *_, **__: '{"problem": 1}')
    (tmp_path / "model.pkl").write_bytes(b"x")
    run, split = prepare(home, tmp_path / "model.pkl")
    with pytest.raises(ArtifactError, match="the model gave an answer that is none"):
        adopt(run, split)


def assert_nothing_is_left(run):
    assert read_alias(connect(run.home), run.model) is None
    assert sorted(path.name for path in folder_of(run).path.iterdir()) == [
        *("holdout.parquet", "split.json", "train.parquet", "validation.parquet")
    ]
