#!/bin/bash
# Verifies NTLMv2 with impacket: a socket that has logged in stays so, as with IIS.
. "$(dirname "$0")/common.sh"

install() { need_apt python3-impacket && need_npm ntlm httpntlm@1 >&2 && echo "$npm_home/ntlm"; }

run() { exec /usr/bin/python3 "$here/lib/ntlm-server.py" "$port"; }

main "$@"
