# `make run` and `make test` need Python 3.11 or newer and nothing else: they make their environment in $(VENV).

VENV ?= .venv
PYTHON ?= $(shell .ci/find-python)
BIN := $(VENV)/bin
BENCH := .venvs/bench
READY := $(VENV)/.ready
WORKERS ?= auto

.PHONY: help environment run test soak lint types coverage bench clean

help:
	@echo "make run       train a real pipeline from one YAML file, then show what happens to mistakes"
	@echo "make test      run the tests"
	@echo "make lint      ruff: rules and format"
	@echo "make types     mypy --strict and pyright"
	@echo "make coverage  the tests with coverage and its floor"
	@echo "make soak      the tests that run for long"
	@echo "make bench     the benchmarks"
	@echo "make clean     remove what was made"

environment: $(READY)

$(READY): setup.cfg setup.py pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

run: $(READY)
	@$(BIN)/python examples/train_pipeline/train.py

test: $(READY)
	$(BIN)/python -m pytest -q -n $(WORKERS)

soak: $(READY)
	$(BIN)/python -m pytest -q -n $(WORKERS) -m soak tests tests/faults

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

coverage: $(READY)
	$(BIN)/python -m pytest -q -n $(WORKERS) --cov --cov-report=term

bench: $(BENCH)/.ready
	$(BENCH)/bin/python -m benchmarks --markdown benchmarks/results.md --json benchmarks/results.json

$(BENCH)/.ready: setup.cfg benchmarks/requirements.txt
	$(PYTHON) -m venv --clear $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --editable . --requirement benchmarks/requirements.txt
	@touch $@

clean:
	rm -rf .venv .venvs build dist *.egg-info .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
