"""From records to Markdown and HTML: never loads, never computes."""
