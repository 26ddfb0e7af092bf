"""The champion: which version it is, and its model file, verified."""

import logging
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts
from mlflow.exceptions import MlflowException

from ratchet.artifacts.files import hash_file, refer_to, written_atomically
from ratchet.errors import RegistryError
from ratchet.records.files import FileRef
from ratchet.records.promotion import Champion
from ratchet.registry.alias_history import done_moves
from ratchet.registry.versions import (
    ALIAS,
    MODEL_FILE,
    describe_version,
    file_uri,
    is_missing,
    read_model,
    read_version,
)

logger = logging.getLogger(__name__)


def find_champion(client: MlflowClient, model: str) -> Champion | None:
    """Return what the champion alias names; None when the model never had a champion.

    An alias that a person moved to another version of ours is as good as one that we moved.

    Raises:
        RegistryError: the alias names a version that Ratchet did not register, or it is gone although there was a
            champion: MLflow drops it silently when its version is deleted, and an unopposed challenger would win.
    """
    registered = read_model(client, model)
    named = registered.aliases.get(ALIAS) if registered else None
    if named is None:
        if moves := done_moves(registered):
            raise RegistryError(
                f"{model} had champion version {moves[-1].version} and has none now: its alias '{ALIAS}' or the "
                "version was deleted by hand; roll back, which sets it to the newest former champion that is left"
            )
        return None
    version = read_version(client, model, int(named))
    if version is None:
        raise RegistryError(f"the alias '{ALIAS}' of {model} names version {named}, which is deleted: roll back")
    return describe_version(version)


def fetch_model(client: MlflowClient, champion: Champion, home: Path) -> FileRef:
    """Return our own copy of a champion's model file, downloaded when it is not there or was damaged.

    Once made, it needs neither MLflow's artifacts nor their store.

    Raises:
        RegistryError: the registry has no such file, or its content is not what was registered.
    """
    path = own_copy(champion, home)
    if path.is_file() and hash_file(path) == champion.sha256:
        return refer_to(path, home)
    return download_model(client, champion, home)


def download_model(client: MlflowClient, champion: Champion, home: Path) -> FileRef:
    """Make our own copy of a champion's model file from what the registry holds now.

    Raises:
        RegistryError: the registry has no such file, or its content is not what was registered.
    """
    path = own_copy(champion, home)
    # Downloaded beside its place, on the same disk: the last step is a rename.
    with written_atomically(path) as temporary, TemporaryDirectory(dir=path.parent, prefix=".download.") as folder:
        file = _download(client, champion, folder)
        if (found := hash_file(file)) != champion.sha256:
            raise RegistryError(
                f"version {champion.version} of {champion.model_name} was changed after it was registered (sha256 "
                f"{found[:12]}…, registered {champion.sha256[:12]}…): not used; roll back, or restore the file"
            )
        shutil.move(file, temporary)
    logger.info("fetched version %s of %s from the registry", champion.version, champion.model_name)
    return refer_to(path, home)


def own_copy(champion: Champion, home: Path) -> Path:
    """Return where our own copy of a version is kept."""
    return home / "champions" / champion.model_name / str(champion.version) / MODEL_FILE


def _download(client: MlflowClient, champion: Champion, folder: str) -> Path:
    try:
        uri = file_uri(client, champion.model_name, champion.version)
        return Path(download_artifacts(artifact_uri=uri, dst_path=folder, tracking_uri=client.tracking_uri))
    except MlflowException as error:
        if not is_missing(error):
            raise
        raise RegistryError(
            f"version {champion.version} of {champion.model_name} has no model file in the registry any more: "
            "roll back, or restore its artifacts"
        ) from error
