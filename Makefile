# Each target does the set-up that it needs: the environment here, the rest in `labs`.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
.PHONY: help replay up down status doctor lint test test-all test-slow test-part test-bare labs exercises clean

# For the table of .ci/run: what begins now.
begins = @if [ -n "$$CI_TIMES" ]; then echo "$$(date +%s) $(1)" >>"$$CI_TIMES"; fi

help: ## what can be typed here
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

lab-%: .venv ## run one lab, with all that it needs: make lab-selfhealing
	@$(BIN)/labs run $*

labs: .venv ## list the labs and their claims
	@$(BIN)/labs list

replay: .venv ## a recorded run as it happened; needs no Docker
	@$(BIN)/labs replay

exercises: .venv ## list the exercises, and how far you have come
	@$(BIN)/labs exercise list

up: .venv ## have the cluster running
	@$(BIN)/labs up

down: .venv ## remove the cluster
	@$(BIN)/labs down

status: .venv ## is the cluster ready?
	@$(BIN)/labs status

doctor: .venv ## what this host has and lacks
	@$(BIN)/labs doctor

clean: .venv ## remove what this project made here
	@$(BIN)/labs clean

lint: .venv ## style, types, layers
	$(call begins,lint)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

test: lint ## all tests but the slow ones: first without a daemon, then on the real engine and cluster
	$(call begins,tests without a daemon)
	@$(BIN)/pytest -q tests/unit tests/labs
	$(call begins,set-up of engine and cluster)
	@$(BIN)/labs up
	@$(BIN)/labs images
	$(call begins,tests on engine and cluster)
	@$(BIN)/pytest -q tests/contract tests/e2e -m "not slow"

test-all: test test-slow ## the slow ones too: damage, interruptions, two at once, clean

test-slow: .venv ## only the slow ones
	@$(BIN)/pytest -q tests/contract tests/e2e -m slow

test-part: .venv ## one part of the slow ones and of the labs, of those in tests/parts.py: make test-part PART=0
	@$(BIN)/python tests/parts.py --name "$(PART)" >/dev/null
	@$(BIN)/labs up
	@$(BIN)/labs images
	@$(BIN)/python tests/parts.py --run "$(PART)"

test-bare: .venv ## in a Debian container with nothing installed: clone, then make lab-selfhealing
	@$(BIN)/pytest -q -s tests/bare

.venv: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed, $$($(PYTHON) --version 2>&1) was found. Try: make PYTHON=python3.12" >&2; exit 4; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && [ "$$LABS_INSTALL" != never ]; then \
	    echo "Installing python3-venv" >&2; apt-get -qq update && apt-get -qq -y --no-install-recommends install python3-venv >/dev/null; \
	  else echo "Python's venv module is missing. Try: sudo apt-get install python3-venv" >&2; exit 4; fi; }
	@echo "Making .venv from requirements.lock" >&2
	@rm -rf .venv && $(PYTHON) -m venv .venv
	@$(BIN)/pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch .venv
