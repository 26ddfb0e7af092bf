"""Time as every part of Ratchet counts it: moments, spans and windows, where the data has a clock and where it has not.

A moment is written down as a time, or as a row's number where the data has no clock. To calculate, it is a whole
number in the unit of its timeline: microseconds since 1970, or rows. No other unit is used anywhere.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

Moment = datetime | int  # a time where the data has a clock, else a row's number
Span = timedelta | int  # a duration where the data has a clock, else a number of rows

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)  # weather and mortality series begin before 1970
LATEST = datetime(2100, 1, 1, tzinfo=UTC)  # 9999-12-31 says "never", it is no time
MICROSECOND = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1) // MICROSECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK = 7 * DAY


def is_time(moment: Moment) -> bool:
    """Tell whether a moment is a time, not a row's number."""
    return isinstance(moment, datetime)


def to_number(moment: Moment) -> int:
    """Turn a moment into a number: microseconds since 1970, or the row's own."""
    return (moment - EPOCH) // MICROSECOND if isinstance(moment, datetime) else moment


def to_time(number: int) -> datetime:
    """Turn microseconds since 1970 into a time."""
    return EPOCH + number * MICROSECOND


def to_moment(number: int, *, has_clock: bool) -> Moment:
    """Turn a number back into a moment."""
    return to_time(number) if has_clock else number


def to_length(span: Span) -> int:
    """Turn a span into a number: microseconds, or rows."""
    return span // MICROSECOND if isinstance(span, timedelta) else span


def is_before(moment: Moment, other: Moment) -> bool:
    """Tell whether a moment is earlier than another; a time and a row's number are never before one another."""
    return is_time(moment) == is_time(other) and to_number(moment) < to_number(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A part of the timeline.

    Attributes:
        start: its first moment.
        end: its end, which is no part of it.
    """

    start: Moment
    end: Moment

    @classmethod
    def between(cls, start: int, end: int, *, has_clock: bool) -> Self:
        """Return the window between two numbers."""
        return cls(start=to_moment(start, has_clock=has_clock), end=to_moment(end, has_clock=has_clock))

    @property
    def has_clock(self) -> bool:
        """Whether it is one of time, not of rows."""
        return is_time(self.start)

    @property
    def numbers(self) -> tuple[int, int]:
        """Its start and its end as numbers."""
        return to_number(self.start), to_number(self.end)

    @property
    def length(self) -> int:
        """How long it is: microseconds, or rows."""
        start, end = self.numbers
        return end - start

    def contains(self, moment: Moment) -> bool:
        """Tell whether a moment is in it."""
        start, end = self.numbers
        return is_time(moment) == self.has_clock and start <= to_number(moment) < end

    def shift(self, length: int) -> Self:
        """Return the window that is as long and so much later; earlier where the length is negative."""
        start, end = self.numbers
        return self.between(start + length, end + length, has_clock=self.has_clock)

    def overlap(self, other: "Window") -> int:
        """Return the length that two windows share; none where only one of them has a clock."""
        if self.has_clock != other.has_clock:
            return 0
        (start, end), (other_start, other_end) = self.numbers, other.numbers
        return max(0, min(end, other_end) - max(start, other_start))
