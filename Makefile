# One command per intention; CI runs the same ones.
PYTHON ?= python3
BIN := .venv/bin
PYTEST := $(BIN)/pytest --durations=25 --dist loadfile --no-loadscope-reorder  # slow files stand before many small ones

unexport PYTHONDONTWRITEBYTECODE  # tests start processes by the hundred, and each would compile its modules anew

IN_IMAGE := apprise charts claims dashboard login public reddit telegram traces  # the extras of the container's image

.PHONY: setup demo up test test-all check fix bench bench-language bench-pipeline bench-spikes bench-store bench-topics bench-growth bench-backtest bench-alerts bench-public bench-dashboard bench-sizing bench-claims bench-leads bench-live bench-warehouse bench-cluster bench-alike soak chaos editor lock screenshots check-clients check-deploy sbom
setup: .venv/ready
.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps -e .
	touch $@

demo: setup
	@$(BIN)/banwatch demo
up: setup
	@$(BIN)/banwatch up
test: setup  # in six minutes: the real broker, the real engine and one page in Chromium
	$(BIN)/python -m tests.prepare chromium
	$(PYTEST) -n 4 -m "not long" --ignore=tests/e2e
test-all: test  # and what takes long: whole stacks, Apache Kafka, kills, the browser's whole story
	$(BIN)/python -m tests.prepare kafka promtool
	$(PYTEST) -n 3 -m long
check: setup
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports
fix: setup
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .
bench: setup .venv/measured .venv/frameworks  # half an hour; the growth of the store takes most of it
	$(BIN)/python -m tests.benchmarks
bench-language bench-alike: .venv/measured
bench-pipeline: .venv/frameworks
bench-language bench-alike bench-pipeline bench-spikes bench-store bench-topics bench-growth bench-backtest bench-alerts bench-public bench-dashboard bench-sizing bench-claims bench-leads bench-live: bench-%: setup
	$(BIN)/python -m tests.benchmarks.$*
.venv/measured: tests/benchmarks/requirements.txt .venv/ready  # libraries that are only compared with, 100 MB
	$(BIN)/pip install --quiet --require-hashes --no-deps -r $<
	touch $@
.venv/frameworks: tests/benchmarks/frameworks.txt .venv/ready  # Bytewax and Quix Streams, in a folder of their own: 140 MB
	rm -rf $@
	$(BIN)/pip install --quiet --require-hashes --target $@ -r $<
	touch $@
bench-cluster: setup  # three brokers of Apache Kafka, 5,000 posts a second and every fault; needs root, Java and Maven
	$(BIN)/python -m tests.prepare kafka
	$(BIN)/python -m tests.benchmarks.cluster
bench-warehouse: setup  # ten minutes of readers and a writer, then what readers without manners cost the writer
	$(BIN)/python -m tests.benchmarks.warehouse_load
	$(BIN)/python -m tests.benchmarks.warehouse_attacks
soak: setup  # a week of a synthetic stream in two hours, through the embedded broker and through Apache Kafka
	$(BIN)/python -m tests.benchmarks.soak --kafka embedded
	$(BIN)/python -m tests.prepare kafka
	$(BIN)/python -m tests.benchmarks.soak --kafka apache
chaos: setup  # kill everything at random, with one to four workers, and compare the counts
	@$(BIN)/python -m tests.e2e.chaos
editor:  # after a change of dashboard/editor; needs Node 20 with npm
	cd dashboard/editor && npm ci --ignore-scripts --no-audit --no-fund && npm run build
screenshots: setup  # after a change of a page; the demo runs, and docs/images is written anew
	$(BIN)/python -m tests.screenshots
check-clients: setup  # JDBC and clickhouse-go against the embedded store; needs Java with Maven, and Go
	$(BIN)/python -m tests.clients
check-deploy: .venv/tools/ready  # the image's file, compose.yaml and the manifests, with what this machine has of tools
	$(BIN)/python -m tests.check_deploy
sbom: .venv/tools/ready  # what the image holds, as CycloneDX: dist/sbom.cdx.json
	mkdir -p dist
	.venv/tools/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-reproducible -o dist/sbom.cdx.json deploy/container/requirements.lock
.venv/tools/ready: deploy/container/tools.lock .venv/ready
	$(PYTHON) -m venv .venv/tools
	.venv/tools/bin/pip install --quiet --require-hashes -r $<
	touch $@
lock:  # after a change of dependencies; needs uv
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras --group dev --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-deps --no-header --no-emit-index-url --no-emit-find-links tests/benchmarks/requirements.in -o tests/benchmarks/requirements.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links tests/benchmarks/frameworks.in -o tests/benchmarks/frameworks.txt
	uv pip compile --quiet --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --python-version 3.13 --python-platform linux --constraints requirements.lock $(addprefix --extra ,$(IN_IMAGE)) pyproject.toml -o deploy/container/requirements.lock
	uv pip compile --quiet --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --universal --python-version 3.11 deploy/container/tools.in -o deploy/container/tools.lock
