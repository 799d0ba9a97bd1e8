# Shared by the server recipes beside it; to be sourced. Each recipe is called by test/peers/peer.ts as
#   bash NAME.sh install            installs what it needs, once
#   bash NAME.sh run DIR PORT...    runs the server in the foreground on 127.0.0.1:PORT with its files in DIR; some deliver to
#                                   the URL in PEER_HOOK
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
npm_home=${TMPDIR:-/tmp}/http-connector-peers/npm
mkdir -p "$npm_home"

fail() { echo "$*" >&2; exit 1; }

# need_apt PACKAGE...: Debian packages; their services are kept from starting, because the recipes run their own
need_apt() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null && [ "$(id -u)" = 0 ] || fail "missing: install the Debian packages ${missing[*]}"
  [ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; }
  local options=(-o DPkg::Lock::Timeout=300 -qq)
  [ -n "$(find /var/lib/apt/lists -name '*Packages*' -mmin -1440 2>/dev/null | head -1)" ] || timeout 120 apt-get "${options[@]}" update
  timeout 580 apt-get "${options[@]}" install -y --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get install ${missing[*]} failed"
}

# need_npm FOLDER SPEC...: packages from npm below $npm_home/FOLDER, without their install scripts
need_npm() {
  local folder=$npm_home/$1
  shift
  local mark=$folder/.installed-$(printf '%s ' "$@" | sha1sum | cut -c1-12)
  [ -e "$mark" ] && return 0
  mkdir -p "$folder"
  [ -e "$folder/package.json" ] || echo '{"private":true}' >"$folder/package.json"
  (cd "$folder" && timeout 580 npm install --ignore-scripts --no-audit --no-fund --loglevel=error "$@" >&2) ||
    fail "npm install $* failed"
  touch "$mark"
}

# main "$@": calls install, or run with $dir, $ports and $port, the first of them, set
main() {
  case ${1:-} in
    install) install ;;
    run) dir=$2 port=$3 ports=("${@:3}") && run ;;
    *) fail "usage: bash $0 install | run DIR PORT..." ;;
  esac
}
