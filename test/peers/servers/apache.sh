#!/bin/bash
# Apache 2.4, mod_auth_digest: /digest with MD5 and nonces that live one second, after which it says stale=true.
# bob : hunter2, we"ird : p:w, and back\slash : p\w
. "$(dirname "$0")/common.sh"

install() { need_apt apache2; }

digest_user() { printf '%s:%s:%s\n' "$1" 'the realm' "$(printf '%s:the realm:%s' "$1" "$2" | md5sum | cut -d' ' -f1)"; }

run() {
  mkdir -p "$dir/www/digest" "$dir/run"
  echo '{"ok":true}' | tee "$dir/www/a.json" >"$dir/www/digest/a.json"
  { digest_user bob hunter2; digest_user 'we"ird' p:w; digest_user 'back\slash' 'p\w'; } >"$dir/users"
  chmod -R a+rX "$dir"
  local module modules=/usr/lib/apache2/modules
  {
    for module in mpm_event authn_core authz_core authn_file authz_user auth_digest mime socache_shmcb; do
      echo "LoadModule ${module}_module $modules/mod_$module.so"
    done
    cat <<CONF
ServerName localhost
ServerRoot $dir
PidFile $dir/run/httpd.pid
Mutex file:$dir/run default
DefaultRuntimeDir $dir/run
ErrorLog $dir/error.log
User www-data
Group www-data
Listen 127.0.0.1:$port
TypesConfig /etc/mime.types
DocumentRoot $dir/www
<Directory $dir/www>
  Require all granted
</Directory>
<Location /digest>
  AuthType Digest
  AuthName "the realm"
  AuthDigestDomain /digest
  AuthDigestNonceLifetime 1
  AuthDigestProvider file
  AuthUserFile $dir/users
  Require valid-user
</Location>
CONF
  } >"$dir/httpd.conf"
  exec /usr/sbin/apache2 -f "$dir/httpd.conf" -DFOREGROUND
}

main "$@"
