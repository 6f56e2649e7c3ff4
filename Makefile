# Kabinet. `make` or `make help` lists what can be done; ARGS=… is passed on to pytest by `make test`.
.DEFAULT_GOAL := help
.PHONY: help run test test-faults check env lint format types laws lock front messages pictures bench clean
SETUP := @tools/bootstrap.sh
ENV := .venv/bin

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

run: ## install, build, migrate, load demo data and serve on http://127.0.0.1:5000 (PORT=… changes it)
	$(SETUP) base front messages && exec $(ENV)/kabinet serve

test: ## run every test, in both profiles, on real servers (ARGS='-k money' picks some)
	$(SETUP) dev front messages && exec $(ENV)/python -m tests.servers $(ENV)/python -m pytest $(ARGS)

test-faults: ## kill every process and server in turn for three minutes, and hold all stores to one count
	$(SETUP) dev front messages && KABINET_FAULT_SECONDS=180 exec $(ENV)/python -m tests.servers $(ENV)/python -m pytest -q tests/faults $(ARGS)

check: env lint types laws ## check the environment, then style, types and the laws of the house

env: ## check versions, tools, ports and settings: what is fine, what is missing, how to get it
	$(SETUP) dev front messages && $(ENV)/python -m tools.environment

lint: ## check style (ruff)
	$(SETUP) dev && $(ENV)/ruff check . && $(ENV)/ruff format --check .

format: ## put style right where a machine can
	$(SETUP) dev && $(ENV)/ruff check --fix . && $(ENV)/ruff format .

types: ## check types (mypy, strict)
	$(SETUP) dev && $(ENV)/mypy

laws: ## check the directions of imports and the laws in tests/laws
	$(SETUP) dev front messages && $(ENV)/lint-imports && $(ENV)/python -m pytest -q tests/laws

lock: ## write requirements/*.txt anew from requirements/*.in (UPGRADE=--upgrade takes the newest)
	$(SETUP) dev && $(ENV)/python -m tools.lock $(UPGRADE)

front: ## build the front end into static/dist
	$(SETUP) base front

messages: ## collect the texts to translate into the catalogues and compile them
	$(SETUP) base && $(ENV)/python -m tools.messages

pictures: ## take the pictures of README.md anew, of the demo account (needs Chromium)
	$(SETUP) dev front messages && $(ENV)/python -m tools.screenshots

bench: ## measure the speeds Kabinet promises; prints a table
	$(SETUP) dev front messages && $(ENV)/python -m bench

clean: ## remove what was built (instance/, the data, stays)
	rm -rf .venv node_modules static/dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
