#!/usr/bin/env bash
# Prints the path of uv: the pinned one of the development requirements, which any python3's pip can install
# (hash-checked, into .local/tools), else one on PATH. Exits 1, silently, where there is neither: pip then does it.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=$PWD/.local/tools
pin=$(sed -n '/^uv==/,/[^\\]$/p' infra/requirements/dev.txt)
version=$(sed -nE '1s/^uv==([^ ;]+).*/\1/p' <<<"$pin")

is_pinned() { [ "$("$1" --version 2>/dev/null | cut -d' ' -f2)" = "$version" ]; }

if is_pinned "$tools/bin/uv"; then echo "$tools/bin/uv"; exit; fi

on_path=$(type -P uv || true)
if [ -n "$on_path" ] && is_pinned "$on_path"; then echo "$on_path"; exit; fi

mkdir -p "$tools"
echo "$pin" >"$tools/uv.txt"
while read -r python; do
  # --target needs neither a virtual environment nor a say in the system's packages.
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --upgrade \
    --target "$tools" -r "$tools/uv.txt" >"$tools/pip.log" 2>&1 </dev/null || continue
  if is_pinned "$tools/bin/uv"; then echo "$tools/bin/uv"; exit; fi
done < <(type -aP python3.13 python3 python || true)

if [ -n "$on_path" ] && "$on_path" --version >/dev/null 2>&1; then echo "$on_path"; exit; fi
exit 1
