# `make run` and `make test` need Python 3.11 or newer and nothing else; `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
MAKEFLAGS += --no-print-directory

PORT ?= 8501
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input install --quiet
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev

.PHONY: help run test bench lint format clean

help:
	@echo "make run     the dashboard on http://localhost:$(PORT) (PORT=... for another)"
	@echo "make test    lint, types, security and all tests, with coverage"
	@echo "make bench   side-by-side ratios against what one would run instead"
	@echo "make lint    ruff, mypy and bandit alone"
	@echo "make format  ruff, fixing what it can"
	@echo "make clean   remove what builds and tests leave behind (not .venv, cache or artifacts)"

run: $(RUN_STAMP)
	@echo "labelaudit is on http://localhost:$(PORT) (Ctrl+C stops it)"
	@$(PY) -m streamlit run Home.py --server.port $(PORT)

test: lint
	@chromium="$$(.ci/chromium $(PY))" && export CHROMIUM="$$chromium" && \
	  $(PY) -m pytest -m "not browser" -n logical --dist loadfile --cov && $(PY) -m pytest -m browser

bench: $(DEV_STAMP)
	@$(PY) -m benchmarks

lint: $(DEV_STAMP)
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@$(PY) -m bandit --quiet --configfile pyproject.toml --recursive labelaudit pages Home.py

format: $(DEV_STAMP)
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

clean:
	@rm -rf build dist htmlcov test-results .coverage .coverage.* .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than the files it was made from, so packages are installed only when those changed.
$(RUN_STAMP): requirements.txt pyproject.toml | $(PY)
	@echo "Installing packages into $(VENV) (a few minutes the first time)"
	@$(PIP) -r requirements.txt -e .
	@touch $@

$(DEV_STAMP): requirements.txt requirements-dev.txt pyproject.toml | $(PY)
	@echo "Installing packages and test tools into $(VENV) (a few minutes the first time)"
	@$(PIP) -r requirements-dev.txt -e .
	@touch $(RUN_STAMP) $@

# Names on PATH can be shims that lead nowhere, so each candidate has to run.
$(PY):
	@for python in $(PYTHON) python3.11 python3.12 python3.13 python3 python; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "labelaudit needs Python 3.11 or newer and found none on PATH; install one from https://python.org" >&2; exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$found has no venv module; on Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; \
	fi; \
	echo "Making $(VENV) with $$($$found --version)"; \
	$$found -m venv --clear $(VENV)
