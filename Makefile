# Everything a person does with a checkout. `make` lists it; each target does its own set-up in .venv.
PYTHON ?= python3
BIN := .venv/bin
export PYTHON

.PHONY: help setup venv test demo pyz lint bench bench-mesh eval soak sim llm docs lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: ## install CHORUS into .venv, from the lock files
	@build/venv.sh run
	@echo "CHORUS is ready: $(BIN)/chorus --help"

venv:
	@build/venv.sh test

test: venv ## run the tests (ARGS="-k journal" picks some)
	@$(BIN)/pytest -m "not soak and not llm" -n auto --maxprocesses 4 --dist loadscope $(ARGS)

demo: ## run the example projects through chorus, and show what happened
	@build/venv.sh run
	@$(BIN)/python contrib/demo/demo.py $(ARGS)

pyz: ## build dist/chorus.pyz, one file that does all of it
	@build/pyz.sh

lint: venv ## style, types and import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: venv pyz ## measure, and write docs/benchmarks.md
	@$(BIN)/python -m contrib.bench.run $(ARGS)

bench-mesh: ## the same for the mesh: half an hour
	@$(MAKE) -s bench ARGS="$(or $(ARGS),mesh)"

eval: venv ## repair tasks, frauds and faults through chorus (ARGS="--oracle" picks some)
	@$(BIN)/python -m contrib.eval $(ARGS)

soak: venv ## repeat the crash tests many times
	@$(BIN)/pytest -m soak $(ARGS)

sim: venv ## simulate meshes with faults (SEEDS=200; SEED=7 is one of them again, with its trace)
	@$(BIN)/python -m contrib.simulation $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),200))

llm: venv ## test providers and gateway with llama.cpp, official clients and an agent (fetches wheels)
	@$(BIN)/pytest -m llm $(ARGS)

docs: ## write docs/reference/ from the code
	@build/venv.sh run
	@$(BIN)/python -m contrib.reference

lock: ## regenerate the lock files from pyproject.toml
	@build/lock.sh

clean: ## remove what make made in this checkout
	rm -rf .venv .cache dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
