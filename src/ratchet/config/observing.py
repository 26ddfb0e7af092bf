"""`data:` as monitoring reads it: rows that were scored, and labels wherever they arrive."""

from datetime import timedelta

from ratchet.config.data import Data, TimeColumn
from ratchet.config.model import ModelConfig
from ratchet.config.scoring import RowsToScore
from ratchet.records.columns import PREDICTION_ID


class ScoredRows(RowsToScore):
    """The rows that were scored: the segments that are watched are read where they are there."""

    watched: tuple[str, ...] = ()

    @property
    def optional(self) -> tuple[str, ...]:
        """Columns that are read as far as the source has them."""
        return tuple(name for name in self.watched if name not in (*self.columns, *self.clock))


class LabelRows(Data):
    """Labels: of the other columns, those by which a label finds its prediction are read as far as they are there."""

    known_at: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that must be in the source, each once."""
        wanted = (self.target.column, *((self.known_at,) if self.known_at else ()))
        return tuple(dict.fromkeys(wanted))

    @property
    def optional(self) -> tuple[str, ...]:
        """Columns that are read as far as the source has them."""
        entity = (self.entity,) if self.entity else ()
        wanted = (PREDICTION_ID, *self.clock, *entity, *self.features, *self.target_known_at)
        return tuple(name for name in dict.fromkeys(wanted) if name not in self.columns)

    @property
    def mentioned(self) -> frozenset[str]:
        """Columns that no one need be told about."""
        return frozenset((*super().mentioned, *self.columns, *self.optional, *self.sensitive, *self.keys))

    @property
    def target_known_at(self) -> tuple[str, ...]:
        """The column that `data.availability` gives for when the target was known, where there is one."""
        said = self.availability.get(self.target.column)
        return (said.known_at,) if said and said.known_at else ()

    @property
    def delay(self) -> timedelta:
        """How long after a row its label is known, where no column says when."""
        said = self.availability.get(self.target.column)
        return said.delay if said and said.delay is not None else self.label_delay


def plan_scored_rows(config: ModelConfig) -> ScoredRows:
    """Return what is read of the rows that were scored."""
    facts = {name: getattr(config.data, name) for name in Data.model_fields} | {
        "source": config.scoring.source or config.data.source,
        "segment": None,
        "watched": config.monitoring.segments,
    }
    return ScoredRows.model_construct(**facts)


def plan_label_rows(config: ModelConfig) -> LabelRows:
    """Return what is read of the labels, and from where."""
    plan = config.monitoring.labels
    facts = {name: getattr(config.data, name) for name in Data.model_fields} | {
        "source": plan.source or config.data.source,
        "known_at": plan.known_at,
    }
    return LabelRows.model_construct(**facts)


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
