"""Columns that every snapshot has beside the user's own: a leading underscore keeps them apart."""

TIME = "_time"  # when the row happened, UTC; only where the data has a clock
ROW = "_row"  # its number in the source, from 0, over all files in the order of their names
