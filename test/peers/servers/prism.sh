#!/bin/bash
# Stoplight Prism 5 in front of GitHub's OpenAPI document: it checks every request against it (422 with the reasons) and
# answers with the document's examples. `Prefer: code=404` asks for that status.
. "$(dirname "$0")/common.sh"

install() { need_npm prism @stoplight/prism-cli@5 @octokit/openapi@23; }

run() {
  local packages=$npm_home/prism/node_modules
  node "$here/lib/prism-github.mjs" "$packages/@octokit/openapi/generated/api.github.com.json" "$dir/github.json"
  exec node "$packages/.bin/prism" mock -h 127.0.0.1 -p "$port" --errors "$dir/github.json"
}

main "$@"
