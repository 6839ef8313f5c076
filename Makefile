# Every task of the project; `make help` lists them. A task sets up what it needs first.

# The Python that .venv is made from: 3.11, 3.12 or 3.13.
PYTHON ?= python3
PORT ?= 8000
CLASS ?= classroom
BASE ?= HEAD

# TensorFlow's faster convolutions on every processor, as in convnets/__init__.py: a chapter may import TensorFlow first.
export TF_ENABLE_ONEDNN_OPTS ?= 1

# Copies of data sets, where there are some.
$(if $(wildcard ../shared/data/.),$(eval export CONVNETS_DATA ?= $(abspath ../shared/data)))

VENV := .venv
READY := $(VENV)/ready
RUN := $(VENV)/bin/python
BOOK := $(VENV)/bin/jupyter-book
# Compiled first, for one test sees to it that another's process writes nothing there. A crashed process ends the run
# with the name of its test, instead of a hang.
TESTS := $(RUN) -m compileall -q autograder convnets && \
  $(RUN) -m pytest --numprocesses auto --no-loadscope-reorder --max-worker-restart 0 --durations=10
COVERAGE := --cov=autograder --cov=convnets --cov-branch --cov-report=term --cov-report=html:_build/coverage
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

say := @printf '\n==> %s\n'

.PHONY: help page check serve test test-all demo book book-strict notebooks lint coverage colab pdf links setup clean

help:  ## list the tasks
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1\t/' | expand -t 14

# The stamp is newer than the files it depends on, so the environment is made again only when one of them changes.
$(READY): requirements.txt constraints.txt pyproject.toml
	$(say) "Setting up $(VENV): some minutes the first time, for a gigabyte of packages"
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "$(PYTHON) is $$($(PYTHON) --version 2>&1). Python 3.11, 3.12 or 3.13 is needed; say which: make PYTHON=python3.12 …" >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	@$(RUN) -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

page: notebooks  ## build one page of the book, as in make page PAGE=03-keras
	@test -n "$(PAGE)" || { echo "Say which: make page PAGE=03-keras" >&2; exit 1; }
	$(say) "Building $(PAGE); code that has not changed is not run again"
	@$(RUN) -m autograder book "$(PAGE)"

check: $(READY)  ## run what your change can break (since the last commit, or BASE=main)
	@$(RUN) -m autograder check --base "$(BASE)"

serve: $(READY)  ## show the built book at http://localhost:8000
	$(say) "The book is at http://localhost:$(PORT)/ until you press Ctrl-C"
	@$(RUN) -m http.server --bind localhost --directory _build/html $(PORT)

test: lint  ## run what every change must pass
	$(say) "Comparing notebooks/ with their sources"
	@$(RUN) -m autograder release --check
	$(say) "Running the tests; the book is built beside them"
	@$(TESTS)

test-all: lint  ## run everything there is, with coverage; takes an hour and a half
	$(say) "Comparing notebooks/ with their sources"
	@$(RUN) -m autograder release --check
	$(say) "Setting up .venv-colab with the versions that Colab has"
	@$(RUN) -m tests.colab_environment
	$(say) "Running the tests; the book is built beside them"
	@$(TESTS) --nightly $(COVERAGE)
	@.ci/as-a-normal-user

demo: book  ## build the book, grade the sample class, say where to look
	$(say) "Grading the sample class in $(CLASS)/: about half a minute"
	@$(RUN) -m autograder grade --class $(CLASS)
	$(say) "Done. Open these in a browser"
	@printf 'the book        %s\n' _build/html/book/index.html
	@printf 'class report    %s\n' $(CLASS)/report.html
	@printf 'one feedback    %s\n' "$$(grep -rlE --include='*.html' 'Hint[.:]' $(CLASS)/feedback | sort | head -n 1)"
	@printf 'or run          make serve\n'

book: notebooks  ## build the book into _build/html
	$(say) "Building the book: about five minutes the first time; then only changed code is run"
	@$(RUN) -m autograder book

book-strict: $(READY)  ## build the book; a warning is an error
	$(say) "Building the book; a warning is an error"
	@$(RUN) -m autograder book --strict

notebooks: $(READY)  ## make notebooks/ from book/ and solutions/
	$(say) "Making the notebooks that learners open: a few seconds"
	@$(RUN) -m autograder release

lint: $(READY)  ## check the style of all Python files, and who imports whom
	$(say) "Checking style"
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(VENV)/bin/lint-imports --no-logo

coverage: lint  ## say which lines of the packages `make test` does not run
	@$(TESTS) $(COVERAGE)

colab: $(READY)  ## run every notebook, and the grader, with Colab's versions (needs Python 3.13 and internet)
	$(say) "Setting up .venv-colab with the versions that Colab has"
	@$(RUN) -m tests.colab_environment
	$(say) "Running every notebook with them"
	@$(RUN) -m pytest tests/test_colab_versions.py --nightly --durations=30

pdf: notebooks  ## print the book into _build/pdf/book.pdf (needs Chromium)
	$(say) "Building the book as a single page and printing it"
	@$(BOOK) build . --builder singlehtml
	@$(RUN) book/_ext/pdf.py

links: $(READY)  ## look whether the links of the book still lead somewhere (needs internet)
	$(say) "Looking at every link"
	@$(BOOK) build . --builder linkcheck

setup: $(READY)  ## make .venv, where the rest runs

clean:  ## remove what was built; .venv stays
	$(say) "Removing what was built"
	@rm -rf _build .coverage .pytest_cache .ruff_cache .hypothesis .import_linter_cache build
	@git clean -fdXq $(CLASS)
