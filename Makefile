# make demo | test | test-all | check | docs | bench | reproductions | format | clean
# Each target makes .venv by itself; PYTHON=/path/to/python names another interpreter.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.installed
.DEFAULT_GOAL := help
.PHONY: help demo test test-all check docs bench reproductions format clean

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

$(BIN)/python:
	@python=$$(sh tools/find-python) || exit 2; echo "econsim: making $(VENV) with $$python"; "$$python" -m venv $(VENV)

$(RUN): pyproject.toml | $(BIN)/python
	@echo "econsim: installing into $(VENV) (about a minute, once)"
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: $(RUN)  ## the main job: compare pricing models on a market calibrated from eBay auctions
	@$(BIN)/econsim compare ebay --buyers 20000 --out out/demo

test: $(RUN)  ## the whole test suite (under 6 minutes)
	@$(BIN)/python -m pytest -q -m "not slow" -n 2 --dist loadfile

test-all: $(RUN)  ## and the slow proofs
	@$(BIN)/python -m pytest -q

check: $(RUN)  ## lint, format, types, floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python tools/typecheck.py
	@$(BIN)/python -m pytest -q tests/test_floors.py

format: $(RUN)  ## mend what the formatter can
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

docs: $(RUN)  ## the documentation, into docs/_build/html
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(RUN)  ## the speed figures of README and docs
	@$(BIN)/python benchmarks/rounds.py

reproductions: $(RUN)  ## every published result at full size, into docs/reproductions (8 minutes)
	@$(BIN)/econsim reproduce --all --out out/reproductions
	@mkdir -p docs/reproductions; cp out/reproductions/summary.csv docs/reproductions/
	@for p in out/reproductions/*.png; do cp $$p $${p%.png}.csv docs/reproductions/; done

clean:  ## remove what the targets made
	rm -rf $(VENV) out docs/_build build *.egg-info
