# `make run` and `make test` need Python 3.11 or newer and nothing else: they make their environment in $(VENV).

VENV ?= .venv
PYTHON ?= $(shell .ci/find-python)
BIN := $(VENV)/bin
BENCH := .venvs/bench
PLUGINS := $(wildcard plugins/*)
READY := $(VENV)/.ready
# Two more than processors, since many tests wait for servers, clocks and members of clusters.
WORKERS ?= $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 2)")

.PHONY: help environment run test soak cluster mutants lint types coverage reference docs pictures bench instructions clean

help:
	@echo "make run       train a real pipeline from one YAML file, then show what happens to mistakes"
	@echo "make test      run the tests"
	@echo "make lint      ruff: rules and format"
	@echo "make types     mypy --strict and pyright"
	@echo "make coverage  the tests with coverage and its floor"
	@echo "make soak      the tests that run for long"
	@echo "make cluster   three members of etcd and two servers over them, until Ctrl-C"
	@echo "make reference docs/reference from the docstrings"
	@echo "make docs      the documentation as pages, in docs/_build"
	@echo "make pictures  the pictures of the README; needs Chromium"
	@echo "make bench     the benchmarks beside the peers, as tables and pictures; 25 minutes"
	@echo "make instructions  the machine instructions of the hot paths, recorded for this Python; needs valgrind"
	@echo "make mutants   what the test kit notices of changes in two parts; an hour"
	@echo "make clean     remove what was made"

environment: $(READY)

$(READY): setup.cfg setup.py pyproject.toml $(wildcard plugins/*/setup.cfg)
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]' $(PLUGINS:%=--editable './%[testing]')
	$(BIN)/python -m pip install --quiet --no-deps mmdet==3.3.0 # for the configs that it carries, and for nothing else
	@touch $@

run: $(READY)
	@$(BIN)/python examples/train_pipeline/train.py

# The tests of a file share what is costly to make, so they run in one worker.
test: $(READY)
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadfile

soak: $(READY)
	REGISTRY_RELIABILITY=benchmarks $(BIN)/python -m pytest -q -n $(WORKERS) -m soak tests plugins tests/faults

cluster: $(READY)
	@cd tests && "$(abspath $(BIN))/python" -m clusters

mutants: $(READY)
	$(BIN)/python -m pip install --quiet cosmic-ray
	$(BIN)/python tests/testing/mutants.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

coverage: $(READY)
	$(BIN)/python -m pytest -q -n $(WORKERS) --cov --cov-report=term

reference: $(READY)
	$(BIN)/python docs/reference/make.py

docs: $(READY)
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build
	@echo "docs/_build/index.html"

# The pictures in the README, from the real thing; needs Chromium.
pictures: $(READY)
	$(BIN)/python docs/pictures/make.py

bench: $(BENCH)/.ready
	$(BENCH)/bin/python -m benchmarks --markdown benchmarks/results.md --json benchmarks/results.json --plots benchmarks/plots
	$(BENCH)/bin/python -m benchmarks.summary

# Run it with each Python (VENV, PYTHON) after a change that is meant to cost, or to save, instructions.
instructions: $(READY)
	$(BIN)/python -m benchmarks.instructions --update

$(BENCH)/.ready: setup.cfg benchmarks/requirements.txt
	$(PYTHON) -m venv --clear $(BENCH)
	$(BENCH)/bin/python -m pip install --quiet --editable . --requirement benchmarks/requirements.txt
	@touch $@

clean:
	rm -rf docs/_build .venv .venvs build dist *.egg-info .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
