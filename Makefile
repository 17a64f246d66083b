# make demo   three networks learn MNIST and read a page (first run: makes .venv and installs)
# make test   all tests; as root on Debian it first installs the programs that they use (tests/programs.py)
# make check   lint, format and types (with -j2, the two rounds of types at once)
# make docs   the pages and the API reference as HTML, into build/docs
# make site   those and the lessons with their results, as one folder for any host, build/site (first run: minutes)
# make course   every lesson of the course, start to end
# make weights   train and export what is packaged anew (hours; what was stopped goes on), or only some: `NAMES=reader`
# make fonts     name the Debian packages of the fonts that things that are no digits are drawn in
# make hands     fetch what the transcriber learns from as well, into runs/hands: handwriting fonts, and digits that
#                people wrote on tablets (needs npm, curl, unzip and gzip)
# make hands-held-out   fetch what only measuring draws signs with, into runs/hands-held-out (needs npm)
PYTHON ?= python3
BIN := .venv/bin
PEN_URL := https://archive.ics.uci.edu/static/public
PEN_ARCHIVES := 81/pen+based+recognition+of+handwritten+digits 177/uji+pen+characters+version+2
# Tests start some hundred processes: whatever the shell says, they are not to compile every module anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test docs site course check lint types types-newest install weights fonts hands hands-held-out clean

demo: .venv/.train
	$(BIN)/inkdigits demo

test: .venv/.dev
	$(BIN)/python -m tests.programs
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

docs: .venv/.dev
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs build/docs
	@echo build/docs/index.html

site: .venv/.dev
	$(BIN)/python -m website.build runs/site build/site

course: .venv/.dev
	@ls src/inkdigits/course | sed -n 's/^0*\([0-9][0-9]*\)_.*\.py$$/\1/p' | \
		OMP_NUM_THREADS=1 xargs -P 2 -n 1 $(BIN)/inkdigits learn --check

check: lint types types-newest

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/.dev
	$(BIN)/mypy

types-newest: .venv/.dev
	$(BIN)/mypy --python-version 3.14 --cache-dir .mypy_cache/newest

install: .venv/.train

.venv/bin/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip

.venv/.train: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[train]"
	touch $@

.venv/.dev: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[train,serve,course,scale,dev]"
	touch $@

# Before it, on Debian: sudo apt-get install npm $(make fonts); make hands
weights: .venv/.train
	$(BIN)/python -m inkdigits.training.ship runs/weights $(NAMES)

fonts:
	@grep -o '`fonts-[a-z-]*`' src/inkdigits/data/synthesis/nondigits.py | tr -d '`'

hands: .venv/.train
	npm install --silent --no-save --prefix runs/hands $$($(BIN)/python -m inkdigits.data.synthesis.hand_fonts)
	mkdir -p runs/hands/pens
	cd runs/hands/pens && for name in $(PEN_ARCHIVES); do \
		curl --fail --silent --show-error --location --output pens.zip "$(PEN_URL)/$$name.zip" && \
		unzip -o -q pens.zip && rm pens.zip || exit 1; \
	done && gzip --decompress --force pendigits-orig.t??.Z

# A folder of its own: hershey-fonts brings a package named tests along.
hands-held-out: .venv/.train
	npm install --silent --no-save --prefix runs/hands-held-out $$($(BIN)/python -m bench.datasets.held_out_signs)
	$(BIN)/python -m pip install --quiet --no-deps --upgrade --target runs/hands-held-out/python hershey-fonts==2.1.0

clean:
	rm -rf .venv dist build runs demo
