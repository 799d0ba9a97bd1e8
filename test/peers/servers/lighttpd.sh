#!/bin/bash
# lighttpd 1.4: /sha256 with SHA-256 alone, /both with MD5 and SHA-256 in two headers, /userhash with userhash=true.
# carol : pw256
. "$(dirname "$0")/common.sh"

install() { need_apt lighttpd; }

digest_user() { printf '%s:%s:%s:%s\n' "$1" realm "$(printf '%s:realm:%s' "$1" "$2" | sha256sum | cut -d' ' -f1)" "$(printf '%s:realm' "$1" | sha256sum | cut -d' ' -f1)"; }

run() {
  local path
  for path in sha256 both userhash; do
    mkdir -p "$dir/www/$path"
    echo '{"ok":true}' >"$dir/www/$path/a.json"
  done
  echo '{"ok":true}' >"$dir/www/a.json"
  printf 'carol:pw256\n' >"$dir/plain"
  digest_user carol pw256 >"$dir/hashed"
  cat >"$dir/lighttpd.conf" <<CONF
server.modules = ( "mod_access", "mod_auth", "mod_authn_file" )
server.document-root = "$dir/www"
server.bind = "127.0.0.1"
server.port = $port
server.errorlog = "$dir/error.log"
mimetype.assign = ( ".json" => "application/json" )
auth.backend = "plain"
auth.backend.plain.userfile = "$dir/plain"
auth.require = (
  "/sha256" => ( "method" => "digest", "algorithm" => "SHA-256", "realm" => "realm", "require" => "valid-user" ),
  "/both" => ( "method" => "digest", "algorithm" => "MD5|SHA-256", "realm" => "realm", "require" => "valid-user" )
)
\$HTTP["url"] =~ "^/userhash/" {
  auth.backend = "htdigest"
  auth.backend.htdigest.userfile = "$dir/hashed"
  auth.require = ( "" => ( "method" => "digest", "algorithm" => "SHA-256", "userhash" => "enable", "realm" => "realm", "require" => "valid-user" ) )
}
CONF
  exec /usr/sbin/lighttpd -D -f "$dir/lighttpd.conf"
}

main "$@"
