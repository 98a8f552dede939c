# Two commands for a newcomer: `make demo` and `make test`. Everything else is for whoever builds Tocsin.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo
DATA := ../shared/data# real sets that are not part of the project, for bars

.PHONY: demo demo-stop demo-campaign test test-slow test-spark bars lint types imports check docs lock bundle clean

$(VENV)/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Tocsin needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $@

demo: $(VENV)/ready demo-stop ## set up, run a node on an exercise, feed it live, print what it found and where to look
	rm -rf $(DEMO)
	mkdir $(DEMO)
	$(BIN)/python -m tools.demo_node $(DEMO)

demo-stop: ## end the node that the demo left running
	@test ! -f $(DEMO)/node.pid || { kill $$(cat $(DEMO)/node.pid) 2>/dev/null; rm -f $(DEMO)/node.pid; }

demo-campaign: $(VENV)/ready ## fourteen months with a campaign in them: write, scan, compare with the answer key
	rm -rf $(DEMO)-campaign
	$(BIN)/tocsin exercise albania-2022 --out $(DEMO)-campaign/albania-2022 --seed 1
	$(BIN)/tocsin evaluate $(DEMO)-campaign/albania-2022 --lake $(DEMO)-campaign/lakes
	$(BIN)/tocsin scan $(DEMO)-campaign/albania-2022/velmora-gov --organisation "Government of Velmora" \
		--lake $(DEMO)-campaign/lakes/Government_of_Velmora --report $(DEMO)-campaign/report.html > $(DEMO)-campaign/incidents.txt
	@echo
	@echo "Open $(CURDIR)/$(DEMO)-campaign/report.html in a browser: the incidents of the government; incidents.txt beside it has them as text."
	@echo "The logs are in $(DEMO)-campaign/albania-2022, the answer key is $(DEMO)-campaign/albania-2022/ground-truth.json."
	@echo "The lakes of the four members are in $(DEMO)-campaign/lakes; docs/exercise.md tells the campaign, docs/evaluate.md the words."

test: $(VENV)/ready ## the tests, up to 10 minutes on 2 cores
	$(BIN)/python -m pytest -m "not slow and not spark" -n 2 --dist loadfile

test-slow: $(VENV)/ready .venv-peer/ready test-spark ## kill tests, every bar's code shortened, Spark
	$(BIN)/python -m pytest -m slow
	$(BIN)/python -m benchmarks.exactness --cases
	$(BIN)/python -m benchmarks.scan --short
	$(BIN)/python -m benchmarks.rollups --short
	$(BIN)/python -m benchmarks.analytics --short
	$(BIN)/python -m benchmarks.live --short
	$(BIN)/python -m benchmarks.live_kill --short

test-spark: .venv-spark/ready ## the same findings on Spark with two workers, and views on Spark; needs Java 17
	@java -version >/dev/null 2>&1 || { echo "Spark needs Java 17: apt-get install openjdk-17-jre-headless" >&2; exit 1; }
	.venv-spark/bin/python -m pytest -m spark tests/spark

.venv-spark/ready: requirements.lock benchmarks/requirements-spark.txt pyproject.toml
	$(PYTHON) -m venv .venv-spark
	.venv-spark/bin/python -m pip install --quiet --require-hashes --requirement requirements.lock
	.venv-spark/bin/python -m pip install --quiet --requirement benchmarks/requirements-spark.txt
	.venv-spark/bin/python -m pip install --quiet --no-deps --editable .
	touch $@

.venv-peer/ready: benchmarks/requirements-peer.txt
	$(PYTHON) -m venv .venv-peer
	.venv-peer/bin/python -m pip install --quiet --requirement benchmarks/requirements-peer.txt
	touch $@

bars: $(VENV)/ready .venv-peer/ready ## every bar at full size; figures go to docs/benchmarks.md; names at the end those that were missed
	@missed=; bar() { echo "benchmarks.$$*"; $(BIN)/python -m benchmarks.$$* || missed="$$missed $$1"; }; \
	bar exactness; bar scan; bar kill; bar range; bar rollups; bar analytics; bar detection --data $(DATA); \
	bar scenarios --rules; bar beacons --data $(DATA)/zeek; bar store; bar alerts --data $(DATA); bar live --way push; \
	bar live --way tail; bar live --twice; bar live_kill; bar duty; \
	test -z "$$missed" || { echo "missed:$$missed" >&2; exit 1; }

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

bundle: $(VENV)/ready ## one directory that installs and upgrades a machine without a network: [RULES=DIR] [KEY=FILE] [PYTHONS="3.11 3.12"]
	$(BIN)/python -m tools.bundle $(if $(RULES),--rules "$(RULES)") $(if $(KEY),--key "$(KEY)") $(if $(PYTHONS),--pythons $(PYTHONS))

clean:
	rm -rf $(VENV) $(DEMO) $(DEMO)-campaign
