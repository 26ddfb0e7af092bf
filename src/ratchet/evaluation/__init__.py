"""Metrics, slices, resampling and gains: arrays in, numbers out; nothing here says pass."""
