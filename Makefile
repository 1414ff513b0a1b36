# Each target makes .venv and installs what it needs; nothing is needed before but
# python3 with venv, make and git.

PYTHON ?= python3
IMPL ?= packaging
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: conformance test lint docs report mutants e2e bench clean

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.conformance: .venv/bin/python pyproject.toml conformance/mypip/pyproject.toml
	$(PIP) install --editable '.[conformance]' --editable conformance/mypip
	touch $@

.venv/.test: .venv/.conformance
	$(PIP) install --editable '.[test]'
	touch $@

.venv/.mutants: .venv/.test
	$(PIP) install --editable '.[mutants]'
	touch $@

.venv/.docs: .venv/.conformance
	$(PIP) install --editable '.[docs]'
	touch $@

.venv/.lint: .venv/.test .venv/.docs
	$(PIP) install --editable '.[lint]'
	touch $@

## ask an implementation all vectors: make conformance IMPL=pip
conformance: .venv/.conformance
	$(BIN)/pytest conformance --impl='$(IMPL)' $(ARGS)

## the project's own tests, offline
test: .venv/.test
	$(BIN)/pytest $(ARGS)

## format, types, and whether text and vectors are in step
lint: .venv/.lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m musllinux_conformance.traceability
	$(BIN)/python -m musllinux_conformance.permanence

## the site, in _build/html; warnings are errors
docs: .venv/.docs
	rm -rf _build/html
	$(BIN)/sphinx-build -q -E -W --keep-going -d _build/doctrees -c . docs _build/html
	$(BIN)/python docs/check_site.py _build/html

## every implementation in the matrix, or those named: make report IMPL=uv
report: IMPL :=
report: .venv/.conformance
	$(BIN)/python -m musllinux_conformance.matrix $(IMPL) $(ARGS)

## one-rule mutants of the reference, and which vectors catch them
mutants: .venv/.mutants
	$(BIN)/python -m mutants $(ARGS)

## real musl: loaders, interpreters, wheels
e2e: .venv/.test
	$(BIN)/python e2e/prepare.py
	$(BIN)/pytest e2e $(ARGS)

## what is here beside what a user would pick instead, as ratios
bench: .venv/.test
	$(BIN)/python bench/bench.py $(ARGS)

clean:
	rm -rf .venv .cache _build
