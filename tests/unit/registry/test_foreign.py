"""A folder that MLflow saved says which file holds the model; what is not such a folder is refused."""

import pytest

from ratchet.errors import ArtifactError
from ratchet.registry.foreign import find_model_file


def save(folder, mlmodel):
    (folder / "saved").mkdir()
    (folder / "outside.pkl").write_bytes(b"x")
    (folder / "saved" / "model.pkl").write_bytes(b"x")
    (folder / "saved" / "MLmodel").write_text(mlmodel)
    return folder / "saved"


def test_each_flavour_names_its_file(tmp_path):
    saved = save(tmp_path, "flavors: {python_function: {}, sklearn: {pickled_model: model.pkl}}")
    assert find_model_file(saved, "here") == saved / "model.pkl"
    for flavour in ("xgboost", "lightgbm"):
        (saved / "MLmodel").write_text(f"flavors: {{{flavour}: {{data: model.pkl}}}}")
        assert find_model_file(saved, "here") == saved / "model.pkl"


@pytest.mark.parametrize(
    ("mlmodel", "problem"),
    [
        (
            "flavors: {pytorch: {}}",
            "here: is of the flavour pytorch; what can be adopted is sklearn, xgboost, lightgbm",
        ),
        ("flavors: {sklearn: {}}", "here: its MLmodel names the model file 'saved', which is not there"),
        ("flavors: {sklearn: {pickled_model: gone.pkl}}", "names the model file 'gone.pkl', which is not there"),
        (
            "flavors: {sklearn: {pickled_model: ../outside.pkl}}",
            "names the model file 'outside.pkl', which is not there",
        ),
        ("flavors: text", "here: holds no MLmodel file that can be read"),
        ("flavors", "here: holds no MLmodel file that can be read, as MLflow writes one"),
        ("{", "here: holds no MLmodel file that can be read"),
    ],
)
def test_what_is_no_saved_model_is_refused(mlmodel, problem, tmp_path):
    with pytest.raises(ArtifactError) as caught:
        find_model_file(save(tmp_path, mlmodel), "here")
    assert problem in str(caught.value)


def test_a_folder_without_mlmodel_is_refused(tmp_path):
    with pytest.raises(ArtifactError, match="holds no MLmodel file"):
        find_model_file(tmp_path, "here")
