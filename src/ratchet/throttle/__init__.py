"""When a run may start: a pure decision over records."""
