"""Whether predicted rates come true: in bins, and in the large."""
