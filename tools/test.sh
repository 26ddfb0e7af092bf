#!/usr/bin/env bash
# The whole test suite in parallel; the tests that start a scheduler share one worker each.
set -euo pipefail
exec .venv/bin/python -m pytest -n "${RATCHET_TEST_WORKERS:-2}" --dist loadgroup --cov --cov-report=term:skip-covered -q "$@"
