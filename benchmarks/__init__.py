"""Seeded benchmarks, each against its peer in one run, each printing a ratio: `make bench`."""
