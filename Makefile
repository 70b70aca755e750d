# Two commands: `make run` and `make test`. Each makes what it needs, once; `make` alone lists the rest.
# Variables: PYTHON, the Python to use; UPGRADE=--upgrade, for `make lock` to take the newest versions.
PYTHONS := $(or $(PYTHON),python3.13 python3.12 python3.11 python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps
MADE := $(VENV)/.made
ATLAS := node_modules/world-atlas/countries-50m.json
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links --quiet

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run test lint format lock openapi catalogue bench soak clean

help:  ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(MADE)/run  ## make the environment in .venv, with the command `registers` in it
	@echo "The environment is ready; $(BIN)/registers --help says what it can do."

run: $(MADE)/run $(MADE)/pages  ## load the registers that come with the project and serve them on 127.0.0.1:8000
	@$(BIN)/registers init
	@$(BIN)/registers load countries
	@$(BIN)/registers load uk-subdivisions
	@if [ -f $(ATLAS) ]; then $(BIN)/registers load country-areas $(ATLAS); else \
		echo "npm brought no boundaries of countries, so no place is known: docs/places.md says what to load."; fi
	@exec $(BIN)/registers serve

test: $(MADE)/test $(MADE)/pages  ## run the tests, on SQLite and on PostgreSQL where there is one
	@$(BIN)/python -m pytest --quiet --numprocesses logical

lint: $(MADE)/test  ## check style and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

format: $(MADE)/test  ## put the code into the project's style
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

soak: $(MADE)/test  ## run the long concurrency and kill tests, and draw anew what the tests draw by chance
	@REGISTERS_SOAK=1 $(BIN)/python -m pytest --quiet --numprocesses logical -m "soak or hypothesis" tests

bench: $(MADE)/test  ## measure speed and memory
	@$(BIN)/python -m tests.benchmarks

openapi: $(MADE)/run  ## write openapi.yaml again
	@$(BIN)/python -m api.openapi openapi.yaml

catalogue: $(MADE)/run  ## bring the translators' catalogues up to what the pages say
	@$(BIN)/python -m api.pages.languages.extracting

lock:  ## choose the versions in requirements*.txt again (for maintainers; needs uv)
	@$(COMPILE) $(UPGRADE) pyproject.toml --extra test --group audit --group build -o requirements-test.txt
	@$(COMPILE) pyproject.toml --group audit --group build -c requirements-test.txt -o requirements.txt
	@$(COMPILE) --group build -c requirements-test.txt -o requirements-build.txt

clean:  ## remove the environment and caches; the database stays
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info node_modules api/pages/static/made
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(MADE)/venv:
	@for python in $(PYTHONS); do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
		right=$$python; \
		$$python -c 'import ensurepip, venv' 2>/dev/null || continue; \
		echo "Making the environment in $(VENV) with $$($$python --version)."; \
		$$python -m venv --clear $(VENV) && mkdir -p $(MADE) && touch $@; exit; \
	done; \
	if [ -n "$$right" ]; then \
		echo "$$right cannot make environments: run apt install python3-venv, then this again." >&2; \
	else \
		echo "Python 3.11 or later is needed and was not found: install it, or say where it is with" \
			"make PYTHON=/path/to/python3" >&2; \
	fi; exit 1

# setuptools first and no build isolation: what is built here is built with pinned, hashed tools.
$(MADE)/run: requirements-build.txt requirements.txt pyproject.toml | $(MADE)/venv
	@echo "Installing the packages in requirements.txt; the first time takes about half a minute."
	@$(PIP) --require-hashes -r requirements-build.txt
	@$(PIP) --no-build-isolation --require-hashes -r requirements.txt
	@$(PIP) --no-build-isolation --editable .
	@touch $@

# Never a reason to stop: the pages can be read without it.
$(MADE)/pages: package.json package-lock.json api/pages/making.py api/pages/unbranding.py $(wildcard api/pages/static/*.js) | $(MADE)/run
	@if ! command -v npm >/dev/null; then \
		echo "npm is not here, so the pages for people are plain, without maps; the API is the same."; \
	elif npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null \
		&& $(BIN)/python -m api.pages.making node_modules; then \
		touch $@; \
	else \
		echo "npm could not install what they need, so the pages for people are plain, without maps; the API is the same."; \
	fi

$(MADE)/test: requirements-test.txt | $(MADE)/run
	@echo "Installing the test tools in requirements-test.txt."
	@$(PIP) --no-build-isolation --require-hashes -r requirements-test.txt
	@touch $@
