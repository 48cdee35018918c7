# The verbs of this project; `make help` lists them.
# One configuration and one set of flags for demo, tests and checks, so that they share a build.

SHELL := /bin/bash
.DEFAULT_GOAL := help
BUILD_FLAGS := --explicit-target-dependency-import-check error
BIN := .build/debug
RELEASE := .build/release

.PHONY: help
help: ## List the verbs.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## (.*)/  \1|\2/' | column -t -s '|'

.PHONY: setup
setup: ## Install what is missing (Debian and Ubuntu packages).
	@scripts/setup build

.PHONY: build
build: setup ## Build everything, tests too.
	swift build $(BUILD_FLAGS) --build-tests

# What the verbs below run, without the tests.
.PHONY: programs
programs: setup
	@swift build $(BUILD_FLAGS) --product relink
	@swift build $(BUILD_FLAGS) --product relink-device

.PHONY: release
release: setup ## Build the program in release, for everything that computes.
	swift build $(BUILD_FLAGS) -c release --product relink

.PHONY: demo
demo: programs ## Play the whole story of scenarios/two-homes.yaml.
	@$(BIN)/relink demo scenarios/two-homes.yaml

.PHONY: test
test: build ## Run all tests.
	swift test $(BUILD_FLAGS) --skip-build

.PHONY: test-clients
test-clients: programs ## Test with third-party clients (Python packages in .venv).
	@scripts/setup clients
	.venv/bin/python -m pytest -q -p no:cacheprovider Tests/Clients
	RELINK=$(BIN)/relink .venv/bin/python -m pytest -q -p no:cacheprovider examples/test_relink.py

.PHONY: test-api
test-api: programs ## Test both listeners against their OpenAPI documents with schemathesis.
	@scripts/setup clients
	.venv/bin/python Tests/Clients/openapi_run.py

.PHONY: embedded
embedded: setup ## Check that the device's core compiles for a Cortex-M4.
	swift build --target DeviceCore --triple armv7em-none-none-eabi --scratch-path .build/embedded \
	  -Xswiftc -wmo -Xswiftc -enable-experimental-feature -Xswiftc Embedded

.PHONY: lint
lint: ## Check format, imports and the project's own rules.
	swift format lint --strict --parallel --recursive Package.swift Sources Tests
	@scripts/check-imports
	@scripts/check-standards

.PHONY: format
format: ## Format the sources.
	swift format --in-place --parallel --recursive Package.swift Sources Tests

.PHONY: docs
docs: programs ## Make the references of scenario files and of the API from what reads and serves them.
	@$(BIN)/relink scenario schema scenarios/scenario.schema.json
	@$(BIN)/relink scenario reference docs/scenarios.md
	@$(BIN)/relink api reference docs/api.md

.PHONY: bench
bench: release ## Measure, in a release build; prints a table and JSON (BENCH_SECONDS=3, BENCH_SESSIONS=10000000, BENCH_DECEMBER=240000).
	swift build $(BUILD_FLAGS) -c release --product relink-device
	@$(RELEASE)/relink bench --seconds $(or $(BENCH_SECONDS),3) \
	  --sessions $(or $(BENCH_SESSIONS),10000000) --december $(or $(BENCH_DECEMBER),240000)

.PHONY: bench-peers
bench-peers: release ## Measure beside Glewlwyd, Authlib and nginx, which it installs (BENCH_SECONDS=4, BENCH_ROUNDS=3, BENCH_TOKENS=2400000).
	@scripts/setup peers
	@.venv-peers/bin/python benchmarks/peers.py --seconds $(or $(BENCH_SECONDS),4) \
	  --rounds $(or $(BENCH_ROUNDS),3) --tokens $(or $(BENCH_TOKENS),2400000)

.PHONY: simulate
simulate: release ## Run all scenarios under 100 seeds each and explore 10,000 seeds (SEEDS=N).
	@$(RELEASE)/relink test scenarios --seeds 100
	@$(RELEASE)/relink simulate --seeds $(or $(SEEDS),10000)

.PHONY: scenarios-real
scenarios-real: programs ## Run the scenarios marked so with real processes, and compare both ways.
	@$(BIN)/relink test scenarios --way both

.PHONY: determinism
determinism: programs release ## Check that a seed is one journal, in debug, release and on threads.
	@scripts/check-determinism

.PHONY: mutants
mutants: setup ## Show that the simulation catches each planted bug.
	RELINK_PLANTED_BUGS=1 swift build -c release --scratch-path .build/mutants --product relink-mutants
	@.build/mutants/release/relink-mutants --seeds $(or $(SEEDS),2000)

.PHONY: clean
clean: ## Remove what was built.
	rm -rf .build .venv .venv-peers
