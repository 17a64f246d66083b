# make demo   three networks learn MNIST and read a page (first run: makes .venv and installs)
# make test   everything that must hold: tests, and with `make check` lint, format, types
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check install clean

demo: .venv/.train
	$(BIN)/inkdigits demo

test: .venv/.dev
	$(BIN)/python -m pytest

check: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

install: .venv/.train

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

.venv/.train: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[train]"
	touch $@

.venv/.dev: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[train,dev]"
	touch $@

clean:
	rm -rf .venv dist build runs demo
