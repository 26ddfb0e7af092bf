"""`data:` in the YAML: where rows come from, what their columns mean, and what a healthy delivery looks like."""

import codecs
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Discriminator, Field, Tag, model_validator

from ratchet.config.extensions import Extension, ExtensionSpec
from ratchet.config.formats import check_time_format, read_number_format
from ratchet.errors import did_you_mean, list_names
from ratchet.plugins import SOURCES, load_plugin_class
from ratchet.records.columns import COMPARED, ROW, TIME, ColumnKind
from ratchet.sections import ColumnName, Duration, Section

if TYPE_CHECKING:
    import pyarrow as pa


class Availability(Section):
    """When the value of one column is known: some time after the row, or at a time that a column of its own says."""

    delay: Duration | None = Field(default=None, description="So long after the row's time; 0s for at once.")
    known_at: ColumnName | None = Field(
        default=None, description="The column of times, written like `data.time`, at which the value came in."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.delay is None) == (self.known_at is None):
            raise ValueError("give either `delay` or `known_at`")
        return self


def find_availability_mistake(
    availability: Mapping[str, Availability], columns: Collection[str], *, has_clock: bool
) -> str | None:
    """Return what does not fit together in one sentence, None when all does."""
    if unknown := [name for name in availability if name not in columns]:
        hint = did_you_mean(unknown[0], columns)
        return f"`data.availability` names '{unknown[0]}', which is neither a feature nor the target{hint}"
    if availability and not has_clock:
        return "`data.availability` needs a clock: give `time` a column, or `start` and `every`"
    return None


