"""Ask the registry about a model without MLflow, whose import and checks take seconds.

A database is read by itself, a server by MLflow's REST API. What does not answer as expected (another version's
tables, a login, a store of another kind) is asked through MLflow's client: it knows them all, and says what is wrong.
"""

import json
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ratchet.registry.facts import SERVER, RegisteredFacts, VersionFacts, find_address

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

DATABASES = ("sqlite:", "sqlite+", "postgres", "mysql", "mssql")  # as MLflow takes them
WORKSPACE = "default"  # the only one where MLflow's workspaces are off; its older tables have no such column
DELETED = "Deleted_Internal"  # the stage that MLflow gives a deleted version
NO_SUCH = "RESOURCE_DOES_NOT_EXIST"
SPECIAL = ("MLFLOW_TRACKING_", "MLFLOW_WORKSPACE", "MLFLOW_ENABLE_WORKSPACES")  # logins, certificates, workspaces
ADDRESS = "MLFLOW_TRACKING_URI"
SERVER_SECONDS = 10
# No such table, column or driver; no connection, or an answer of another shape.
UNANSWERED = (sa.exc.SQLAlchemyError, ImportError, OSError, LookupError, TypeError, ValueError)


class _Registry(Protocol):
    def read_model(self, model: str) -> RegisteredFacts | None: ...

    def read_version(self, model: str, number: int) -> VersionFacts | None: ...


def look_up_model(home: Path, model: str) -> RegisteredFacts | None:
    """Read a registered model's aliases and tags; None when there is none of that name."""
    return _ask(home, lambda registry: registry.read_model(model))


def look_up_version(home: Path, model: str, number: int) -> VersionFacts | None:
    """Read a version; None when it was deleted."""
    return _ask(home, lambda registry: registry.read_version(model, number))


def _ask(home: Path, question: Callable[[_Registry], Answer]) -> Answer:
    address = find_address(home)
    special = any(name.startswith(SPECIAL) and name != ADDRESS for name in os.environ)
    try:
        if address.startswith(SERVER) and not special:
            return question(_Server(address))
        if address.startswith(DATABASES) and not special:
            return question(_Database(address))
    except UNANSWERED as error:
        logger.info("the registry is asked through MLflow: %s", error)
    return question(_Mlflow(home))


class _Database:
    def __init__(self, address: str) -> None:
        self._engine = sa.create_engine(address, poolclass=sa.NullPool)
        url = self._engine.url
        # Connecting would make an empty file.
        self._is_absent = url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()

    def read_model(self, model: str) -> RegisteredFacts | None:
        if self._is_absent:
            return None
        with self._engine.connect() as connection:
            if not _select(connection, "registered_models", name=model):
                return None
            # Tags before aliases: a first move is closed after its alias is set, and must not look like one undone.
            tags = _tags(_select(connection, "registered_model_tags", name=model))
            aliases = _select(connection, "registered_model_aliases", name=model)
        return RegisteredFacts(aliases={each["alias"]: int(each["version"]) for each in aliases}, tags=tags)

    def read_version(self, model: str, number: int) -> VersionFacts | None:
        if self._is_absent:
            return None
        with self._engine.connect() as connection:
            found = _select(connection, "model_versions", name=model, version=number)
            tags = _tags(_select(connection, "model_version_tags", name=model, version=number))
        if not found or found[0]["current_stage"] == DELETED:
            return None
        return VersionFacts(name=model, version=number, made=int(found[0]["creation_time"]), tags=tags)


class _Server:
    def __init__(self, address: str) -> None:
        self._root = f"{address.rstrip('/')}/api/2.0/mlflow"

    def read_model(self, model: str) -> RegisteredFacts | None:
        answer = self._get("registered-models/get", name=model)
        if answer is None:
            return None
        found = answer["registered_model"]
        aliases = {each["alias"]: int(each["version"]) for each in found.get("aliases", ())}
        return RegisteredFacts(aliases=aliases, tags=_tags(found.get("tags", ())))

    def read_version(self, model: str, number: int) -> VersionFacts | None:
        answer = self._get("model-versions/get", name=model, version=number)
        if answer is None:
            return None
        found = answer["model_version"]
        made = int(found["creation_timestamp"])
        return VersionFacts(name=model, version=number, made=made, tags=_tags(found.get("tags", ())))

    def _get(self, what: str, **asked: str | int) -> Any:
        try:
            with urlopen(f"{self._root}/{what}?{urlencode(asked)}", timeout=SERVER_SECONDS) as answer:  # noqa: S310 (http or https)
                return json.load(answer)
        except HTTPError as error:
            if NO_SUCH.encode() in error.read():
                return None
            raise


class _Mlflow:
    def __init__(self, home: Path) -> None:
        from ratchet.registry import client, versions  # noqa: PLC0415 (loads MLflow)

        self._client, self._versions = client.connect(home), versions

    def read_model(self, model: str) -> RegisteredFacts | None:
        return self._versions.read_model(self._client, model)

    def read_version(self, model: str, number: int) -> VersionFacts | None:
        return self._versions.read_version(self._client, model, number)


def _select(connection: Connection, table: str, **wanted: str | int) -> list[Mapping[str, Any]]:
    conditions = [sa.column(name) == value for name, value in wanted.items()]
    # Every column: which there are differs between MLflow's versions.
    found = connection.execute(sa.select(sa.text("*")).select_from(sa.table(table)).where(*conditions)).mappings()
    return [dict(row) for row in found if row.get("workspace", WORKSPACE) == WORKSPACE]


def _tags(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {row["key"]: row["value"] for row in rows}
