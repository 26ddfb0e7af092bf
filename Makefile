# One command each: `make demo`, `make test`, `make check` (what CI runs).
SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
# Your own site once there is a model or a run of yours, until then the demo's, which `make demo` begins anew.
OWN := $(wildcard var/runs) $(filter-out include/models/churn.yaml,$(wildcard include/models/*.yaml))
export RATCHET_HOME ?= $(if $(strip $(OWN)),$(CURDIR)/var,$(CURDIR)/var/demo)
export RATCHET_PROJECT := $(CURDIR)
.PHONY: help demo up down test test-long lint types contracts shape docs check bench bench-training changelog schema lock clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/.installed: uv.lock pyproject.toml .ci/setup.sh
	@bash .ci/setup.sh "$(PYTHON)" "$(VENV)"
	touch $@

demo: $(VENV)/.installed ## Three acts through a real Airflow, from no champion to a bad delivery that is stopped
	@$(BIN)/python -m ratchet.demo

up: $(VENV)/.installed ## Start the UIs of Airflow and MLflow
	@$(BIN)/python -m ratchet.local up

down: $(VENV)/.installed ## Stop them
	@$(BIN)/python -m ratchet.local down

test: $(VENV)/.installed ## The test suite but for what is long, in parallel
	@$(BIN)/python -m pytest -q -n $(WORKERS) -m "not slow" --cov --cov-report=term:skip-covered

test-long: $(VENV)/.installed ## What is long: real schedulers, real data, storms
	@$(BIN)/python -m pytest -q -n $(WORKERS) -m slow

lint: $(VENV)/.installed ## Format, lint, spelling
	@$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/typos

types: $(VENV)/.installed ## mypy --strict
	@$(BIN)/mypy

contracts: $(VENV)/.installed ## Layers and independence
	@$(BIN)/lint-imports

shape: $(VENV)/.installed ## Sizes, docstrings, cycles, and what DAG files load
	@$(BIN)/python -m tools.shape --check

bench-training: $(VENV)/.installed ## What is promoted beside AutoML (PEERS=a Python that has it), and a replayed year
	@$(BIN)/python -m benchmarks.training $(if $(PEERS),--peers $(PEERS))
	$(BIN)/python -m benchmarks.cumulative
	$(BIN)/python -m benchmarks.recovery
	$(BIN)/python -m benchmarks.refresh
	$(BIN)/python -m benchmarks.search

docs: $(VENV)/.installed ## The documentation site, in site/; every warning is an error
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

check: lint types contracts shape docs test test-long ## Exactly what CI runs

bench: $(VENV)/.installed ## Seeded benchmarks, each against its peer in one run
	@$(BIN)/python -m benchmarks.overhead
	$(BIN)/python -m benchmarks.selection
	$(BIN)/python -m benchmarks.weekly
	$(BIN)/python -m benchmarks.label_shift
	$(BIN)/python -m benchmarks.scoring
	$(BIN)/python -m benchmarks.drift
	$(BIN)/python -m benchmarks.fairness
	$(BIN)/python -m benchmarks.leaks
	$(BIN)/python -m benchmarks.judging_cost
	$(BIN)/python -m benchmarks.fixed_cost
	$(BIN)/python -m benchmarks.late_labels
	$(BIN)/python -m benchmarks.streams
	$(BIN)/python -m benchmarks.schedules

lock: ## Resolve again and export requirements.txt
	uv lock
	uv export --quiet --frozen --all-extras --all-groups --no-emit-project --no-header --output-file requirements.txt

changelog: $(VENV)/.installed ## Show what the next release says; VERSION=1.2.3 writes it into CHANGELOG.md
	@$(BIN)/towncrier build $(if $(VERSION),--yes --version $(VERSION),--draft --version next)

schema: $(VENV)/.installed ## Write the JSON Schema that editors use
	@$(BIN)/ratchet schema > include/schema/model.schema.json

clean: ## Remove what was made, the environment included
	rm -rf $(VENV) var
