# The first target that needs .venv makes it, once.
#   make PYTHON=/path/to/python3.12 test    chooses the interpreter (3.10 or newer)
SHELL = /bin/sh
PYTHON =
VENV = .venv
PY = $(VENV)/bin/python
READY = $(VENV)/.ready
# The packages that only the tests in a browser need.
BROWSER = $(VENV)/.browser
ARGS =
BENCHES = bench-hook bench-startup bench-page bench-drain bench-edits bench-scale bench-memory bench-reconcile

.DEFAULT_GOAL = help
.PHONY: help demo play test whole mutants ui torture flood check format package shots bench bench-check trip $(BENCHES) setup clean

help:
	@echo "make demo         shows the plugin at work, against a Stash and a Plex in a box"
	@echo "make test         runs all tests with coverage (ARGS='-k word' are arguments for pytest)"
	@echo "make whole        runs the same tests on more: 10,000 scenes, 500 jobs, 3,000 random cases"
	@echo "make mutants      makes 45 mistakes in the product, one by one: does a test catch each?"
	@echo "make ui           presses every button of the page in Chromium"
	@echo "make torture      kills the plugin 300 times, in ten minutes at most (ARGS='--seed 7' repeats one)"
	@echo "make flood        sends thousands of events at once and in a row"
	@echo "make check        checks lint, format and types"
	@echo "make format       formats the sources"
	@echo "make play         starts a Stash and a Plex to play with (ARGS='--scenes 50 --page')"
	@echo "make shots        draws the pictures of the README (needs Chromium and npm)"
	@echo "make picture      draws docs/images/architecture.svg from the imports"
	@echo "make words        lists sentences that a stranger has to read twice (ARGS='plex/sync')"
	@echo "make package      builds dist/Stash2Plex.zip and dist/index.yml"
	@echo "make bench        measures everything, in about 15 minutes, and writes docs/performance.md"
	@echo "make bench-check  measures, and fails when a ratio is worse than its record"
	@echo "make bench-hook   measures one: hook startup page drain edits scale memory reconcile (ARGS='1000 100000')"
	@echo "make trip         counts the files that one edited title goes through"
	@echo "make setup        makes .venv only"
	@echo "make clean        removes everything that these commands made, also .venv"

demo: $(READY)
	@$(PY) -m devserver.demo $(ARGS)

play: $(READY)
	@$(PY) -m devserver $(ARGS)

# ARGS run a part of the tests. Its coverage says nothing about the whole, so it is not measured.
test: $(READY)
	@$(PY) -m pytest $(if $(ARGS),$(ARGS),-n 4 --dist worksteal --cov --cov-report=term)

whole: $(READY)
	@STASH2PLEX_WHOLE=1 $(PY) -m pytest $(if $(ARGS),$(ARGS),-n 2 --dist worksteal)

mutants: $(READY)
	@$(PY) -m tests.mutants $(ARGS)

# Needs Chromium, npm and some minutes, so `make test` does not include it.
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

# These need an idle machine, so `make test` does not include them.
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

$(READY): requirements.txt requirements-notify.txt requirements-dev.txt scripts/venv.sh
	@sh scripts/venv.sh "$(VENV)" "$(PYTHON)"

$(BROWSER): $(READY) tests/ui/requirements.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-input -r tests/ui/requirements.txt
	@touch $@

clean:
	rm -rf $(VENV) node_modules dist build htmlcov .coverage .coverage.* .pytest_cache .ruff_cache .mypy_cache .hypothesis .cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