def read_moment(value: object) -> object:
    """Turn ISO text with a zone into a datetime in UTC; leave anything else for pydantic to judge.

    Raises:
        ValueError: the text is no ISO time.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise ValueError("should be a time with its zone, such as 2026-01-31T00:00:00Z") from error
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


Moment = Annotated[AwareDatetime, BeforeValidator(read_moment)]


def _check_encoding(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError as error:
        raise ValueError("should be the name of an encoding, such as utf-8, cp1252, latin-1 or utf-16") from error


Encoding = Annotated[str, AfterValidator(_check_encoding)]


class FileSource(Section):
    """A CSV, Parquet, JSON-lines or Excel file, or a folder of files of one of these kinds."""

    path: str = Field(description="File or folder, relative to the project root or absolute.", min_length=1)
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="CSV only.")
    encoding: Encoding = Field(default="utf-8", description="CSV only, where it is not UTF-8: such as cp1252, utf-16.")
    sheet: str | None = Field(default=None, description="Excel only: the sheet's name; without it, the first one.")
    missing: tuple[str, ...] = Field(default=("",), description="Texts that stand for no value.", strict=False)
    header: tuple[ColumnName, ...] = Field(
        default=(), description="CSV only: column names of a file that has no header line.", strict=False
    )


class SqlSource(Section):
    """A table or a SELECT in a database that SQLAlchemy can reach."""

    url_env: str = Field(description="Environment variable that holds the SQLAlchemy URL: secrets stay out of YAML.")
    query: str = Field(description="One SELECT statement; order does not matter.", min_length=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked of a source of another package.

    Attributes:
        required: columns that must be there, under these names; blanks around a name do not count.
        optional: columns that are used as far as they are there.
        newer_than: rows of this time or earlier may be left out: they are not used. None where all are wanted.
        as_of: rows later than this may be left out. None where all are wanted.
        project: where relative paths start.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    newer_than: datetime | None
    as_of: datetime | None
    project: Path


class DataSource(Extension):
    """A source of another package, named by an entry point of the group `ratchet.sources`: its fields are its options.

    Attributes:
        is_ordered: whether the rows come in the order in which they happened, the same each time.
    """

    is_ordered: ClassVar[bool] = False

    def open(self, wanted: Wanted) -> "pa.RecordBatchReader":
        """Return the rows as a stream, of types as a Parquet file has them; other columns are no harm."""
        raise NotImplementedError(f"{type(self).__name__} has no method `open`")


class PluginSource(ExtensionSpec):
    """A source of another package, by its name among the entry points of `ratchet.sources`."""

    @classmethod
    def find_class(cls, name: str) -> type[DataSource]:
        """Return the source of a name."""
        return load_plugin_class(SOURCES, name, DataSource)

    def load(self) -> DataSource:
        """Return the source with its options.

        Raises:
            ConfigError: its package is not installed, can't be loaded, or does not take the options.
        """
        return self.make(self.find_class(self.name))


class TimeColumn(Section):
    """The column that says when a row happened."""

    column: ColumnName = Field(description="Its name in the source.")
    format: str | None = Field(
        default=None,
        description="strptime format, or unix_s, unix_ms, unix_us, unix_ns; without it, ISO 8601 only. %b is a month's "
        "name in any of twenty languages, %Z at the end a zone's name.",
    )
    zone: str = Field(default="UTC", description="IANA zone of times that carry none.")


class RowOrder(Section):
    """Rows stand in time order; with `start` and `every` each one also gets a time."""

    order: Literal["rows"] = Field(description="Earlier rows come first.")
    start: Moment | None = Field(default=None, description="Time of the first row, with its zone.")
    every: Duration | None = Field(default=None, description="Time between two rows.")

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.start is None) != (self.every is None):
            raise ValueError("`start` and `every` go together: give both, or neither")
        return self


class Target(Section):
    """What is to be predicted."""

    column: ColumnName = Field(description="Its name in the source.")
    positive: str | None = Field(default=None, description="Binary only: the value that counts as positive.")
    negative: str | None = Field(
        default=None, description="Binary only: the other value; without it any other value is negative."
    )

    @property
    def names(self) -> tuple[str, str]:
        """Names for the two classes of a binary target, the negative one first: `negative` need not be given."""
        other = "other" if self.positive != "other" else "not other"
        return self.negative or other, str(self.positive)


class Checks(Section):
    """What a delivery may look like beside the last accepted one. Each limit is a share of the new rows."""

    min_rows: int = Field(default=200, ge=1, description="Fewer rows than this can't be judged.")
    max_unlabelled: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="Rows without a label; more mean a broken delivery, not a few lost labels.",
    )
    max_null_share: float = Field(default=1.0, ge=0, le=1, description="Of any feature, in all rows.")
    max_null_increase: float = Field(default=0.10, ge=0, le=1, description="Over the accepted snapshot's share.")
    max_unseen_share: float = Field(default=0.05, ge=0, le=1, description="Categories not in the accepted snapshot.")
    max_outside_share: float = Field(
        default=0.05, ge=0, le=1, description="Numbers outside the accepted range widened by its own width."
    )
    max_categories: int = Field(default=2000, ge=2, description="Different values of one categorical feature.")
    suite: str | None = Field(default=None, description="The team's own suite: a JSON file in include/expectations/.")


def kind_of_source(value: object) -> str:
    """Tell sources apart by the keys that are there, so that an error speaks of one kind only."""
    if not isinstance(value, dict):
        return type(value).__name__ if isinstance(value, (SqlSource, PluginSource)) else "FileSource"
    if {"query", "url_env"} & value.keys():
        return "SqlSource"
    return "PluginSource" if {"name", "options"} & value.keys() else "FileSource"


def kind_of_time(value: object) -> str:
    """Tell row order from a time column."""
    is_order = isinstance(value, RowOrder) or (isinstance(value, dict) and "order" in value)
    return "RowOrder" if is_order else "TimeColumn"


Source = Annotated[
    Annotated[FileSource, Tag("FileSource")]
    | Annotated[SqlSource, Tag("SqlSource")]
    | Annotated[PluginSource, Tag("PluginSource")],
    Discriminator(kind_of_source),
]
Time = Annotated[
    Annotated[TimeColumn, Tag("TimeColumn")] | Annotated[RowOrder, Tag("RowOrder")], Discriminator(kind_of_time)
]


class Data(Section):
    """Where rows come from and what their columns mean."""

    source: Source = Field(description="A file, a folder, a query, or a source of another package.")
    time: Time = Field(description="When each row happened, or that rows stand in order.")
    target: Target
    features: dict[ColumnName, Annotated[ColumnKind, Field(strict=False)]] = Field(
        min_length=1,
        description="What predictions are made from, with the kind of each. `datetime` becomes days, hour, weekday and "
        "day of the year, as written, and may be the column of `time`; `text` becomes words and pairs of words. Of "
        "neither are values compared with earlier rows.",
    )
    ignore: tuple[ColumnName, ...] = Field(default=(), strict=False, description="Columns that are known and not used.")
    formats: dict[ColumnName, str] = Field(
        default={},
        description="How the texts of a feature, or of a number to predict, are written where they are no plain "
        "numbers and no ISO times: a number by an example such as '$1,234.5', '1.234,5 €' or '1234.5%'; a time as in "
        "`time`.",
    )
    sensitive: tuple[ColumnName, ...] = Field(
        default=(),
        strict=False,
        description="Columns that decisions are checked for fairness on; not used unless features.",
    )
    group: ColumnName | None = Field(
        default=None, description="Rows of one group never stand on both sides of a split."
    )
    entity: ColumnName | None = Field(default=None, description="Whom a row is about: a customer, a device.")
    label_delay: Duration = Field(default=timedelta(0), description="How long after a row its label is known.")
    availability: dict[ColumnName, Availability] = Field(
        default={}, description="Features, or the target, whose values are known only after the row's time."
    )
    predicted_after: Duration = Field(
        default=timedelta(0), description="How long after the row's time its prediction is made."
    )
    checks: Checks = Checks()

    @property
    def compared(self) -> dict[str, ColumnKind]:
        """The features that are held against earlier rows, with the kind of each."""
        return {name: kind for name, kind in self.features.items() if kind in COMPARED}

    def format_of(self, name: str) -> str | None:
        """Return how a column's texts are written; None for plain numbers and ISO 8601."""
        written = {self.time.column: self.time.format} if isinstance(self.time, TimeColumn) else {}
        return self.formats.get(name, written.get(name))

    @property
    def has_clock(self) -> bool:
        """Whether rows have a time, not only an order."""
        return isinstance(self.time, TimeColumn) or self.time.start is not None

    @property
    def order_column(self) -> str:
        """The column of a snapshot that says when a row happened: its time or, without a clock, its number."""
        return TIME if self.has_clock else ROW

    @property
    def clock(self) -> tuple[str, ...]:
        """The column of times, where there is one."""
        return (self.time.column,) if isinstance(self.time, TimeColumn) else ()

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns kept beside features and target: sensitive ones, group, entity, times of availability, each once."""
        known_at = [each.known_at for each in self.availability.values()]
        wanted = (*self.sensitive, *(name for name in (self.group, self.entity, *known_at) if name))
        return tuple(dict.fromkeys(name for name in wanted if name not in self.features))

    @model_validator(mode="after")
    def _columns_have_one_meaning(self) -> Self:
        if self.target.column in self.features:
            raise ValueError(f"the target '{self.target.column}' can't be a feature as well")
        if both := [name for name in self.ignore if name in self.features or name == self.target.column]:
            raise ValueError(f"ignored and used at once: {list_names(both)}")
        return self

    @model_validator(mode="after")
    def _formats_fit_their_columns(self) -> Self:
        kinds = {self.target.column: ColumnKind.NUMERIC, **self.features}
        checks = {ColumnKind.NUMERIC: read_number_format, ColumnKind.DATETIME: check_time_format}
        for name, form in self.formats.items():
            if name not in kinds:
                raise ValueError(f"`data.formats` names '{name}', which is neither a feature nor the target")
            if (check := checks.get(kinds[name])) is None:
                raise ValueError(
                    f"`data.formats` names '{name}', which is {kinds[name]}: only numbers and times have one"
                )
            try:
                check(form)
            except ValueError as error:
                raise ValueError(f"`data.formats.{name}`: '{form}' {error}") from error
        return self

    @model_validator(mode="after")
    def _delay_has_a_clock(self) -> Self:
        if self.label_delay and not self.has_clock:
            raise ValueError("`label_delay` needs a clock: give `time` a column, or `start` and `every`")
        return self

    @model_validator(mode="after")
    def _availability_is_of_known_columns(self) -> Self:
        columns = (*self.features, self.target.column)
        if mistake := find_availability_mistake(self.availability, columns, has_clock=self.has_clock):
            raise ValueError(mistake)
        return self
