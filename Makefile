# Everything that is done with this repository. `make` alone explains itself.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
GO_DIRS := cmd internal static web
# The race detector watches every test run, also the server in the browser tests.
GO_TEST := go test -race -shuffle=on
ARGS ?=

.PHONY: help
help: ## show this
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9_-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  ARGS="…" is handed on to the server (run, dev), to go test (e2e, faults) or to bench, as in: make e2e ARGS="-run QR -v"'

.PHONY: run
run: ## start the server with its data in ./drumroll-data
	go run ./cmd/drumroll $(ARGS)

.PHONY: dev
dev: node_modules ## the same, rebuilt, restarted and reloaded in the browser at each change
	.ci/dev $(ARGS)

.PHONY: storybook
storybook: ## serve every state of every view from fixtures, without a backend
	go run ./internal/storybook

.PHONY: build
build: ## one static binary, bin/drumroll
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/drumroll ./cmd/drumroll

.PHONY: generate
generate: node_modules ## rebuild what is generated and committed: templ's Go files, static/dist, openapi.json
	go tool templ generate -log-level=warn
	npm run --silent build
	go run ./internal/contract/openapi

.PHONY: test
test: ## install what the tests need, then run all of them: races, real Redis, real browsers
	@.ci/need test
	@start=$$SECONDS; $(MAKE) --no-print-directory unit e2e faults-short; \
	echo "make test: everything passed in $$((SECONDS - start)) s"

.PHONY: unit
unit: node_modules ## all tests but the ones with browsers
	$(GO_TEST) ./...
	cd bench && $(GO_TEST) ./...
	@.ci/node-tests

.PHONY: e2e
e2e: node_modules ## the real binary, real browsers and a real Redis
	$(GO_TEST) -tags e2e -timeout 30m $(ARGS) ./internal/e2e/...

.PHONY: e2e-balanced
e2e-balanced: node_modules ## the same, all of it on two nodes behind the load balancer
	DRUMROLL_E2E_BEHIND=haproxy $(MAKE) --no-print-directory e2e

# Most of a fault's time is waiting, so more run at once than there are cores.
.PHONY: faults-short
faults-short: ## break what it stands on in the middle of a burst, each fault once
	$(GO_TEST) -tags e2e -timeout 10m -parallel 6 ./internal/faults $(ARGS)

.PHONY: faults
faults: ## each fault with several seeds and a bigger crowd; prints a table (ARGS='-fault NAME -seed N' replays)
	@.ci/need faults
	go test -tags e2e,faults -count=1 -timeout 60m -v ./internal/faults -long $(ARGS)
	$(if $(ARGS),,@$(MAKE) --no-print-directory rolling-restart)

.PHONY: rolling-restart
rolling-restart: ## restart three nodes in turn under 3,000 phones, and print where they went
	@.ci/need test
	DRUMROLL_E2E_PHONES=3000 go test -tags e2e -count=1 -v -run '^TestRollingRestart$$' ./internal/e2e

.PHONY: faults-broken
faults-broken: ## break three invariants on purpose, and show that the faults catch each
	@.ci/need faults
	@.ci/faults-broken $(ARGS)

.PHONY: lint
lint: node_modules ## format, vet, linters, and whether what is generated is up to date
	@.ci/lint

.PHONY: bench
bench: build ## the real binary against baselines, as ratios, with budgets and verdicts (Linux, two cores, 12 minutes)
	cd bench && go build -trimpath -o ../bin/bench .
	bin/bench -server bin/drumroll -json bin/bench.json $(ARGS)

.PHONY: bench-arena
bench-arena: build ## 100,000 simulated phones at seven nodes on one Redis (Linux, 16 GB of memory, five minutes)
	cd bench && go build -trimpath -o ../bin/bench .
	bin/bench -server bin/drumroll -rows arena $(ARGS)

.PHONY: bench-go
bench-go: ## Go benchmarks of the fold, the draw, the logs and the replica
	go test -run '^$$' -bench . -benchmem ./internal/...

.PHONY: screenshots
screenshots: node_modules ## take the README's pictures (docs/screenshots)
	go test -tags e2e,screenshots -count=1 -run '^TestScreenshots$$' ./internal/e2e

node_modules: package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch node_modules
