#!/usr/bin/env bash
# Makes the two virtual environments of a checkout, or leaves them as they are when nothing changed:
#   .venv                        what develops, tests and drives Sekisho, with the command `sekisho`
#   .local/venvs/local-bigquery  BigQuery's emulator: DuckDB's pins are its business alone
# and where it is named (infra/setup.sh bench-spam):
#   .local/venvs/bench-spam      the filter beside those it is measured against, who come nowhere else
# Each carries a stamp of what it was made from, written last: an interrupted install is not taken for done.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-1} # trust what the machine trusts, as pip and git do

main() {
  mkdir -p .local/venvs
  exec 9>.local/setup.lock
  flock 9 # two makes at once must not install into one another

  prepare .venv infra/requirements/dev.txt install_sekisho pyproject.toml
  prepare .local/venvs/local-bigquery infra/requirements/local-bigquery.txt install_duckdb_extensions
  for named in "$@"; do
    prepare ".local/venvs/$named" "infra/requirements/$named.txt" true
  done
}

prepare() { # VENV REQUIREMENTS AND_THEN [OTHER FILES THAT MATTER…]
  local venv=$1 requirements=$2 and_then=$3 wanted started=$SECONDS
  # The folder counts too: scripts in a virtual environment name it, so a moved checkout needs new ones.
  wanted=$({ echo "$root"; cat infra/setup.sh "$requirements" "${@:4}"; } | sha256sum | cut -d' ' -f1)
  if [ "$(cat "$venv/.made-from" 2>/dev/null)" = "$wanted" ] && runs "$venv/bin/python"; then return; fi

  echo "setup: $venv from $requirements …"
  rm -f "$venv/.made-from"
  find_tools
  if ! runs "$venv/bin/python" || moved "$venv"; then
    rm -rf "$venv"
    make_venv "$venv"
  fi
  install "$venv" "$requirements"
  "$and_then" "$venv"
  echo "$wanted" >"$venv/.made-from"
  echo "setup: $venv is ready ($((SECONDS - started)) s)"
}

runs() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1; }

moved() { ! grep -qsF "$root/$1" "$1/bin/activate"; }

find_tools() {
  [ -z "${python:-}" ] || return 0
  python=$(infra/find_python.sh)
  uv=$(infra/find_uv.sh || true)
  echo "setup: $("$python" --version) at $python, installing with ${uv:-pip}"
}

make_venv() { # VENV
  if [ -n "$uv" ]; then
    "$uv" venv --quiet --no-project --python "$python" "$1"
  else
    "$python" -m venv "$1"
  fi
}

install() { # VENV REQUIREMENTS
  if [ -n "$uv" ]; then
    "$uv" pip sync --quiet --python "$1/bin/python" --require-hashes "$2"
  else
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$2"
  fi
}

# Editable, so that .venv/bin/sekisho runs the checkout; built by the pinned hatchling, nothing else is fetched.
install_sekisho() { # VENV
  if [ -n "$uv" ]; then
    "$uv" pip install --quiet --python "$1/bin/python" --no-deps --no-build-isolation --editable .
  else
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
  fi
}

# DuckDB looks for extensions under HOME and would else download them when the emulator starts. Here they come
# from the pinned packages and live in the environment, whose `local-bigquery` says so: any HOME, no network.
install_duckdb_extensions() { # VENV
  local venv=$root/$1
  HOME=$venv "$venv/bin/python" - <<'PYTHON'
from duckdb_extensions import import_extension

for name in ("ducklake", "icu", "spatial", "httpfs", "avro"):
    import_extension(name, force_install=True)
PYTHON
  cat >"$venv/bin/local-bigquery.new" <<SCRIPT
#!/bin/sh
# Written by infra/setup.sh: DuckDB finds its extensions under HOME, and they are in this environment.
HOME='$venv' exec '$venv/bin/python' -c 'from local_bigquery.cli import main; main()' "\$@"
SCRIPT
  chmod +x "$venv/bin/local-bigquery.new"
  mv "$venv/bin/local-bigquery.new" "$venv/bin/local-bigquery"
}

main "$@"
