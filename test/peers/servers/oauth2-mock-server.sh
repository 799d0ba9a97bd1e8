#!/bin/bash
# oauth2-mock-server 8: a small OpenID issuer that accepts any client.
. "$(dirname "$0")/common.sh"

install() { need_npm oauth2-mock-server oauth2-mock-server@8.2.3; }

run() { exec node "$npm_home/oauth2-mock-server/node_modules/.bin/oauth2-mock-server" -a 127.0.0.1 -p "$port"; }

main "$@"
