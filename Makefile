# make demo, make test: each sets up what it needs by itself.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# Images often set it, and then each of the thousands of processes of a run compiles all that it imports.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo picture test runners check strace lint typing coverage man verdicts pictured cheats laws contract fuzz truth bench dist install clean

help:
	@sed -n 's/^## //p' Makefile

## demo      two oneshots and a second clone, in a scratch repository
demo: $(VENV)/test.stamp
	@sh tests/demo.sh "$(abspath $(BIN))"

## picture   draw docs/demo.svg, the picture in the README, if the demo says something else now
picture: $(VENV)/test.stamp
	@$(BIN)/python -m tests.picture

## test      the test suite, less the long stories that `make check` runs, too
# COVER=1 measures it, too, and then `make check COVER=1` runs only what was not run.
test: $(VENV)/$(if $(COVER),check,test).stamp
	@$(if $(COVER),$(BIN)/coverage erase)
	@$(BIN)/$(if $(COVER),coverage run,python) -m pytest -q -n auto -m 'not long and not thorough'

# Whether an append is synced before it is acknowledged can only be read from its system calls.
strace:
	@command -v strace >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && apt-get -qq update && apt-get -qq install -y strace >/dev/null; } || \
		echo "note: no strace here: it is not shown that appends are synced" >&2

## check     what CI runs: lint, types, man pages, tests with branch coverage, the picture, our own verdicts
check: strace lint typing man coverage pictured verdicts

lint: $(VENV)/check.stamp
	@$(BIN)/ruff format --check . && $(BIN)/ruff check .

typing: $(VENV)/check.stamp
	@$(BIN)/mypy

man: $(VENV)/check.stamp
	@sh tests/man-lint.sh

coverage: $(VENV)/check.stamp
	@$(if $(COVER),,$(BIN)/coverage erase)
	@$(BIN)/coverage run -m pytest -q -n auto $(if $(COVER),-m 'long and not thorough')
	@$(BIN)/coverage combine -q
	@$(BIN)/coverage report

pictured: $(VENV)/check.stamp
	@$(BIN)/python -m tests.picture --check

verdicts: $(VENV)/check.stamp
	@sh tests/verdicts.sh "$(abspath $(BIN))"

## runners   every runner, the real one, on a small project; what can't be had here is counted
runners: $(VENV)/test.stamp
	@sh tests/runners/run.sh "$(abspath $(BIN))"

## cheats    every cheat that we know of; CHEATS=thorough: only those that take too long for `make check`
cheats: $(VENV)/test.stamp
	@$(BIN)/python -m pytest -q -n auto -m '$(CHEATS)' tests/cheats

## laws      the laws of the workflow and of trails, with 2,000 examples each
laws: $(VENV)/test.stamp
	@HYPOTHESIS_PROFILE=thorough nice $(BIN)/python -m pytest -q -n auto -m '' tests/core \
		tests/trail/test_forks.py tests/trail/test_damage.py tests/trail/test_contract.py

## contract  trails over every transport of git, and forges against their own descriptions, on loopback
contract: $(VENV)/test.stamp
	@sh tests/forge/contract.sh "$(abspath $(BIN))"
	@$(BIN)/python -m pytest -q -n auto -m '' tests/trail/test_transports.py tests/forge/test_contract.py

## fuzz      ten minutes of the processor on what takes trails apart; FUZZ="SECONDS SEED"
fuzz: $(VENV)/test.stamp
	@$(BIN)/python -m pip install -q atheris && $(BIN)/python -m tests.fuzz.trails $(FUZZ)
	@$(BIN)/python -m tests.fuzz.keep

## truth     verdicts on commits of six public projects, held against labels; TRUTH_MIRROR=FOLDER has clones
truth: $(VENV)/test.stamp
	@nice $(BIN)/python -m tests.truth

## bench     the figures of DESIGN section 8, side by side in one run; FULL=1: a range of more commits
bench: $(VENV)/peers.stamp
	@FULL=$(FULL) ONESHOT_OUTSIDE=$(abspath $(VENV))/outside $(BIN)/python -m benchmarks

# What others made to do a part of this, and is compared; rows of what can't be had here say 'absent'.
$(VENV)/peers.stamp: tests/runners/outside.sh | $(VENV)/test.stamp
	@sh tests/runners/outside.sh "$(abspath $(BIN))" $(VENV)/outside 'husky lefthook' \
		'pre-commit prek git-annex dvc' && touch $@

## dist      the wheel
dist: $(VENV)/check.stamp
	@$(BIN)/python -m pip wheel -q --no-deps -w dist .

## install   into the environment of $(PYTHON)
install:
	@$(PYTHON) -m pip install .

## clean     everything that make made
clean:
	@rm -rf $(VENV) build dist *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz

$(VENV)/bin/python:
	@sh tests/venv.sh "$(PYTHON)" $(VENV)

# As a line in a .pth: what setuptools puts there by itself costs each process of this Python 14 ms.
EDITABLE := --config-settings editable_mode=compat -e

$(VENV)/test.stamp: setup.cfg pyproject.toml | $(VENV)/bin/python
	@$(BIN)/python -m pip install -q $(EDITABLE) '.[test]' && touch $@

$(VENV)/check.stamp: $(VENV)/test.stamp
	@$(BIN)/python -m pip install -q $(EDITABLE) '.[test,check]' && touch $@
