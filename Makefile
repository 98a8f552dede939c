# Two commands for a newcomer: `make demo` and `make test`. Everything else is for whoever builds Tocsin.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo

.PHONY: demo test test-slow bars lint types imports check docs lock clean

$(VENV)/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Tocsin needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

demo: $(VENV)/ready ## set up, generate a small exercise, scan it, say where the report is
	rm -rf $(DEMO)
	$(BIN)/tocsin exercise windows-intrusion --out $(DEMO)/windows --seed 7 --events 6000
	$(BIN)/tocsin exercise network-intrusion --out $(DEMO)/network --seed 7 --events 6000
	$(BIN)/tocsin scan $(DEMO)/windows/windows $(DEMO)/network/network --lake $(DEMO)/lake --report $(DEMO)/report.html
	@echo
	@echo "Open $(CURDIR)/$(DEMO)/report.html in a browser. The answer key is in $(DEMO)/*/ground-truth.json."

test: $(VENV)/ready ## the tests, up to 10 minutes on 2 cores
	$(BIN)/python -m pytest -m "not slow" -n 2 --dist loadfile

test-slow: $(VENV)/ready .venv-peer/ready ## kill tests, every bar's code shortened
	$(BIN)/python -m pytest -m slow
	$(BIN)/python -m benchmarks.exactness --cases
	$(BIN)/python -m benchmarks.scan --short
	$(BIN)/python -m benchmarks.rollups --short

.venv-peer/ready: benchmarks/requirements-peer.txt
	$(PYTHON) -m venv .venv-peer
	.venv-peer/bin/python -m pip install --quiet --requirement benchmarks/requirements-peer.txt
	touch $@

bars: $(VENV)/ready .venv-peer/ready ## every bar at full size; figures go to docs/benchmarks.md
	$(BIN)/python -m benchmarks.exactness
	$(BIN)/python -m benchmarks.scan
	$(BIN)/python -m benchmarks.kill
	$(BIN)/python -m benchmarks.range
	$(BIN)/python -m benchmarks.rollups
	$(BIN)/python -m benchmarks.beacons

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/ready
	$(BIN)/mypy src

imports: $(VENV)/ready
	$(BIN)/lint-imports

check: lint types imports

docs: $(VENV)/ready ## regenerate the documents that are made from code
	$(BIN)/python -m tocsin.lake.views_docs
	$(BIN)/python tools/analytics_docs.py
	$(BIN)/python tools/command_docs.py
	$(BIN)/python -m tocsin.lake.rollups_docs

lock: ## pin all dependencies anew (needs uv)
	uv pip compile pyproject.toml --extra dev --generate-hashes --python-version 3.11 --universal -o requirements.lock

clean:
	rm -rf $(VENV) $(DEMO)
