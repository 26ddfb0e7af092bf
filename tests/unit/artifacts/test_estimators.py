import json
import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from builders.training import CLASSES, ESTIMATORS, TASKS, make_mixed_rows, make_spec, make_task_config
from ratchet.artifacts.estimators import ALLOWED_TYPES, read_pipeline, write_pipeline
from ratchet.artifacts.files import refer_to
from ratchet.config.training import EXTRAS
from ratchet.errors import ArtifactError
from ratchet.models.adopted import AdoptedModel
from ratchet.models.fitting import fit_candidate
from ratchet.models.labels import encode_labels
from ratchet.models.recalibration import recalibrate
from ratchet.records.files import FileRef


def make_pipeline(function: Callable[..., object] | None = None) -> Pipeline:
    table = np.array([[0.0], [1.0], [2.0], [3.0]])
    steps = [("prepare", FunctionTransformer(function)), ("model", LogisticRegression())]
    return Pipeline(steps).fit(table, [0, 0, 1, 1])


def write(folder: Path) -> FileRef:
    return write_pipeline(make_pipeline(), folder / "model.skops", folder)


METHODS = ("sigmoid", "isotonic", "temperature")


def test_the_list_is_what_the_catalogue_needs_and_no_more(tmp_path: Path) -> None:
    needed: set[str] = set()
    for name in EXTRAS:
        pytest.importorskip(name, reason=f"pip install 'ratchet[{name}]'")
    for task in TASKS:
        for estimator in (*ESTIMATORS, *EXTRAS):
            rows, config = make_mixed_rows(task, 300), make_task_config(task)
            fitted = fit_candidate(make_spec(estimator), rows, config, classes=CLASSES[task], seed=1, threads=1)
            models = [fitted]
            if task != "regression":
                labels = encode_labels(rows["bought"], task, CLASSES[task])
                models += [recalibrate(fitted, rows, labels, config, method=each) for each in METHODS]
            for model in models:
                skops.io.dump(model, tmp_path / "any.skops")
                needed |= set(skops.io.get_untrusted_types(file=tmp_path / "any.skops"))
    skops.io.dump(AdoptedModel(None, [], {}, []), tmp_path / "any.skops")
    needed |= set(skops.io.get_untrusted_types(file=tmp_path / "any.skops"))
    assert needed == set(ALLOWED_TYPES)


@pytest.mark.parametrize("function", [lambda table: table, os.path.abspath, np.load], ids=["lambda", "os", "np.load"])
def test_a_function_in_a_pipeline_is_refused_and_leaves_nothing(
    function: Callable[..., object], tmp_path: Path
) -> None:
    pipeline = make_pipeline()
    pipeline.steps[0] = ("prepare", FunctionTransformer(function))
    with pytest.raises(ArtifactError, match="holds types that are not allowed in a model"):
        write_pipeline(pipeline, tmp_path / "model.skops", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_estimator_outside_the_list_is_refused_by_its_type(tmp_path: Path) -> None:
    foreign = KNeighborsClassifier(n_neighbors=1, algorithm="kd_tree").fit([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1])
    with pytest.raises(ArtifactError, match=r"KDTree"):
        write_pipeline(Pipeline([("model", foreign)]), tmp_path / "model.skops", tmp_path)


def test_a_refusal_keeps_the_model_that_was_there(tmp_path: Path) -> None:
    ref = write(tmp_path)
    with pytest.raises(ArtifactError):
        write_pipeline(
            Pipeline([("prepare", FunctionTransformer(lambda table: table))]), tmp_path / "model.skops", tmp_path
        )
    assert read_pipeline(ref, tmp_path).predict([[3.0]]).tolist() == [1]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    ref = write(tmp_path)
    (tmp_path / "model.skops").unlink()
    with pytest.raises(ArtifactError, match=r"model\.skops is missing"):
        read_pipeline(ref, tmp_path)


def test_a_single_flipped_bit_is_refused(tmp_path: Path) -> None:
    ref, path = write(tmp_path), tmp_path / "model.skops"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match="was changed after it was written"):
        read_pipeline(ref, tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"not a model", b"\x80\x04N.", b"PK\x05\x06" + bytes(18)], ids=["empty", "text", "pickle", "zip"]
)
def test_a_foreign_file_with_the_right_digest_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "model.skops"
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match="is not a model file that Ratchet wrote"):
        read_pipeline(refer_to(path, tmp_path), tmp_path)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_file_cut_short_is_refused_even_with_its_own_digest(share: float, tmp_path: Path) -> None:
    path = tmp_path / write(tmp_path).path
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(ArtifactError, match="is not a model file"):
        read_pipeline(refer_to(path, tmp_path), tmp_path)


def test_a_type_smuggled_into_a_stored_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / write(tmp_path).path
    rewrite_schema(path, lambda text: re.sub(r'"LogisticRegression"', '"Popen"', text))
    with pytest.raises(ArtifactError, match=r"not allowed in a model.*Popen"):
        read_pipeline(refer_to(path, tmp_path), tmp_path)


def test_a_file_that_holds_no_pipeline_is_refused(tmp_path: Path) -> None:
    skops.io.dump(LogisticRegression(), tmp_path / "model.skops")
    with pytest.raises(ArtifactError, match="it holds a LogisticRegression"):
        read_pipeline(refer_to(tmp_path / "model.skops", tmp_path), tmp_path)


def test_another_models_record_does_not_open_a_model(tmp_path: Path) -> None:
    ref = write(tmp_path)
    with pytest.raises(ArtifactError, match="was changed"):
        read_pipeline(replace(ref, sha256="0" * 64), tmp_path)


def test_a_file_without_a_protocol_is_refused(tmp_path: Path) -> None:
    path = tmp_path / write(tmp_path).path
    rewrite_schema(path, lambda text: json.dumps({"hello": json.loads(text)["protocol"]}))
    with pytest.raises(ArtifactError, match="is not a model file"):
        read_pipeline(refer_to(path, tmp_path), tmp_path)


def rewrite_schema(path: Path, change: Callable[[str], str]) -> None:
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["schema.json"] = change(members["schema.json"].decode()).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
