#!/bin/bash
# The receivers of four vendors' own SDKs on one port: /github (@octokit/webhooks), /slack/events (@slack/bolt),
# /standard (standardwebhooks), /stripe (stripe). The secrets stand in lib/hooks-sdk.mjs.
. "$(dirname "$0")/common.sh"

install() { need_npm hooks @octokit/webhooks@14 @slack/bolt@5 standardwebhooks@1 stripe@17; }

run() { exec node "$here/lib/hooks-sdk.mjs" "$npm_home/hooks" "$port"; }

main "$@"
