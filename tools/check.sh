#!/usr/bin/env bash
# Every check, in the order in which they are quick to fail. Usage: check.sh VENV
set -euo pipefail
bin=$1/bin
step() { echo "== $1"; shift; "$@"; }
step format "$bin/ruff" format --check --quiet .
step lint "$bin/ruff" check --quiet .
step types "$bin/mypy" --no-error-summary
step imports "$bin/lint-imports" --no-cache
step style "$bin/python" tools/measure_style.py src/momentwise --limit module_max=500 --limit function_code_max=50 \
    --limit function_code_p90=22 --limit annotated_param_share=1 --limit any_cycle_members=0 \
    --limit public_docstring_share=0.9
step tests "$bin/python" -m pytest
