"""Models that others logged in MLflow: fetched as files, which are not read here."""

from pathlib import Path

import yaml
from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.exceptions import MlflowException

from ratchet.errors import ArtifactError, ConfigError, RegistryError, first_line, list_names
from ratchet.registry.client import connect

MLMODEL = "MLmodel"
FLAVOURS = {"sklearn": "pickled_model", "xgboost": "data", "lightgbm": "data"}  # the key that names the model's file
VERSIONS, LOGGED = "models:/", "models:/m-"
ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "NOT_FOUND")  # what MLflow calls it


def fetch_logged(home: Path, address: str, folder: Path) -> Path:
    """Download a model that was logged in MLflow, and return where its files are.

    Args:
        home: Ratchet's, for the registry where `MLFLOW_TRACKING_URI` names none.
        address: such as models:/name@alias, models:/name/3 or runs:/run id/path.
        folder: where to put it.

    Raises:
        RegistryError: there is no such model.
    """
    client = connect(home)
    try:
        uri = _resolve(client, address)
        return Path(download_artifacts(artifact_uri=uri, dst_path=str(folder), tracking_uri=client.tracking_uri))
    except MlflowException as error:
        if error.error_code not in ABSENT:
            raise
        raise RegistryError(f"{address}: MLflow has no such model: {first_line(error)}") from error
    except OSError as error:  # the version is there and its files are gone
        raise RegistryError(f"{address}: its files can't be had from MLflow: {first_line(error)}") from error


def find_model_file(saved: Path, source: str) -> Path:
    """Return the file that holds the model in a folder that MLflow saved.

    Raises:
        ArtifactError: it is no such folder, its flavour is none that can be read, or the file is not there.
    """
    mlmodel = saved / MLMODEL
    try:
        said = yaml.safe_load(mlmodel.read_text(encoding="utf-8"))
        flavours = {str(name): dict(facts or {}) for name, facts in dict(said["flavors"]).items()}
    except (OSError, yaml.YAMLError, TypeError, ValueError, KeyError) as error:
        raise ArtifactError(f"{source}: holds no {MLMODEL} file that can be read, as MLflow writes one") from error
    flavour = next((name for name in FLAVOURS if name in flavours), None)
    if flavour is None:
        known = list_names(FLAVOURS)
        raise ArtifactError(f"{source}: is of the flavour {list_names(flavours)}; what can be adopted is {known}")
    file = (saved / str(flavours[flavour].get(FLAVOURS[flavour], ""))).resolve()
    if not (file.is_file() and file.is_relative_to(saved.resolve())):
        raise ArtifactError(f"{source}: its {MLMODEL} names the model file '{file.name}', which is not there")
    return file


def _resolve(client: MlflowClient, address: str) -> str:
    """Return where a model's files are; the registry is asked, as MLflow's own way asks a global one."""
    if not address.startswith(VERSIONS) or address.startswith(LOGGED):
        return address
    name, mark, alias = address.removeprefix(VERSIONS).partition("@")
    if mark:
        version = str(client.get_model_version_by_alias(name, alias).version)
    else:
        name, _, version = name.rpartition("/")
    if not name or not version.isdecimal():
        raise ConfigError(f"--from: '{address}' should be like models:/name@alias or models:/name/3")
    uri: str = client.get_model_version_download_uri(name, version)
    return uri
