"""The metrics: one entry each in `registry`, which everything that names a metric reads; see there to add one."""
