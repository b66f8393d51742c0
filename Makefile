# Every target sets up what it needs on a fresh machine with Python 3.11 or 3.12; a C++ compiler makes the engine fast.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOST ?= 127.0.0.1
PORT ?= 8000
NATIVE := $(wildcard CMakeLists.txt vocoder/engine/native/*.cpp vocoder/engine/native/*.h)

.PHONY: help setup serve test test-slow check format bench clean

help:  ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(VENV)/.ready: pyproject.toml constraints.txt $(NATIVE)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt torch
	$(BIN)/python -m pip install --quiet --no-deps torchaudio==2.11.0
	$(BIN)/python -m pip install --quiet --constraint constraints.txt scikit-build-core nanobind ninja
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-build-isolation --editable '.[service,train,dev]'
	touch $@

setup: $(VENV)/.ready  ## make .venv, install what is pinned, build the native engine

serve: setup  ## start the service with the default voice (HOST=..., PORT=...)
	$(BIN)/sonant serve --host $(HOST) --port $(PORT)

test: setup  ## the quick tests, on the CPU
	$(BIN)/python -m pytest

test-slow: setup  ## the slow tests, on the CPU
	$(BIN)/python -m pytest -m 'slow and not gpu and not browser'

check: setup  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup  ## format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup  ## how fast each engine is here
	$(BIN)/sonant bench --reference-size

clean:  ## remove what was built, not what was trained
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache
