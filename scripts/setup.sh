#!/bin/sh
# Makes the virtual environment and installs a lock file into it. Usage: scripts/setup.sh requirements.lock
# VENV, PYTHON and TORCH come from the Makefile. uv's cache is the user's own, so a second clone takes seconds.
set -eu
lock=$1
venv=${VENV:-.venv}
python=${PYTHON:-python3}
torch=${TORCH:-default}
uv_version=0.13.8

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "damsight needs Python 3.11 or newer; '$python' is $("$python" --version 2>&1 || echo missing)." >&2
  echo "Install one and name it: make PYTHON=python3.12 demo" >&2
  exit 1
fi
if [ ! -x "$venv/bin/python" ]; then
  echo "making $venv"
  "$python" -m venv "$venv"
fi
if ! "$venv/bin/uv" --version 2>/dev/null | grep -q "$uv_version"; then
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$uv_version"
fi
# A lock's packages are about 6 GB with the CUDA build of torch: say so before the wait, not after it.
echo "installing from $lock (the first time: a few minutes and about 6 GB, most of it torch)"
case $torch in
  default)
    "$venv/bin/uv" pip install --python "$venv/bin/python" --require-hashes -r "$lock" ;;
  cpu)
    # The CPU wheels have other hashes than PyPI's, so torch is taken by version and the rest by hash.
    rest=$(mktemp)
    trap 'rm -f "$rest"' EXIT
    "$venv/bin/python" scripts/without_torch.py "$lock" >"$rest"
    versions=$(grep -oE '^(torch|torchvision)==[0-9.]+' "$lock" | tr '\n' ' ')
    # shellcheck disable=SC2086 # two words on purpose
    if ! "$venv/bin/uv" pip install --python "$venv/bin/python" --torch-backend cpu $versions; then
      echo "TORCH=cpu: torch's CPU index cannot be reached from here. Run make without TORCH=cpu to take PyPI's build." >&2
      exit 1
    fi
    "$venv/bin/uv" pip install --python "$venv/bin/python" --require-hashes --no-deps -r "$rest" ;;
  *)
    echo "TORCH=$torch is not known; it takes: default, cpu" >&2
    exit 2 ;;
esac
"$venv/bin/uv" pip install --python "$venv/bin/python" --quiet --no-deps --editable .
