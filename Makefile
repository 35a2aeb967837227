# The commands of this repository. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# Compiled modules are kept, whatever the shell says: tests start hundreds of processes.
unexport PYTHONDONTWRITEBYTECODE
.SHELLFLAGS := -euo pipefail -c

STAMP := .venv/.setup-stamp
MANIFESTS := pyproject.toml uv.lock $(wildcard libs/*/pyproject.toml svc-*/pyproject.toml simulators/pyproject.toml infra/embedded/pyproject.toml cli/pyproject.toml)
# The environment is synchronised by the stamp; the commands themselves do not look for changes.
PYTHON := .venv/bin/python
STACK := $(PYTHON) -m gateway_embedded
# Narrow a test run: make test-fast T=svc-ipn/tests/unit
T ?=
ARGS ?=

# Before the environment exists there is nothing to run: a clean checkout needs only `make <target>`.
$(STAMP): $(MANIFESTS)
	@infra/embedded/setup.sh
	@touch $@

##@ Run it
.PHONY: setup up down status logs demo
setup: ## Install what is missing: uv, Python packages, system libraries (as root)
	@infra/embedded/setup.sh
	@touch $(STAMP)

up: $(STAMP) ## Start the whole gateway on this machine and wait until it is ready
	@$(STACK) up

down: $(STAMP) ## Stop it; data and ports are kept in .run
	@$(STACK) down

status: $(STAMP) ## What runs, since when, how often it was restarted
	@$(STACK) status

logs: $(STAMP) ## The logs: make logs, make logs P="svc-ipn svc-invoice"
	@$(STACK) logs --follow $(P)

demo: $(STAMP) ## Start it, make one payment, show each step, run until Ctrl-C (ARGS=--once: end all of it after the story)
	@$(STACK) demo $(ARGS)

##@ Check it
.PHONY: s3-server
s3-server: $(STAMP) ## Build the S3-compatible server that tests of the document store use (needs Go, minutes once)
	@$(PYTHON) -m gateway_testkit.s3_server

.PHONY: test test-fast test-int test-e2e test-nightly lint types
test: lint s3-server ## Everything: lint, types, unit, contract, integration and browser tests
	@$(MAKE) --no-print-directory -j2 types test-e2e
	@$(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not e2e"

test-fast: $(STAMP) ## The quick inner loop: no servers, no browser
	@$(PYTHON) -m pytest -q -m "not integration and not e2e" $(T)

test-int: $(STAMP) ## Tests against real MongoDB, NATS and Caddy
	@$(PYTHON) -m pytest -q -m integration $(T)

test-e2e: $(STAMP) ## The story through a started stack, with a browser
	@$(PYTHON) -m pytest -q -m e2e $(or $(T),tests/e2e)

test-nightly: $(STAMP) ## Further cases of stories, property tests and the state machine of payments with many new examples: hours (T narrows)
	@NIGHTLY=1 $(PYTHON) -m pytest -q -m nightly --timeout 0 $(T) || [ $$? = 5 ]
	@NIGHTLY=1 $(PYTHON) -m pytest -q --hypothesis-profile nightly --timeout 0 \
		$(or $(T),svc-transaction/tests/integration/test_state_machine.py svc-transaction/tests/unit libs/contracts/tests libs/providers/tests/unit tests/test_generated_bodies.py tests/integration/test_bad_values.py tests/integration/test_stored_texts.py svc-checkout-api/tests/integration/test_payment_form_in_browser.py tests/two_tenants/test_kill_loop.py svc-admin-api/tests/integration/test_event_tail.py)

lint: $(STAMP) ## Style, import rules, size limits, word list
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@PYTHONPATH=. .venv/bin/lint-imports --no-logo
	@$(PYTHON) tools/lint/sizes.py
	@$(PYTHON) tools/lint/persistence.py
	@$(PYTHON) tools/lint/words.py

types: $(STAMP) ## Strict type check, tests included
	@$(PYTHON) tools/check_types.py

##@ Change it
.PHONY: fmt schemas docs lifecycle errors events adr-index words new-service new-event
fmt: $(STAMP) ## Format and sort imports
	@.venv/bin/ruff check --fix --quiet . || true
	@.venv/bin/ruff format .

schemas: $(STAMP) ## Write the JSON Schemas and the broker's configuration again
	@$(PYTHON) tools/gen_schemas.py
	@$(PYTHON) -m gateway_embedded.nats_conf

new-service: $(STAMP) ## A service: make new-service NAME=svc-payouts TEXT="Payouts to merchants."
	@$(PYTHON) tools/new_service.py $(NAME) "$(or $(TEXT),A new service.)"

new-event: $(STAMP) ## An event: make new-event NAME=invoice.voided.v1 OWNER=svc-invoice
	@$(PYTHON) tools/new_event.py $(NAME) $(OWNER)

lifecycle: $(STAMP) ## Draw the lifecycle table into the docs
	@$(PYTHON) tools/gen_lifecycle.py

docs: schemas lifecycle errors events adr-index words ## Everything that is generated

errors: $(STAMP) ## Write the catalogue of error codes
	@$(PYTHON) tools/gen_errors.py

events: $(STAMP) ## Write the AsyncAPI document and the catalogue of events
	@$(PYTHON) tools/gen_events.py

adr-index: $(STAMP) ## Write the index of decisions
	@$(PYTHON) tools/gen_adr_index.py

words: $(STAMP) ## Write smaller counts of listed words (tools/lint/words.py)
	@$(PYTHON) tools/lint/words.py --update

##@ Measure it
.PHONY: bench bench-documents bench-lists bench-figures bench-rotation
bench: $(STAMP) ## Throughput and latency of webhooks and notifications
	@$(PYTHON) -m bench

bench-documents: $(STAMP) ## W5: documents beside bare WeasyPrint, stored documents as answers
	@$(PYTHON) -m bench.documents

bench-lists: $(STAMP) ## Lists, filters and details with 1,000,000 transactions; query plans
	@$(PYTHON) -m bench.lists $(ARGS)

bench-figures: $(STAMP) ## Figures of a period with 1,000,000 payments; query plans
	@$(PYTHON) -m bench.figures

bench-rotation: $(STAMP) ## Rotation of a data key over 10,000 documents under traffic, killed once
	@$(PYTHON) -m bench.rotation

##@ Help
.PHONY: help
help: ## This list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
