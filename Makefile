# Every command of the project. `make` alone lists them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3.11
VENV := .venv
PY := $(VENV)/bin/python
UV := $(PY) -m uv pip
UV_VERSION := 0.13.8
CODE := $(wildcard app.py cli.py) pages components api core storage bench docs samples tests
TYPED := core storage $(wildcard api components cli.py)
ARGS ?=

.PHONY: help setup run test check fix bench docs requirements clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.ready ## Create .venv with everything the workbench needs

run: $(VENV)/.ready ## Start the workbench on http://127.0.0.1:8501
	@exec $(PY) cli.py serve $(ARGS)

test: $(VENV)/.ready-test $(if $(findstring not browser,$(ARGS)),,browser) ## Run every test (ARGS="-k words --long" are for pytest)
	@$(PY) -m pytest $(ARGS)

check: $(VENV)/.ready-test ## Format, lint, types, import contracts, sizes
	@$(PY) -m ruff format --check $(CODE)
	@$(PY) -m ruff check $(CODE)
	@$(PY) -m mypy $(TYPED)
	@$(VENV)/bin/lint-imports
	@$(PY) -m pytest -q tests/test_shape.py

fix: $(VENV)/.ready-test ## Format, and mend what the linter can mend
	@$(PY) -m ruff format $(CODE)
	@$(PY) -m ruff check --fix $(CODE)

bench: $(VENV)/.ready-test ## Print the figures of this machine (ARGS="search pdf", BENCH_PDF=file.pdf)
	@$(PY) -m bench $(ARGS)

docs: $(VENV)/.ready ## Write the generated pages of docs/ anew
	@$(PY) -m docs.generate

requirements: $(VENV)/.ready ## Pin requirements.txt and requirements-test.txt anew from their .in files
	@$(UV) compile -q requirements.in -o requirements.txt --universal --python-version 3.11 --custom-compile-command "make requirements"
	@$(UV) compile -q requirements-test.in -o requirements-test.txt --universal --python-version 3.11 --custom-compile-command "make requirements"

clean: ## Remove .venv and caches; the data folder stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis bench/out tests/browser/shots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: browser
browser: $(VENV)/.ready-test
	@$(PY) -m bench.chromium

# uv installs the same pins as pip in a tenth of the time; where it cannot (a mirror known to pip alone), pip does it.
define install
	@$(UV) install -q --system-certs $(1) || { echo "uv could not; pip tries."; $(PY) -m pip install -q --disable-pip-version-check $(1); }
endef

$(PY):
	@command -v $(PYTHON) > /dev/null || { echo "Python 3.11 is needed, and $(PYTHON) is not there. Install it (Debian: apt install python3.11 python3.11-venv) or name yours: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(v != (3, 11) and "Python 3.11 is needed; $(PYTHON) is %d.%d." % v)'
	@echo "Creating $(VENV)."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.txt | $(PY)
	@echo "Installing requirements.txt (about 1.2 GB on disk; a minute, more on a slow line)."
	@$(PY) -m pip --version > /dev/null 2>&1 || $(PY) -m ensurepip > /dev/null
	@$(PY) -m uv --version 2> /dev/null | grep -qF ' $(UV_VERSION)' || $(PY) -m pip install -q --disable-pip-version-check uv==$(UV_VERSION)
	$(call install,-r requirements.txt)
	@touch $@

$(VENV)/.ready-test: requirements-test.txt $(VENV)/.ready
	@echo "Installing requirements-test.txt."
	$(call install,-r requirements-test.txt)
	@touch $@
