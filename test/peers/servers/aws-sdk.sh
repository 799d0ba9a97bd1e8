#!/bin/bash
# No server: installs @aws-sdk/credential-providers, the optional peer, apart from this project's own packages.
. "$(dirname "$0")/common.sh"

install() { need_npm aws-sdk @aws-sdk/credential-providers@3 >&2 && echo "$npm_home/aws-sdk"; }

run() { fail 'there is nothing to run'; }

main "$@"
