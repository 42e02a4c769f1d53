# `make` lists the targets. The first one used installs uv (if missing) and the locked environment.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PORT ?= 8080
DATA ?= ../shared/mail
UV := $(shell command -v uv 2>/dev/null || echo .tools/uv/bin/uv)
PYTHON := .venv/bin/python
PYTEST := .venv/bin/pytest --numprocesses 2 \
	--cov=assistant.domain --cov=assistant.services --cov-branch --cov-fail-under=90 --cov-report=
export PYTHONPATH := layers/shared/python:.
export AWS CLAUDE PORT PROFILE QUEUE SANDBOX UV YES
# Tests start dozens of interpreters, none of which should compile what another has compiled.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.tools/uv/bin/uv:
	@echo "installing uv into .tools/uv" >&2
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "python3 3.11 or newer is needed" >&2; exit 1; }
	@python3 -m venv .tools/uv >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
		echo "installing Debian's python3-venv" >&2 && apt-get -qq update && apt-get -qq install python3-venv >/dev/null && \
		python3 -m venv .tools/uv; } || { echo "python3 cannot make a virtual environment: install python3-venv" >&2; exit 1; }
	@.tools/uv/bin/pip install --quiet --disable-pip-version-check uv

.venv/.synced: pyproject.toml uv.lock | $(filter .tools/%,$(UV))
	@echo "installing the locked environment into .venv" >&2
	@$(UV) sync --quiet --frozen
	@touch $@

install: .venv/.synced ## install uv and the locked environment

run: install ## start the assistant on this machine (PORT=8080 PROFILE=standard CLAUDE=double SANDBOX=1)
	@exec $(PYTHON) -m infra.local.run

arrive: install ## let a mail arrive in the sandbox: make arrive MAIL=urgent, or SUBJECT="..." BODY="..."
	@$(PYTHON) -m infra.local.sandbox.arrive "$(if $(filter command line,$(origin MAIL)),$(MAIL),urgent)"

token: install ## print a fresh token of the demo user, or of another: make token USER_ID=ann
	@$(PYTHON) -m infra.local.token $(if $(USER_ID),"$(USER_ID)")

deploy-local: install ## bring a change into the running local assistant
	@$(PYTHON) -m infra.local.deploy

invoke: install ## run one function on one event: make invoke F=triage_email E=events/http/triage_email.json
	@$(PYTHON) -m infra.local.invoke $(F) $(if $(E),"$(E)")

redrive: install ## show dead letters and why they are there: make redrive QUEUE=mailboxes (YES=1 puts them back; AWS=1)
	@$(PYTHON) -m infra.redrive

triage: install ## triage a real mailbox through the running assistant: make triage MBOX=path
	@$(PYTHON) -m infra.local.triage_mailbox $(if $(MBOX),"$(MBOX)")

clean: ## remove all local state and builds
	@[ ! -e .local/run.lock ] || flock --nonblock .local/run.lock true || \
		{ echo "the assistant is running: stop it with Ctrl-C in its terminal" >&2; exit 1; }
	@rm -rf .local .build .bench cdk.out reports

format: install ## format and fix
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

check: install ## format, lint, types, import direction, unit and contract tests (a quarter of the generated examples)
	@.venv/bin/ruff format --check . && .venv/bin/ruff check .
	@.venv/bin/mypy --num-workers 2
	@.venv/bin/lint-imports
	@$(PYTEST) tests/unit tests/contract --hypothesis-profile quick

test: install ## all tests: unit, contract, infra and integration
	@$(PYTEST) tests

openapi: install ## write functions/serve_docs/openapi.json from the handlers
	@$(PYTHON) -m infra.openapi

sizes: install ## print the unzipped size of each layer and function
	@$(PYTHON) -m infra.build

synth: install ## synthesize both profiles into cdk.out (no credentials)
	@$(PYTHON) app.py

deploy: PROFILE ?= small
deploy: install ## deploy to the AWS account of your credentials (PROFILE=small or standard, ARGS="-c key=value")
	@$(PYTHON) -m infra.deploy $(ARGS)

train: install ## train the triage model: make train DATA=folder
	@$(PYTHON) -m training.train $(DATA)

eval: install ## cross-validate triage and draw its reliability: make eval DATA=folder (CLAUDE=1: with Claude, your key)
	@$(PYTHON) -m training.$(if $(CLAUDE),evaluate_claude,evaluate) $(DATA)

cost: install ## print what Claude costs a user and month: make cost DATA=folder
	@$(PYTHON) -m bench.cost $(DATA)

bench: install ## measure speed, cold start and memory beside bench/baseline.json (ONLY="calendar team", SAVE=1)
	@$(PYTHON) -m bench $(ONLY) $(if $(SAVE),--save)

.PHONY: help install run arrive token deploy-local invoke redrive triage clean format check test openapi sizes synth deploy train eval cost bench
