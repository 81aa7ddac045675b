# Tuanju: two commands do everything on a fresh machine: `make run` and `make test`.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
export TUANJU_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/tuanju
# Compiled dependencies are shared by all checkouts of this machine.
export CARGO_TARGET_DIR ?= $(TUANJU_CACHE)/target
# What only the next change of the same checkout would use takes more room than everything else.
export CARGO_INCREMENTAL ?= 0
ADDR ?= 127.0.0.1:3000
_ := $(shell CARGO_TARGET_DIR='$(CARGO_TARGET_DIR)' .ci/own.sh)

.PHONY: help run test build front lint bench bench-feed prove dev arrows tests-built rust-tests browser-tests weight pages

help:
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: build ## install what is missing, build, serve the demo on http://127.0.0.1:3000
	exec target/release/tuanju demo --addr $(ADDR)

build: ## leaves target/release/tuanju, which runs alone
	.ci/tools.sh build
	$(MAKE) front
	@printf '\033[1m==>\033[0m server (release)\n'
	cargo build --release -p server
	@mkdir -p target/release
	@cmp -s "$(CARGO_TARGET_DIR)/release/tuanju" target/release/tuanju || cp -f "$(CARGO_TARGET_DIR)/release/tuanju" target/release/tuanju

front:
	.ci/front.sh

test: ## everything: format, lints, arrows, rules, use cases on both databases, browsers, weight
	.ci/tools.sh test
	# Most of the front end is linked on one core; the other one looks at the rest meanwhile.
	$(MAKE) -j2 front lint tests-built
	$(MAKE) build
	$(MAKE) rust-tests
	$(MAKE) browser-tests
	$(MAKE) weight
	$(MAKE) pages
	$(MAKE) prove
	@printf '\033[1m==>\033[0m all green\n'

lint: arrows ## format, clippy, the arrows between the rooms
	cargo fmt --all --check
	cargo clippy --all-targets --quiet
	cargo clippy -p web --target wasm32-unknown-unknown --quiet --target-dir "$(CARGO_TARGET_DIR)/front"

arrows:
	.ci/arrows.sh

tests-built: lint
	cargo test --no-run --quiet --test tests --test push --test webrtc

rust-tests:
	cargo test --quiet

browser-tests:
	cd end2end && npx playwright test

weight:
	node .ci/weight.mjs

pages:
	node .ci/pages.mjs

bench-feed: build ## what our ranking of the feed is worth, against what is popular and against neighbours
	target/release/tuanju evaluate

bench: build ## ratios against baselines of the same run (BENCH_PRODUCTS=1000000 for the long growth)
	cargo build --release --quiet -p server --example static --example disk
	node .ci/bench.mjs

prove: build ## disasters, races, forged callbacks: what was acknowledged survives (PROVE=long takes half an hour)
	cargo build --release --quiet -p server --example prove --example disk
	PROVE_LENGTH='$(PROVE)' .ci/prove.sh "$(CARGO_TARGET_DIR)/release/examples/prove"

dev: export CARGO_INCREMENTAL = 1
dev: ## build again and serve again on every change
	.ci/dev.sh
