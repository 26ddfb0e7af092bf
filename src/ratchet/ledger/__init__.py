"""The append-only record of triggers, admissions, runs, verdicts, promotions and alerts."""
