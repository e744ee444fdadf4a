# Two commands for a new clone: `make compare` and `make test`. Each sets up .venv when it must.

PYTHON ?= python3
JOBS ?= auto

VENV := .venv
NPM := $(shell command -v npm 2> /dev/null)
ESLINT := tests/report/node_modules
CONSTRAINTS := constraints.txt
RUN := $(VENV)/bin/python -m
# One thread a test process: processes share the cores better than torch's threads do.
# Each takes tests that follow each other, which share what they prepare, and helps when it is done.
PYTEST := OMP_NUM_THREADS=1 $(RUN) pytest -n $(JOBS) --maxprocesses 8 --dist worksteal

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help compare test test-slow test-oldest benchmark lint lint-page docs clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' Makefile
	@echo
	@echo "PYTHON=python3.12 names the interpreter for a new .venv, JOBS=2 the number of test processes."

compare: $(VENV)/.installed-compare  ## train everything on the sample; a table and a report
	@$(VENV)/bin/skfashion compare --jobs -1

test: $(VENV)/.installed-test  ## run the tests (minutes)
	@$(PYTEST) $(SELECT)

test-slow: $(VENV)/.installed-test  ## run the slow tests: whole trainings, full data, a browser
	@$(PYTEST) -m slow

test-oldest:  ## run the tests on the oldest versions allowed, all but torch
	@$(MAKE) --no-print-directory test VENV=.venv-oldest CONSTRAINTS=tests/oldest.txt \
	    SELECT="-m 'not slow and not any_version'"

benchmark: $(VENV)/.installed-compare  ## measure speed and memory, side by side with others
	@$(RUN) tests.benchmarks $(if $(KERAS),--keras $(KERAS)) $(ARGS)

lint: $(VENV)/.installed-test $(if $(NPM),lint-page)  ## check style and format, of JavaScript if npm is there
	@$(RUN) ruff check
	@$(RUN) ruff format --check
	@$(if $(NPM),,echo "The JavaScript of the report was not checked. $(NO_NPM)")

lint-page: $(ESLINT)/.installed  ## check the JavaScript of the pages, by eslint from npm
	@$(ESLINT)/.bin/eslint --config tests/report/eslint.config.js skfashion/report/page skfashion/playground/page

docs: $(VENV)/.installed-docs  ## run the examples and build the documentation: docs/_build/html
	@OMP_NUM_THREADS=1 $(RUN) sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "Open docs/_build/html/index.html"

clean:  ## remove .venv and what builds and tests leave; keep runs/
	rm -rf $(VENV) .venv-oldest $(ESLINT) build dist skfashion.egg-info
	rm -rf .pytest_cache .ruff_cache .coverage
	rm -rf docs/_build docs/gallery docs/generated
	find skfashion tests examples docs -type d -name __pycache__ -prune -exec rm -rf {} +

# Python compiles a module when it is first imported, unless it may not keep the result. pip would
# compile them all, for a minute or two.
COMPILE := $(if $(PYTHONDONTWRITEBYTECODE),--compile,--no-compile)

# A stamp is touched last, so what failed or was interrupted is done again.
define install
	@echo "Installing skfashion[$(1)] into $(VENV): some minutes the first time"
	@$(RUN) pip install -q $(COMPILE) -e '.[$(1)]' -c $(CONSTRAINTS) || $(call fail,$(NOT_INSTALLED))
endef

$(VENV)/.installed-compare: pyproject.toml $(CONSTRAINTS) $(VENV)/.created
	$(call install,hog)
	@touch $@

$(VENV)/.installed-test: pyproject.toml $(CONSTRAINTS) $(VENV)/.created
	$(call install,test)
	@touch $(VENV)/.installed-compare $@  # "test" has all that "hog" has

$(VENV)/.installed-docs: pyproject.toml $(CONSTRAINTS) $(VENV)/.created
	$(call install,docs)
	@touch $(VENV)/.installed-compare $@  # "docs" has all that "hog" has

$(ESLINT)/.installed: tests/report/package.json
	@$(if $(NPM),,$(call fail,$(NO_NPM)))
	@echo "Installing eslint into $(ESLINT)"
	@npm install --prefix $(dir $<) --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# A .venv that works is kept, whoever made it.
$(VENV)/.created:
	@$(RUN) pip --version > /dev/null 2>&1 || { \
	    $(PYTHON) -c '' 2> /dev/null || $(call fail,$(NO_PYTHON)); \
	    $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || $(call fail,$(TOO_OLD)); \
	    $(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || $(call fail,$(NO_VENV)); \
	    echo "Creating $(VENV) with $$($(PYTHON) --version)"; \
	    $(PYTHON) -m venv --clear $(VENV); \
	}
	@touch $@

fail = { echo "$(1)" >&2; exit 1; }
CHOOSE := or name one that you have: make PYTHON=/path/to/python $(or $(MAKECMDGOALS),test)
NO_PYTHON = There is no $(PYTHON) that runs here: install Python 3.11 or newer, $(CHOOSE)
TOO_OLD = skfashion needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1): \
install a newer one, $(CHOOSE)
NO_VENV = $(PYTHON) cannot make virtual environments: install its venv module \
(Debian and Ubuntu: apt install python3-venv), $(CHOOSE)
NO_NPM = There is no npm, which installs what checks it: install Node.js and npm \
(Debian and Ubuntu: apt install npm).
NOT_INSTALLED = The installation failed; pip says why above. When that is mended, run make again.
