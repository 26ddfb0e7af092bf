"""What is read of a source: from where, in which order of time, and which of its columns."""

from dataclasses import dataclass
from datetime import timedelta

from ratchet.config.data import Data, Source, Time, TimeColumn
from ratchet.config.model import ModelConfig
from ratchet.records.columns import PREDICTION_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlan:
    """What is read of one source.

    Attributes:
        source: the file, folder, query or plug-in.
        time: the column of times, or the order of the rows.
        required: columns that must be there, each once.
        optional: columns that are read as far as they are there.
        keys: of the required ones, those that are kept as texts beside the features.
        unused: other columns that the YAML speaks of: their presence is no surprise.
    """

    source: Source
    time: Time
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    unused: frozenset[str] = frozenset()

    @property
    def mentioned(self) -> frozenset[str]:
        """Columns that no one need be told about."""
        return self.unused | {*self.required, *self.optional}


def plan_snapshot(data: Data) -> ReadPlan:
    """Return what a retraining reads."""
    return ReadPlan(
        source=data.source,
        time=data.time,
        required=_each_once(*data.clock, *data.features, data.target.column, *data.keys),
        keys=tuple(name for name in data.keys if name != data.target.column),
        unused=frozenset(data.ignore),
    )


def plan_new_rows(config: ModelConfig, segment: str | None) -> ReadPlan:
    """Return what scoring reads: neither the target nor most keys need be there.

    Args:
        config: the model's YAML.
        segment: the column that the champion's thresholds go by, where they do.
    """
    data = config.data
    keys = _each_once(*(name for name in (data.entity, segment) if name and name not in data.features))
    return ReadPlan(
        source=config.scoring.source or data.source,
        time=data.time,
        required=_each_once(*data.clock, *data.features, *keys),
        keys=keys,
        unused=frozenset((data.target.column, *data.sensitive, *data.ignore, *((data.group,) if data.group else ()))),
    )


def plan_scored_rows(config: ModelConfig, source: Source | None = None) -> ReadPlan:
    """Return what monitoring reads of rows that were scored: the segments as far as they are there.

    Args:
        config: the model's YAML.
        source: where they were read; None for the source of the YAML.
    """
    plan = plan_new_rows(config, None)
    return ReadPlan(
        source=source or plan.source,
        time=plan.time,
        required=plan.required,
        optional=tuple(name for name in config.monitoring.segments if name not in plan.required),
        keys=plan.keys,
        unused=plan.unused,
    )


def plan_labels(config: ModelConfig) -> ReadPlan:
    """Return what is read of labels: what a label finds its prediction by is read as far as it is there."""
    data, labels = config.data, config.monitoring.labels
    required = _each_once(data.target.column, *((labels.known_at,) if labels.known_at else ()))
    entity = (data.entity,) if data.entity else ()
    optional = _each_once(PREDICTION_ID, *data.clock, *entity, *data.features, *find_label_time(data))
    return ReadPlan(
        source=labels.source or data.source,
        time=data.time,
        required=required,
        optional=tuple(name for name in optional if name not in required),
        unused=frozenset((*data.ignore, *data.sensitive, *data.keys)),
    )


def find_label_time(data: Data) -> tuple[str, ...]:
    """Return the column that `data.availability` gives for when the target was known, where there is one."""
    said = data.availability.get(data.target.column)
    return (said.known_at,) if said and said.known_at else ()


def find_label_delay(data: Data) -> timedelta:
    """Return how long after a row its label is known, where no column says when."""
    said = data.availability.get(data.target.column)
    return said.delay if said and said.delay is not None else data.label_delay


def has_common_row_numbers(config: ModelConfig) -> bool:
    """Tell whether labels stand in the very rows that are scored, so that a row's number is the same in both."""
    scored = config.scoring.source or config.data.source
    return scored == (config.monitoring.labels.source or config.data.source)


def has_usable_time(config: ModelConfig, columns: frozenset[str]) -> bool:
    """Tell whether labels with these columns carry the time of the row that they are about."""
    time = config.data.time
    if isinstance(time, TimeColumn):
        return time.column in columns
    return config.data.has_clock and has_common_row_numbers(config)


def _each_once(*names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
