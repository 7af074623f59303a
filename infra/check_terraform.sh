#!/usr/bin/env bash
# Terraform's own checks of infra/terraform: format, types, references and its tests. Creates nothing, asks no cloud.
# Where the provider can't be fetched, only the format is checked, and a line says so: whoever plans needs it anyway.
set -euo pipefail
cd "$(dirname "$0")/.."
stand_in=../shared/tools/terraform/check # the provider's schema without its registry, where this machine has it
folder=infra/terraform

if ! type -P terraform >/dev/null; then
  echo "check: Terraform was not checked: there is none on PATH"
  exit
fi
if [ -x "$stand_in" ]; then exec "$stand_in" "$folder"; fi

export CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_DATA_DIR=$PWD/.local/terraform/check # nobody's chosen backend is touched
mkdir -p "$TF_DATA_DIR"
terraform -chdir="$folder" fmt -check -recursive
if ! terraform -chdir="$folder" init -backend=false -input=false -no-color >"$TF_DATA_DIR/init.log" 2>&1; then
  if grep -q 'Failed to query available provider packages\|Failed to install provider' "$TF_DATA_DIR/init.log"; then
    echo "check: Terraform was checked for its format only: its provider can't be fetched here"
    exit
  fi
  cat "$TF_DATA_DIR/init.log" >&2
  exit 1
fi
terraform -chdir="$folder" validate
terraform -chdir="$folder" test
