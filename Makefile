# The project's commands. `make` alone lists them; what they do is in setup/ and demo/.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
MAKEFLAGS += --no-print-directory --no-builtin-rules
.DEFAULT_GOAL := help

# The scripts' own words for where things lie, so that each is said once (setup/paths).
paths := . setup/paths;
# Only to have cargo find the server's headers when it is called from here.
export PGRX_HOME := $(shell $(paths) echo "$$PGRX_HOME")

define build_migrator
cargo build --locked --release --package migrator
endef

.PHONY: help
help: ## list these targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

.PHONY: demo
demo: ## set up, import the recorded conversations, and show what became of them
	@setup/install
	setup/extension
	$(build_migrator)
	setup/cluster start
	url=$$(setup/database demo | tail -n 1)
	demo/run "$$url"
	echo
	echo "make demo took $$SECONDS s."

.PHONY: test
test: ## set up and run every test
	@setup/install
	setup/extension
	$(build_migrator)
	setup/cluster start
	export PG_TRANSCRIPT_TEST_URL=$$(setup/cluster url)
	export PG_TRANSCRIPT_BIN=$$($(paths) echo "$$migrator")
	export PG_TRANSCRIPT_PGBOUNCER=$$(setup/pgbouncer)
	export PG_TRANSCRIPT_AGENTS_SDK=$$(setup/python demo/requirements.txt)
	cargo test --locked --package payload
	cargo test --locked --release --package migrator --package tests
	for data in ../shared/data/transcripts ../shared/data/redaction; do
		[[ -d $$data ]] || echo "ABSENT: $$data: the tests that read it were skipped"
	done
	echo "make test took $$SECONDS s."

.PHONY: bench
bench: ## set up and measure, beside the server's own functions and what one would use instead
	@setup/install
	setup/extension
	setup/extension tests/bench/jsonb_rival
	export PG_TRANSCRIPT_RIVALS=$$(setup/rivals)
	export PG_TRANSCRIPT_AGENTS_SDK=$$(setup/python demo/requirements.txt || true)
	$(build_migrator)
	setup/cluster start
	export PG_TRANSCRIPT_TEST_URL=$$(setup/cluster url)
	export PG_TRANSCRIPT_BIN=$$($(paths) echo "$$migrator")
	cargo run --locked --profile bench --package tests --bin bench
	echo "make bench took $$SECONDS s."

.PHONY: fuzz
fuzz: ## look for inputs that break the payload crate, FUZZ_SECONDS=60 per target
	@setup/fuzz

.PHONY: db
db: ## make database dev anew in the private cluster; the last line is its URL
	@setup/install
	setup/extension
	$(build_migrator)
	setup/cluster start
	setup/database dev

.PHONY: db-stop
db-stop: ## stop the private cluster
	@setup/cluster stop

.PHONY: demo-record
demo-record: ## record the demo's conversations again (needs Python 3.11 and PyPI)
	@setup/install
	setup/cluster start
	demo/record

.PHONY: fmt
fmt: ## format the Rust code
	@cargo fmt --all

.PHONY: lint
lint: ## check formatting, and clippy on everything, tests included
	@setup/install
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- --deny warnings

.PHONY: clean
clean: ## remove the private cluster and what was built
	@setup/cluster remove
	cargo clean --quiet
