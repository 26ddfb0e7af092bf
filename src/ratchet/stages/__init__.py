"""One step of a run = one function = one task."""
