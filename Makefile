# People's entry points. Each creates what it needs in .venv and asks only the package registry.
PYTHON ?= python3
BIN := .venv/bin
AS_OF := 2026-11-22

.PHONY: demo test golden api view owl bench lint soak mutants all clean

demo: .venv/run
	$(BIN)/aims-graph what-else iso42001:10.2 --role provider --as-of $(AS_OF)

test: .venv/dev
	$(BIN)/pytest -n auto

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/aims-graph lint

all: lint test

api: .venv/dev
	$(BIN)/aims-graph serve

view: .venv/dev
	$(BIN)/aims-graph view iso42001:10.2 --role provider --as-of $(AS_OF)

owl: .venv/dev
	$(BIN)/aims-graph owl

golden: .venv/dev
	PYTHONPATH=tests $(BIN)/python tests/golden.py

bench: .venv/dev
	$(BIN)/python -m benchmarks.run

soak: .venv/dev
	PYTHONPATH=tests $(BIN)/python -m soak.random_pairs
	PYTHONPATH=tests $(BIN)/python -m soak.edits
	PYTHONPATH=tests:. $(BIN)/python -m soak.checking
	PYTHONPATH=tests $(BIN)/python -m soak.durability
	PYTHONPATH=tests $(BIN)/python -m soak.queries
	PYTHONPATH=tests $(BIN)/python -m soak.generated_requests
	PYTHONPATH=tests $(BIN)/python -m soak.service
	PYTHONPATH=tests $(BIN)/python -m soak.service --kill
	PYTHONPATH=tests $(BIN)/python -m soak.remote_store

mutants: .venv/mutants/bin/cosmic-ray
	PYTHONPATH=tests $(BIN)/python -m soak.mutants

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or later is needed; set PYTHON=")'
	$(PYTHON) -m venv .venv

.venv/run: .venv/bin/python pyproject.toml requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/dev: .venv/bin/python pyproject.toml requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@ .venv/run

.venv/mutants/bin/cosmic-ray: .venv/dev requirements-soak.txt
	$(BIN)/python -m venv .venv/mutants
	.venv/mutants/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-soak.txt
	@touch $@

clean:
	rm -rf .venv build dist
