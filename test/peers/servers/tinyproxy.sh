#!/bin/bash
# tinyproxy: PORT wants puser : ppass, the second port wants nothing and allows CONNECT to port 443 alone.
. "$(dirname "$0")/common.sh"

install() { need_apt tinyproxy; }

# configure NAME PORT LINE...
configure() {
  { printf 'Port %s\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nLogFile "%s/%s.log"\nAllow 127.0.0.1\n' "$2" "$dir" "$1"
    printf '%s\n' "${@:3}"; } >"$dir/$1.conf"
}

run() {
  configure basic "$port" 'BasicAuth puser ppass'
  configure open "${ports[1]}" 'ConnectPort 443'
  /usr/bin/tinyproxy -d -c "$dir/open.conf" &
  exec /usr/bin/tinyproxy -d -c "$dir/basic.conf"
}

main "$@"
