#!/bin/bash
# Docker registry 2.8 (Debian), reg : regpass. /v2/_catalog?n= and /v2/NAME/tags/list?n= page with `Link`. No scopes: any
# client may push, see test/peers/docker-registry.test.ts. With PEER_HOOK it tells there of each push, with the header
# `Authorization: Bearer registry-hook-token`, and counts at /debug/vars on the second PORT how that went.
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
  [ -z "${PEER_HOOK:-}" ] || cat >>"$dir/registry.yml" <<CONF
notifications:
  endpoints:
    - name: peer
      url: $PEER_HOOK
      headers: { Authorization: [Bearer registry-hook-token] }
      timeout: 2s
      threshold: 3
      backoff: 200ms
      ignore: { mediatypes: [application/octet-stream] }
CONF
  [ -z "${PEER_HOOK:-}" ] || export REGISTRY_HTTP_DEBUG_ADDR=127.0.0.1:${ports[1]}
  exec /usr/bin/docker-registry serve "$dir/registry.yml"
}

main "$@"
