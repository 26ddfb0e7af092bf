"""The run folder: frames, models and records, each written whole or not at all, each with a content hash."""
