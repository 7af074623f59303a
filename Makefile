# Every target does its own set-up first; when nothing changed that takes no time. See infra/setup.sh.
.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench bench-spam bench-kpi bench-kpi-tables bench-scale package weigh test-packages costs environment plan apply up lock clean
MAKEFLAGS += --no-print-directory
SHELL := /bin/bash
bin := .venv/bin
terraform = terraform -chdir=infra/terraform
planned = dist/$(ENVIRONMENT).tfplan
# Whatever is deployed beside the commit says so.
CODE_REVISION ?= $(shell git describe --always --abbrev=40 --exclude='*' --dirty)
# Names no package registry, nor passwords for one. In brackets, so that this line is not a finding itself.
registries := pypi[.]org|python[h]osted[.]org|registry[.](npmjs|terraform)[.]|crates[.]io|proxy[.]golang[.]org|index-url[ =]+[a-z]+:/

help: ## What can be made
	@sed -nE 's|^([a-z-]+):[^#]*## (.*)|\1\t\2|p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name text; do printf 'make %-17s %s\n' "$$name" "$$text"; done

setup: ## Make .venv and the emulator's environment; nothing to do when they are as pinned
	@infra/setup.sh

demo: setup ## Judge posts and check KPIs on this machine (ARGS="--short", ARGS="--keep")
	@$(bin)/sekisho demo $(ARGS)

# Three at once, for tests wait for servers half of their time; `-n 0` in ARGS runs them one by one, for a debugger.
test: setup ## Run all tests but the benchmarks (ARGS="-k webhook")
	@$(bin)/python -m pytest --ignore tests/benchmarks -n 3 --dist loadscope --no-loadscope-reorder --max-worker-restart 0 $(ARGS)

check: setup ## Lint, types, import rules, pins, Terraform
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports --no-logo
	$(bin)/python -m infra.pins
	@! git grep --untracked -nIiE '$(registries)' -- ':!infra/terraform/.terraform.lock.hcl' || { echo 'check: these lines name a package registry' >&2; exit 1; }
	@infra/check_terraform.sh

bench: setup ## Run the benchmarks of judging posts and KPIs
	@found=0; for script in tests/benchmarks/*.py; do [ -e "$$script" ] || continue; \
	  case "$$script" in */kpi.py | */kpi_tables.py | */scale.py | */spam.py) continue;; esac; found=1; \
	  echo "== $$script"; $(bin)/python "$$script" $(ARGS) || exit 1; done; \
	  [ $$found = 1 ] || echo "bench: no benchmarks yet (tests/benchmarks/*.py)"

bench-spam: ## Measure the filter beside its peers; fails below its targets (ARGS="--only quality --short")
	@infra/setup.sh bench-spam
	@PYTHONPATH=. OPENBLAS_NUM_THREADS=1 .local/venvs/bench-spam/bin/python tests/benchmarks/spam.py $(ARGS)

bench-kpi: setup ## Measure KPI detection beside textbook Prophet; fails below its targets (ARGS="--only quality --short")
	@OPENBLAS_NUM_THREADS=1 $(bin)/python tests/benchmarks/kpi.py $(ARGS)

bench-kpi-tables: setup ## Check 200 KPI tables of 10 KPIs on the local cloud (ARGS="--tables 20")
	@$(bin)/python tests/benchmarks/kpi_tables.py $(ARGS)

bench-scale: setup ## Put rising load on the local cloud: what it costs, as curves (ARGS="--short")
	@$(bin)/python tests/benchmarks/scale.py $(ARGS)

package: setup ## Pack every function into dist/, each named after what it holds
	@$(bin)/python -m infra.package $(ARGS)

weigh: setup ## Size, import time and memory of every function, held below limits (ARGS=judge_post)
	@$(bin)/python -m infra.weigh $(ARGS)

test-packages: setup ## Start every function from its archive with its own pins, and call it
	@$(bin)/python -m pytest --packaged -m smoke tests/functions $(ARGS)
	@$(bin)/python -m pytest tests/infra/test_function_pins.py

costs: setup ## What a month costs at three sizes, by list price (ARGS="--posts 5000 --tables 20")
	@$(bin)/python -m infra.costs $(ARGS)

environment:
	@case "$(ENVIRONMENT)" in dev | prod) ;; *) \
	  echo 'make: expected ENVIRONMENT=dev or ENVIRONMENT=prod, came "$(ENVIRONMENT)"' >&2; exit 1;; esac

plan: environment package ## What Terraform would change, kept in dist/ for apply (ENVIRONMENT=dev)
	@rm -f $(planned)
	$(terraform) init -input=false -reconfigure -backend-config=environments/$(ENVIRONMENT).backend
	$(terraform) plan -input=false -var-file=environments/$(ENVIRONMENT).tfvars -var code_revision=$(CODE_REVISION) -out=../../$(planned)
	@$(terraform) show -no-color ../../$(planned) >$(planned).txt

# That plan and nothing else; once. One made on another state than there is now Terraform refuses by itself.
apply: environment ## Carry out the plan that is in dist/, once it was read (ENVIRONMENT=dev)
	@[ -f $(planned) ] || { echo 'apply: expected $(planned), came none; run `make plan ENVIRONMENT=$(ENVIRONMENT)` and read it' >&2; exit 1; }
	$(terraform) init -input=false -reconfigure -backend-config=environments/$(ENVIRONMENT).backend
	$(terraform) apply -input=false ../../$(planned)
	@mv $(planned) $(planned).done

up: setup ## Start the whole local cloud and keep it up until Ctrl-C
	@$(bin)/sekisho up $(ARGS)

lock: setup ## Pin every environment anew from pyproject.toml (ARGS="--upgrade")
	@infra/lock.sh $(ARGS)

clean: ## Remove what make made: environments, emulators' data, caches
	rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
