#!/usr/bin/env bash
# Pins every environment with hashes, all from one resolution: first everything together (infra/requirements/dev.txt),
# then each function's own group held to those same versions. No index or link is named in any of the files.
# Usage: infra/lock.sh [--upgrade]
set -euo pipefail
cd "$(dirname "$0")/.."
uv=${UV:-.venv/bin/uv}
export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1} # trust what the machine trusts, as pip and git do
command -v "$uv" >/dev/null || { echo "lock: no uv at '$uv'; run 'make setup' first, or set UV=/path/to/uv" >&2; exit 1; }

compile() { # OUTPUT OPTIONS…
  echo "lock: $1"
  "$uv" pip compile --quiet --universal --python-version 3.13 --generate-hashes \
    --no-header --no-annotate --no-emit-index-url --no-emit-find-links --output-file "$@" >/dev/null
}

compile infra/requirements/dev.txt --group pyproject.toml:dev "$@"

constraints=$(mktemp --suffix=.txt)
trap 'rm -f "$constraints"' EXIT
sed -nE 's/^([A-Za-z0-9_.-]+==[^\\]+)\\?$/\1/p' infra/requirements/dev.txt >"$constraints"
for main in functions/*/main.py; do
  name=$(basename "$(dirname "$main")")
  compile "functions/$name/requirements.txt" --group "pyproject.toml:$name" --constraint "$constraints"
done

# Benchmarks judge beside their peers with the versions that are deployed.
compile infra/requirements/bench-spam.txt --group pyproject.toml:bench_spam --constraint "$constraints"

# The emulator of BigQuery lives in an environment of its own: DuckDB's pins are its business alone.
compile infra/requirements/local-bigquery.txt infra/requirements/local-bigquery.in "$@"

# What `make check` compares, so that nobody edits pins or forgets to make them.
.venv/bin/python -m infra.pins --write
