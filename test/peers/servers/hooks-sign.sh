#!/bin/bash
# Vendors' own libraries behind one port: POST /sign/NAME answers with the headers that a sender would add, POST /verify/NAME
# with what a receiver would say. What they take stands in lib/hooks-sign.mjs.
. "$(dirname "$0")/common.sh"

install() {
  need_npm hooks-sign stripe@17 svix@1 standardwebhooks@1 @octokit/webhooks-methods@6 twilio@5 \
    @hubspot/api-client@13 @sendgrid/eventwebhook@8 square@43 @line/bot-sdk@10 @slack/bolt@4 \
    discord-interactions@4 http-message-signatures@1
}

run() { exec node "$here/lib/hooks-sign.mjs" "$npm_home/hooks-sign" "$port"; }

main "$@"
