#!/bin/bash
# pouchdb-server 4.2 (npm), CouchDB's HTTP API, in memory: /DB/_changes?since=SEQ. It starts without databases, and anybody may
# write.
. "$(dirname "$0")/common.sh"

install() { need_npm pouchdb pouchdb-server@4.2; }

run() {
  printf '{"log":{"file":"%s","level":"error"},"httpd":{"bind_address":"127.0.0.1","port":%s}}' "$dir/server.log" "$port" >"$dir/config.json"
  cd "$dir"
  exec node "$npm_home/pouchdb/node_modules/.bin/pouchdb-server" --in-memory --no-stdout-logs -p "$port" -o 127.0.0.1 -c "$dir/config.json"
}

main "$@"
