#!/bin/sh
# Pins every dependency anew, with hashes and without any registry's address.
set -eu
uv=${VENV:-.venv}/bin/uv
options="--quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade"
# shellcheck disable=SC2086 # a list of options on purpose
"$uv" pip compile $options --extra demo pyproject.toml -o requirements.lock
# shellcheck disable=SC2086
"$uv" pip compile $options --extra demo --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock
