"""One run of a model: the config as it was when the run began, and what was asked for."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AwareDatetime,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
    model_validator,
)

from ratchet.config.model import ModelConfig
from ratchet.config.monitoring import read_from
from ratchet.config.training import CandidateSpec
from ratchet.errors import ConfigError, did_you_mean
from ratchet.sections import Section
from ratchet.timeline import Moment

RUN_ID = r"^[A-Za-z0-9_][A-Za-z0-9_.:+-]{0,199}$"  # what Airflow makes, and safe as a folder name
RUN_ID_RULE = "should begin with a letter, a digit or _, then letters, digits, _ . : + and - (at most 200 in all)"
ISO = Annotated[AwareDatetime, PlainSerializer(lambda moment: moment.astimezone(UTC).isoformat(), return_type=str)]


ADDRESSES = ("models:/", "runs:/")  # how MLflow's begin


class Adoption(Section):
    """A model from elsewhere, which a run judges in place of candidates of its own.

    Attributes:
        source: a file, a folder that MLflow saved, or an address such as models:/name@alias.
        person: who asked.
        classes: the YAML's classes in the order of its probabilities; empty where its own names tell.
        is_trusted: whether a pickle may be read where nothing keeps it from the network.
    """

    source: str
    person: str
    classes: tuple[str, ...] = Field(default=(), strict=False)
    is_trusted: bool = False

    @property
    def is_logged(self) -> bool:
        """Whether it is an address in MLflow, and not a path."""
        return self.source.startswith(ADDRESSES)


class Run(Section):
    """The first argument of every stage: frozen when the run begins, so that an edit can't change it half-way.

    Attributes:
        config: the model's YAML.
        project: folder that relative paths in the YAML start from.
        home: folder that holds what Ratchet makes; the paths in records start from it.
        run_id: Airflow's id of the DAG run, or one of the same form.
        started: when the run began.
        as_of: a time where the data has a clock, a number of rows where it has only an order, None for everything.
        candidates: train only these; empty for all.
        reason: why the run was asked for.
        dry_run: judge, but never promote.
        adoption: the model from elsewhere that is judged; None for a retraining.
    """

    config: ModelConfig
    project: Path = Field(strict=False)
    home: Path = Field(strict=False)
    run_id: Annotated[str, StringConstraints(pattern=RUN_ID)]
    started: ISO = Field(strict=False)
    as_of: Annotated[ISO, Field(strict=False)] | int | None = None
    candidates: tuple[str, ...] = Field(default=(), strict=False)
    reason: str = ""
    dry_run: bool = False
    adoption: Adoption | None = None

    @model_validator(mode="after")
    def _knows_its_candidates(self) -> Self:
        known = [spec.name for spec in self.config.candidates]
        for name in self.candidates:
            if name not in known:
                raise ValueError(
                    f"no candidate '{name}'{did_you_mean(name, known)}; {self.model} has {', '.join(known)}"
                )
        return self

    @property
    def model(self) -> str:
        """The model's name."""
        return self.config.model

    def reading(self, path: str | None) -> Self:
        """Return the run with another file or folder as the source of the rows to score; itself where none is named."""
        if not path:
            return self
        plan = read_from(self.config.scoring, self.config.data, path)
        return self.model_copy(update={"config": self.config.model_copy(update={"scoring": plan})})

    @property
    def known_at(self) -> Moment | None:
        """What counts as known: up to the as-of or, where none was asked for and the data has a clock, to the start."""
        if self.as_of is not None:
            return self.as_of
        return self.started if self.config.data.has_clock else None

    @property
    def chosen(self) -> tuple[CandidateSpec, ...]:
        """The candidates that this run trains."""
        every = self.config.candidates
        return tuple(spec for spec in every if not self.candidates or spec.name in self.candidates)


def freeze_run(config: ModelConfig, **facts: object) -> Run:
    """Make a run of what was asked for.

    Raises:
        ConfigError: an answer is wrong; the config was read before, so one sentence is enough.
    """
    try:
        return Run.model_validate({"config": config, **facts})
    except ValidationError as error:
        first = error.errors()[0]
        where = str(first["loc"][0]) if first["loc"] else "run"
        wrong = RUN_ID_RULE if where == "run_id" else first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{where}: {wrong}") from error


def read_as_of(text: str | None, config: ModelConfig, now: datetime) -> Moment | None:
    """Read an as-of time (ISO 8601, UTC unless it says otherwise) or, without a clock, a number of rows.

    Raises:
        ConfigError: it is neither, not the kind that this model's data has, or has not come yet.
    """
    if not text:
        return None
    read, wanted = _BY_CLOCK if config.data.has_clock else _BY_ROWS
    try:
        as_of = read(text)
    except ValueError as error:
        raise ConfigError(f"as of: '{text}' is not {wanted}, which is what {config.model} needs") from error
    if isinstance(as_of, datetime) and as_of > now:  # what is not known yet would count as known
        raise ConfigError(f"as of: '{text}' has not come yet; it is {now:%Y-%m-%dT%H:%MZ}")
    return as_of


def _read_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _count(text: str) -> int:
    rows = int(text)
    if rows < 1:
        raise ValueError(f"{rows} rows are none")
    return rows


Reader = Callable[[str], Moment]
_BY_CLOCK: tuple[Reader, str] = (_read_moment, "a time such as 2026-01-31T00:00:00Z")
_BY_ROWS: tuple[Reader, str] = (_count, "a number of rows")
