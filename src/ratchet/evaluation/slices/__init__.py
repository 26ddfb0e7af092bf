"""Parts of rows: by name, by expression, by group, by segment of a decision, and those that look weakest."""
