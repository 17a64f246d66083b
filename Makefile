# make demo   three networks learn MNIST and read a page (first run: makes .venv and installs)
# make test   all tests; `make check` is lint, format and types
# make weights   train and export the packaged network anew (an hour or so; a stopped one goes on)
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test check install weights clean

demo: .venv/.train
	$(BIN)/inkdigits demo

test: .venv/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

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

# The fonts of what is no digit: Debian's packages, named in src/inkdigits/data/nondigits.py.
weights: .venv/.train
	$(BIN)/python -m inkdigits.training.ship runs/weights

clean:
	rm -rf .venv dist build runs demo
