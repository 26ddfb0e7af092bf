#!/usr/bin/env bash
# Make the virtual environment from the lock; say in one sentence what is missing.
set -euo pipefail
python=$1 venv=$2 uv_version=0.13.8

fail() { echo "Set-up stopped: $1" >&2; exit 1; }

command -v "$python" >/dev/null || fail "'$python' was not found; install Python 3.11 to 3.13 or call make PYTHON=/path/to/python3"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
case $version in
  3.11|3.12|3.13) ;;
  *) fail "'$python' is Python $version; Ratchet needs 3.11 to 3.13: call make PYTHON=python3.11" ;;
esac
free=$(df -Pk . | awk 'NR==2 {print int($4/1024)}')
[ -x "$venv/bin/python" ] || [ "$free" -ge 4096 ] || fail "$free MiB are free here, 4096 MiB are needed; make room"

if [ ! -x "$venv/bin/uv" ]; then
  "$python" -m venv "$venv" || fail "'$python' can't make a virtual environment; on Debian, install python3-venv"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$uv_version" \
    || fail "the package index could not be reached (pip install uv failed)"
fi
echo "Installing the locked packages into $venv …" >&2
UV_PROJECT_ENVIRONMENT=$venv "$venv/bin/uv" sync --frozen --all-extras --quiet --inexact --compile-bytecode \
  || fail "the locked packages could not be installed"
