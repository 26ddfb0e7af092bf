"""The pydantic models of a model's YAML file, and of one run of it."""
