# Everything here sets itself up: the first target that needs it makes .venv, once.
#   make PYTHON=/path/to/python3.12 test    chooses the interpreter (3.10 or newer)
SHELL = /bin/sh
PYTHON =
VENV = .venv
PY = $(VENV)/bin/python
READY = $(VENV)/.ready
# What only the tests in a browser need.
BROWSER = $(VENV)/.browser
ARGS =
BENCHES = bench-hook bench-startup bench-page bench-drain bench-scale bench-memory bench-reconcile

.DEFAULT_GOAL = help
.PHONY: help demo play test whole ui torture flood check format package shots bench bench-check trip $(BENCHES) setup clean

help:
	@echo "make demo         shows the whole of it at work, against a Stash and a Plex in a box"
	@echo "make test         runs all tests with coverage (ARGS='-k word' hands pytest something)"
	@echo "make whole        the same tests on more: 10,000 scenes, 500 jobs, 3,000 random cases"
	@echo "make ui           presses every button of the page in Chromium"
	@echo "make torture      kills the plugin 300 times, in ten minutes at most (ARGS='--seed 7')"
	@echo "make flood        thousands of events at once, in a row and again and again"
	@echo "make check        lint, format and types"
	@echo "make format       puts the sources into their format"
	@echo "make play         keeps the box up, to play with (ARGS='--scenes 50 --page')"
	@echo "make shots        draws the pictures of the README (needs Chromium and npm)"
	@echo "make picture      draws docs/images/architecture.svg from the imports"
	@echo "make words        lists sentences that a stranger has to read twice (ARGS='plex/sync')"
	@echo "make package      builds dist/Stash2Plex.zip and dist/index.yml"
	@echo "make bench        measures everything, in about 15 minutes, and writes docs/performance.md"
	@echo "make bench-check  measures, and fails when something has become worse than recorded"
	@echo "make bench-hook   one of them: hook startup page drain scale memory reconcile (ARGS='1000 100000')"
	@echo "make trip         counts the files that one edited title goes through"
	@echo "make setup        only makes .venv"
	@echo "make clean        removes what these have made, .venv too"

demo: $(READY)
	@$(PY) -m devserver.demo $(ARGS)

play: $(READY)
	@$(PY) -m devserver $(ARGS)

# With ARGS it runs a part, and then the coverage of the whole says nothing.
test: $(READY)
	@$(PY) -m pytest $(if $(ARGS),$(ARGS),-n 3 --dist worksteal --cov --cov-report=term)

whole: $(READY)
	@STASH2PLEX_WHOLE=1 $(PY) -m pytest $(if $(ARGS),$(ARGS),-n 2 --dist worksteal)

# Needs Chromium and npm, and some minutes: not a part of `make test`.
ui: $(BROWSER)
	@$(PY) -m pytest -n 2 tests/ui $(ARGS)

torture: $(READY)
	@$(PY) -m tests.torture $(ARGS)

flood: $(READY)
	@$(PY) -m tests.torture.flood $(ARGS)

check: $(READY)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	@sh scripts/prettier.sh --check

format: $(READY)
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .
	@sh scripts/prettier.sh --write

.PHONY: words picture
words: $(READY)
	@$(PY) scripts/english.py $(ARGS)

picture: $(READY)
	@$(PY) scripts/architecture.py

package: $(READY)
	@$(PY) scripts/package.py $(ARGS)

# Not a part of `make test`: these want a machine that does nothing else.
bench: $(READY)
	@$(PY) tests/bench/all.py $(ARGS)

bench-check: $(READY)
	@$(PY) tests/bench/all.py --check $(ARGS)

$(BENCHES): bench-%: $(READY)
	@$(PY) tests/bench/$*.py $(ARGS)

trip: $(READY)
	@$(PY) tests/bench/trip.py $(ARGS)

shots: $(BROWSER)
	@$(PY) -m tests.ui.shots $(ARGS)

setup: $(READY)

$(READY): requirements.txt requirements-dev.txt scripts/venv.sh
	@sh scripts/venv.sh "$(VENV)" "$(PYTHON)"

$(BROWSER): $(READY) tests/ui/requirements.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-input -r tests/ui/requirements.txt
	@touch $@

clean:
	rm -rf $(VENV) node_modules dist build htmlcov .coverage .coverage.* .pytest_cache .ruff_cache .mypy_cache .hypothesis .cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
