#!/bin/bash
# Docker registry 2.8 (Debian), reg : regpass. /v2/_catalog?n= and /v2/NAME/tags/list?n= page with `Link`. No scopes: any
# client may push, see test/peers/docker-registry.test.ts.
. "$(dirname "$0")/common.sh"

install() { need_apt docker-registry apache2-utils; }

run() {
  mkdir -p "$dir/data"
  htpasswd -Bbc "$dir/htpasswd" reg regpass 2>/dev/null
  cat >"$dir/registry.yml" <<CONF
version: 0.1
log: { level: warn }
storage: { filesystem: { rootdirectory: $dir/data }, delete: { enabled: true } }
http: { addr: "127.0.0.1:$port", secret: peer }
auth: { htpasswd: { realm: registry, path: $dir/htpasswd } }
CONF
  exec /usr/bin/docker-registry serve "$dir/registry.yml"
}

main "$@"
