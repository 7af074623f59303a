# Every target does its own set-up first; when nothing changed that takes no time. See infra/setup.sh.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench bench-kpi-tables up lock clean
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
bin := .venv/bin
# Names no package registry, nor passwords for one. In brackets, so that this line is not a finding itself.
registries := pypi[.]org|python[h]osted[.]org|registry[.](npmjs|terraform)[.]|crates[.]io|proxy[.]golang[.]org|index-url[ =]+[a-z]+:/

help: ## What can be made
	@sed -nE 's|^([a-z-]+):[^#]*## (.*)|\1\t\2|p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do printf 'make %-17s %s\n' "$$name" "$$text"; done

setup: ## Make .venv and the emulator's environment; nothing to do when they are as pinned
	@infra/setup.sh

demo: setup ## Judge posts and check KPIs on this machine (ARGS="--short", ARGS="--keep")
	@$(bin)/sekisho demo $(ARGS)

test: setup ## Run all tests but the benchmarks (ARGS="-k webhook")
	@$(bin)/python -m pytest --ignore tests/benchmarks $(ARGS)

check: setup ## Lint, types, import rules, pins, Terraform
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports --no-logo
	$(bin)/python -m infra.pins
	@! git grep --untracked -nIiE '$(registries)' || { echo 'check: these lines name a package registry' >&2; exit 1; }
	@[ ! -d infra/terraform ] || [ ! -x ../shared/tools/terraform/check ] || ../shared/tools/terraform/check infra/terraform

bench: setup ## Run the benchmarks of judging posts and KPIs
	@found=0; for script in tests/benchmarks/*.py; do [ -e "$$script" ] || continue; \
	  [ "$$script" != tests/benchmarks/kpi_tables.py ] || continue; found=1; \
	  echo "== $$script"; $(bin)/python "$$script" $(ARGS) || exit 1; done; \
	  [ $$found = 1 ] || echo "bench: no benchmarks yet (tests/benchmarks/*.py)"

bench-kpi-tables: setup ## Check 200 KPI tables of 10 KPIs on the local cloud (ARGS="--tables 20")
	@$(bin)/python tests/benchmarks/kpi_tables.py $(ARGS)

up: setup ## Start the whole local cloud and keep it up until Ctrl-C
	@$(bin)/sekisho up $(ARGS)

lock: setup ## Pin every environment anew from pyproject.toml (ARGS="--upgrade")
	@infra/lock.sh $(ARGS)

clean: ## Remove what make made: environments, emulators' data, caches
	rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
