"""The kinds of columns, and the columns that every snapshot has beside the user's own (with a leading underscore)."""

from enum import StrEnum


class ColumnKind(StrEnum):
    """What the values of a column are, in the words of the YAML."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    TEXT = "text"


TRUE, FALSE = ("true", "yes", "1"), ("false", "no", "0")  # how a source or a YAML may write a boolean, in any case
NUMBERS = frozenset({ColumnKind.NUMERIC, ColumnKind.DATETIME})  # a snapshot has a time as days since 1970
TEXTS = frozenset({ColumnKind.CATEGORICAL, ColumnKind.TEXT})
# What is held against earlier rows: a time moves by itself, and one text is hardly ever like another.
COMPARED = frozenset({ColumnKind.NUMERIC, ColumnKind.CATEGORICAL, ColumnKind.BOOLEAN})

TIME = "_time"  # when the row happened, UTC; only where the data has a clock
EVENT_TIME = "event_time"  # the same in predictions, which others read
ROW = "_row"  # its number in the source, from 0, over all files in the order of their names

# Of the rows that monitoring reads, beside these two, the features and the segments.
PREDICTION_ID = "prediction_id"
ENTITY = "entity"
VERSION = "model_version"
SCORE = "score"  # the positive class's probability, the most probable class's, or the value
SCORES = "scores"  # every class's, where there are several
DECISION = "decision"  # the class's name; null for regression
LABEL = "label"  # the class's name as in `decision`, or the value; null while open
LABEL_KNOWN_AT = "label_known_at"  # only where the data has a clock; null while open
LABEL_FIRST_KNOWN_AT = "label_first_known_at"  # the same of the first of them, where a label was revised
HAS_FEATURES = "has_features"  # false where the source no longer has the row: its features are null then

PREDICTION = "prediction"  # in profiles: the score; of several classes the one that was decided for
OBSERVED = (
    PREDICTION_ID,
    ENTITY,
    VERSION,
    SCORE,
    SCORES,
    DECISION,
    LABEL,
    LABEL_KNOWN_AT,
    LABEL_FIRST_KNOWN_AT,
    HAS_FEATURES,
    PREDICTION,
)
