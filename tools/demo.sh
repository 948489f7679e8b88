#!/usr/bin/env bash
# Makes the data of a shop whose truth is known, audits them and says where the report is. Usage: demo.sh VENV FOLDER
set -euo pipefail
venv=$1 folder=$2
rm -rf "$folder"
"$venv/bin/momentwise" demo "$folder"
echo
"$venv/bin/momentwise" audit "$folder" --out "$folder/audit"
echo
echo "Open $folder/audit/report.html in a browser. For your own files: source $venv/bin/activate, then momentwise --help"
