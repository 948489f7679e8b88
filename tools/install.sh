#!/usr/bin/env bash
# Makes a virtual environment and installs this project into it. Usage: install.sh PYTHON VENV EXTRAS
set -euo pipefail
python=$1 venv=$2 extras=$3

# A fresh Debian has Python without the module that makes environments; its package is python3.11-venv.
need() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing $*"
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } \
            >/dev/null || echo "could not install $*"
    else
        echo "please install: $*"
    fi
}

command -v "$python" >/dev/null || python=python3
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Momentwise needs Python 3.11."; exit 1; }
"$python" -c 'import ensurepip, venv' 2>/dev/null || need python3.11-venv
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install -qq --constraint constraints.txt --editable ".${extras:+[$extras]}"

case ",$extras," in
    *,test,*)
        compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || need postgresql
        ;;
esac
