#!/bin/bash
# verdaccio 6, a registry for npm: PUT /-/user/org.couchdb.user:NAME gives a token, PUT /NAME publishes. With PEER_HOOK it tells
# there of each, with the header `X-Verdaccio-Token: verdaccio-hook-token`. Its log is DIR/verdaccio.log.
. "$(dirname "$0")/common.sh"

install() {
  # a part of it asks for node-fetch by a tag that not every registry has
  local folder=$npm_home/verdaccio
  mkdir -p "$folder"
  [ -e "$folder/package.json" ] || echo '{"private":true,"overrides":{"node-fetch":"2.7.0"}}' >"$folder/package.json"
  need_npm verdaccio verdaccio@6
}

run() {
  cat >"$dir/config.yaml" <<CONF
storage: $dir/storage
auth: { htpasswd: { file: $dir/htpasswd } }
uplinks: {}
packages: { '**': { access: \$all, publish: \$authenticated } }
web: { enable: false }
log: { type: file, path: $dir/verdaccio.log, format: json, level: info }
CONF
  [ -z "${PEER_HOOK:-}" ] || cat >>"$dir/config.yaml" <<CONF
notify:
  method: POST
  headers: [ { Content-Type: application/json }, { X-Verdaccio-Token: verdaccio-hook-token } ]
  endpoint: $PEER_HOOK
  content: '{"id":"{{publishedPackage}}","name":"{{name}}","by":"{{publisher.name}}","what":"{{publishType}}"}'
CONF
  cd "$dir"
  exec node "$npm_home/verdaccio/node_modules/verdaccio/bin/verdaccio" --config "$dir/config.yaml" --listen "127.0.0.1:$port"
}

main "$@"
