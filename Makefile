# Two commands do everything: `make demo` and `make test`. Both make their own environment in .venv and are quick the
# second time, also with no network. Recipes quote every path, so that a folder with a space in it is fine.
SHELL := /bin/bash
PYTHON ?= python3.11
ARGS ?= --large
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.PHONY: demo test bench clean help

help:
	@echo "make demo   make a shop whose truth is known, audit it and write a report"
	@echo "make test   run every check"
	@echo "make bench  measure speed and memory (long)"

# Stamps hold what was installed; a change of pyproject.toml or of the constraints installs anew.
.venv/.demo-installed: pyproject.toml constraints.txt
	@tools/install.sh "$(PYTHON)" .venv ""
	@touch .venv/.demo-installed

.venv/.test-installed: pyproject.toml constraints.txt
	@tools/install.sh "$(PYTHON)" .venv "test,postgres"
	@touch .venv/.demo-installed .venv/.test-installed

demo: .venv/.demo-installed
	@tools/demo.sh .venv demo

test: .venv/.test-installed
	@tools/check.sh .venv

bench: .venv/.demo-installed
	@.venv/bin/python benchmarks/run.py $(ARGS)

clean:
	rm -rf .venv demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
