# damsight: each target does its own set-up on a fresh machine that has Python 3.11+ and make.
# TORCH=cpu takes the CPU build of torch where its index can be reached; the default is what PyPI offers.
# ARGS=... is passed on, as in: make demo ARGS=--once
SHELL := /bin/sh
PYTHON ?= python3
TORCH ?= default
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
READY_DEMO := $(VENV)/.ready-demo-$(TORCH)
READY_DEV := $(VENV)/.ready-dev-$(TORCH)

# GNU OpenMP spins while it waits; on cores shared with Kafka and Elasticsearch that costs several times the work.
export OMP_WAIT_POLICY := PASSIVE

# A new environment holds nothing compiled, and torch with transformers takes 10 s to compile: once, not in each process.
unexport PYTHONDONTWRITEBYTECODE

# What computes and what mostly waits for servers, side by side: in turn they left half of two cores idle. Together they
# are pyproject's testpaths, which a test holds; --ignore would not do, since pytest takes those as given by name.
COMPUTING := tests/unit tests/contract tests/e2e
WAITING := tests/integration tests/faults
FIRST_LANE = $(MAKE) --no-print-directory check && VENV=$(VENV) scripts/helm.sh >/dev/null && \
  $(BIN)/python -m pytest $(COMPUTING)
SECOND_LANE = $(BIN)/python -m pytest -o cache_dir=.pytest_cache/second_lane $(WAITING)

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast check format bench bench-peers bench-gpu faults hostile chart lock clean

help:  ## what can be made
	@grep -E '^[a-z-]+:.*##' $(firstword $(MAKEFILE_LIST)) | sed -E 's/^([a-z-]+):[^#]*## */  make \1\t/' | expand -t 22

demo: $(READY_DEMO)  ## real Kafka, real Elasticsearch, the sample library, the search page (ARGS=--once, ARGS='--folder ~/Pictures')
	@$(BIN)/damsight demo $(ARGS)

test: $(READY_DEV)  ## linters, types, import contracts and every test, against real servers
	@scripts/system-packages.sh chromium tesseract
ifeq ($(strip $(ARGS)),)
	@$(BIN)/python scripts/side_by_side.py "$(FIRST_LANE)" "$(SECOND_LANE)"
else
	@VENV=$(VENV) scripts/helm.sh >/dev/null
	@$(MAKE) --no-print-directory check
	@$(BIN)/python -m pytest $(ARGS)
endif

test-fast: $(READY_DEV)  ## the tests that need no server
	@scripts/system-packages.sh tesseract
	@VENV=$(VENV) scripts/helm.sh >/dev/null
	@$(BIN)/python -m pytest -m "not integration and not e2e" $(ARGS)

check: $(READY_DEV)  ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

format: $(READY_DEV)  ## ruff's fixes and formatting
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY_DEV)  ## the measurements; results go to bench/results/
	@$(BIN)/python bench/ingest.py $(ARGS)
	@$(BIN)/python bench/search.py $(ARGS)
	@$(BIN)/python bench/growth.py $(ARGS)
	@$(BIN)/python bench/recall.py $(ARGS)
	@$(BIN)/python bench/relevance.py $(ARGS)
	@$(BIN)/python bench/delivery.py $(ARGS)
	@$(BIN)/python bench/lanes.py
	@$(BIN)/python bench/restarts.py
	@$(BIN)/python bench/encode.py
	@$(BIN)/python bench/fidelity.py
	@$(BIN)/python bench/memory.py
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python bench/standing.py

bench-peers: $(READY_DEV)  ## against infinity_emb, in an environment of its own (needs some 6 GB more)
	@$(BIN)/python bench/infinity.py $(ARGS)

bench-gpu: $(READY_DEV)  ## what the encoders make of a GPU; says so where there is none
	@$(BIN)/python bench/gpu.py $(ARGS)

faults: $(READY_DEV)  ## the long proof: 300 faults, 200,000 events, 25 minutes (ARGS='--seed 7 --minutes 17')
	@PYTHONPATH=tests $(BIN)/python -m faults.long_run $(ARGS)

hostile: $(READY_DEV)  ## 5,000 hostile requests, drawn from the API's own description
	@DAMSIGHT_TEST_REQUESTS=5000 $(BIN)/python -m pytest tests/integration/test_hostile_requests.py -q $(ARGS)

chart: $(READY_DEV)  ## lint, render and validate helm/damsight
	@VENV=$(VENV) scripts/helm.sh >/dev/null
	@$(BIN)/python -m pytest tests/unit/helm $(ARGS)

lock: $(READY_DEV)  ## pin every dependency anew, with hashes
	@scripts/lock.sh

clean:  ## remove what was made in this folder (the user cache stays)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY_DEMO): requirements.lock pyproject.toml scripts/setup.sh
	@PYTHON=$(PYTHON) VENV=$(VENV) TORCH=$(TORCH) scripts/setup.sh requirements.lock
	@touch $@

$(READY_DEV): requirements-dev.lock pyproject.toml scripts/setup.sh
	@PYTHON=$(PYTHON) VENV=$(VENV) TORCH=$(TORCH) scripts/setup.sh requirements-dev.lock
	@touch $@ $(READY_DEMO)
