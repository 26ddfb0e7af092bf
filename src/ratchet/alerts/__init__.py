"""When something that is watched becomes an alert: a pure decision over records."""
