"""An estimator of another package: its entry point is all that the core knows of it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.training import CLASSES, make_mixed_rows, make_task_config
from ratchet import plugins
from ratchet.artifacts.estimators import read_pipeline, write_pipeline
from ratchet.config.training import CandidateSpec
from ratchet.errors import ArtifactError, ConfigError
from ratchet.models.fitting import fit_candidate
from ratchet.models.scoring import score_rows

PACKAGE = '''
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from ratchet.models.catalogue import Entry

class Trees(ExtraTreesClassifier):
    """A classifier of this package's own."""

ENTRY = Entry(
    classifier=Trees,
    regressor=ExtraTreesRegressor,
    classifier_defaults={"n_estimators": 20},
    regressor_defaults={"n_estimators": 20},
    encoding="codes",
    file_types=("more_trees.Trees",),
)
UNDECLARED = Entry(
    classifier=Trees, regressor=ExtraTreesRegressor, classifier_defaults={}, regressor_defaults={}, encoding="codes"
)
NO_ENTRY = "extra trees"
'''
NAMES = {
    "more_trees": "more_trees:ENTRY",
    "no_entry": "more_trees:NO_ENTRY",
    "absent": "more_trees:GONE",
    "broken": "trees_that_do_not_import:ENTRY",
}


def install(folder: Path, names: dict[str, str]) -> None:
    """Make a package as pip leaves it: a module beside its metadata."""
    (folder / "more_trees.py").write_text(PACKAGE)
    (folder / "trees_that_do_not_import.py").write_text("raise RuntimeError('no libgomp')")
    metadata = folder / "more_trees-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: more-trees\nVersion: 1.0\n")
    lines = "\n".join(f"{name} = {value}" for name, value in names.items())
    (metadata / "entry_points.txt").write_text(f"[{plugins.ESTIMATORS}]\n{lines}\n")


@pytest.fixture
def installed(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    install(tmp_path, getattr(request, "param", NAMES))
    monkeypatch.syspath_prepend(tmp_path)
    plugins.find_plugins.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    sys.modules.pop("more_trees", None)
    plugins.find_plugins.cache_clear()


def make_extra(estimator: str = "more_trees", **changes: object) -> CandidateSpec:
    return CandidateSpec.model_validate({"name": "one", "estimator": estimator} | changes)


def fit(spec: CandidateSpec) -> object:
    config = make_task_config("binary")
    return fit_candidate(spec, make_mixed_rows("binary"), config, classes=CLASSES["binary"], seed=1, threads=1)


def test_it_is_fitted_written_read_and_scores_the_same(installed: Path) -> None:
    rows, config = make_mixed_rows("binary"), make_task_config("binary")
    fitted = fit(make_extra())
    ref = write_pipeline(fitted, installed / "model.skops", installed)
    read = read_pipeline(ref, installed)
    assert type(read[-1]).__module__ == "more_trees"
    assert score_rows(read, rows, config).tolist() == score_rows(fitted, rows, config).tolist()


@pytest.mark.usefixtures("example_package")
def test_that_of_the_example_package_is_fitted(tmp_path: Path) -> None:
    fitted = fit(make_extra("bagged_trees", parameters={"n_estimators": 5}))
    read = read_pipeline(write_pipeline(fitted, tmp_path / "model.skops", tmp_path), tmp_path)
    assert type(read[-1]).__name__ == "BaggingClassifier"
    assert len(read[-1].estimators_) == 5


def test_its_parameters_are_checked_like_those_of_the_others(installed: Path) -> None:
    with pytest.raises(ConfigError, match=r"Trees has no parameter 'n_estimator' .did you mean 'n_estimators'"):
        fit(make_extra(parameters={"n_estimator": 3}))


@pytest.mark.parametrize("installed", [{"more_trees": "more_trees:UNDECLARED"}], indirect=True)
def test_a_type_that_no_plug_in_declares_is_refused(installed: Path) -> None:
    with pytest.raises(ArtifactError, match=r"holds types that are not allowed in a model: more_trees\.Trees"):
        write_pipeline(fit(make_extra()), installed / "model.skops", installed)
    assert not (installed / "model.skops").exists()


def test_without_the_package_its_model_is_refused(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = write_pipeline(fit(make_extra()), installed / "model.skops", installed)
    monkeypatch.setattr("ratchet.artifacts.estimators.find_plugins", lambda group: {})
    with pytest.raises(ArtifactError, match=r"not allowed in a model: more_trees\.Trees"):
        read_pipeline(ref, installed)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "broken",
            r"'broken' of ratchet.estimators \(trees_.*\) can't be loaded: RuntimeError: no libgomp; repair",
        ),
        ("absent", r"'absent' of ratchet.estimators \(more_trees:GONE\) can't be loaded: AttributeError"),
        ("no_entry", r"'no_entry' of ratchet.estimators is a str, not a `ratchet.models.catalogue.Entry`"),
    ],
)
def test_a_broken_plug_in_is_named(installed: Path, name: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        fit(make_extra(name))


def test_a_name_that_nobody_has_is_a_mistake_in_the_yaml(installed: Path) -> None:
    with pytest.raises(ValueError, match="'blend', 'more_trees', 'no_entry', 'absent' or 'broken'"):
        make_extra("nobody")


def test_one_name_of_two_packages_is_refused(installed: Path) -> None:
    other = installed / "other_trees-1.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: other-trees\nVersion: 1.0\n")
    (other / "entry_points.txt").write_text(f"[{plugins.ESTIMATORS}]\nmore_trees = other_trees:ENTRY\n")
    plugins.find_plugins.cache_clear()
    with pytest.raises(ConfigError, match=r"two plug-ins of ratchet\.estimators are called 'more_trees'"):
        plugins.find_plugins(plugins.ESTIMATORS)


def test_a_yaml_that_names_it_imports_nothing_of_it(installed: Path) -> None:
    script = (
        "import sys; from ratchet.config.training import CandidateSpec; "
        "CandidateSpec(name='one', estimator='more_trees'); assert 'more_trees' not in sys.modules"
    )
    paths = os.pathsep.join([str(installed), *sys.path])
    subprocess.run([sys.executable, "-c", script], check=True, env={**os.environ, "PYTHONPATH": paths})
