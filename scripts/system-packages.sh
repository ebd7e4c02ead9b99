#!/bin/sh
# Installs the Debian packages that the tests drive, when they are absent. Usage: scripts/system-packages.sh chromium ...
# Each word is a program; its package is found below. Nothing is done where the program is already there.
set -eu
missing=""
for program in "$@"; do
  case $program in
    chromium)
      command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
        || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium fonts-noto-core" ;;
    fonts)
      [ -e /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf ] || missing="$missing fonts-noto-color-emoji" ;;
    tesseract)
      languages=$(tesseract --list-langs 2>/dev/null || true)
      for language in eng deu; do
        echo "$languages" | grep -qx "$language" || missing="$missing tesseract-ocr tesseract-ocr-$language"
      done
      # The pages that are read in tests are written with it.
      [ -e /usr/share/fonts/truetype/noto/NotoSans-Regular.ttf ] || missing="$missing fonts-noto-core" ;;
    *)
      echo "system-packages.sh does not know '$program'; it takes: chromium fonts tesseract" >&2
      exit 2 ;;
  esac
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
  echo "These are needed and this system has no apt-get to install them with:$missing" >&2
  exit 1
fi
root=""
[ "$(id -u)" -eq 0 ] || root="sudo"
echo "installing:$missing"
$root apt-get update -qq >/dev/null
# shellcheck disable=SC2086 # a list of packages on purpose
DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $missing >/dev/null
