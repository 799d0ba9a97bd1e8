#!/bin/bash
# oidc-provider 9 (OpenID-certified): authorization code with PKCE required, client credentials, refresh rotation with
# reuse detection, introspection, revocation, dynamic registration. Its own log-in pages: any name and password work.
. "$(dirname "$0")/common.sh"

install() { need_npm oidc-provider oidc-provider@9.13.3; }

run() { exec node "$here/lib/oidc-provider.mjs" "$npm_home/oidc-provider" "$port"; }

main "$@"
