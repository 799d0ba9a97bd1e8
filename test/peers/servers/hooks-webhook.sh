#!/bin/bash
# adnanh/webhook 2.8, written in Go: /hooks/github verifies X-Hub-Signature-256 with the secret hook-secret.
. "$(dirname "$0")/common.sh"

install() { need_apt webhook; }

run() {
  cat >"$dir/hooks.json" <<'JSON'
[
  {
    "id": "github",
    "execute-command": "/bin/echo",
    "include-command-output-in-response": true,
    "pass-arguments-to-command": [{ "source": "entire-payload" }],
    "trigger-rule-mismatch-http-response-code": 403,
    "trigger-rule": {
      "match": {
        "type": "payload-hmac-sha256",
        "secret": "hook-secret",
        "parameter": { "source": "header", "name": "X-Hub-Signature-256" }
      }
    }
  }
]
JSON
  exec /usr/bin/webhook -hooks "$dir/hooks.json" -ip 127.0.0.1 -port "$port"
}

main "$@"
