#!/usr/bin/env bash
# Prints the path of a Python 3.13 that really runs: the version of the functions' runtime (python313).
# Asked in this order: $SEKISHO_PYTHON, python3.13 and python3 on PATH, pyenv's versions, uv's own download.
# pyenv's shims are on PATH without a version chosen, so every candidate is run, not just looked for.
set -euo pipefail
cd "$(dirname "$0")/.."

is_3_13() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1 </dev/null; }

candidates() {
  local folder pyenv=${PYENV_ROOT:-${HOME:-}/.pyenv}
  for name in python3.13 python3; do
    # Every one on PATH: a broken shim in front must not hide the real one behind it.
    type -aP "$name" || true
  done
  for folder in "$pyenv"/versions/3.13*/; do
    echo "${folder}bin/python3.13"
  done
}

if [ -n "${SEKISHO_PYTHON:-}" ]; then
  is_3_13 "$SEKISHO_PYTHON" && { echo "$SEKISHO_PYTHON"; exit; }
  echo "find_python: SEKISHO_PYTHON: expected a Python 3.13, '$SEKISHO_PYTHON' is not one" >&2
  exit 1
fi

while read -r candidate; do
  is_3_13 "$candidate" && { echo "$candidate"; exit; }
done < <(candidates)

if uv=$(infra/find_uv.sh); then
  # Inside the checkout, so that it is found again whatever HOME is.
  export UV_PYTHON_INSTALL_DIR=$PWD/.local/python
  "$uv" python install --quiet --no-bin 3.13 >/dev/null 2>&1 </dev/null || true
  downloaded=$("$uv" python find --no-project --managed-python 3.13 2>/dev/null || true)
  [ -n "$downloaded" ] && is_3_13 "$downloaded" && { echo "$downloaded"; exit; }
fi

echo "find_python: expected Python 3.13 on PATH, under pyenv or by uv's download, found none;" \
  "install it or set SEKISHO_PYTHON=/path/to/python3.13" >&2
exit 1
