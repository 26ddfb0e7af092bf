"""Plug-ins of a shop: an estimator, a metric, a source, a channel."""
