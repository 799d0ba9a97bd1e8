#!/bin/bash
# nginx in front of PEER_HOOK, on PORT over TLS: only a client with a certificate of the authority comes through. It adds
# `X-Client-Subject`, and `X-Proxy-Secret: proxy-hook-secret`, by which who is behind it knows that it did.
# The certificates are in DIR/pki.
. "$(dirname "$0")/common.sh"
. "$here/lib/pki.sh"

install() { need_apt nginx-light openssl; }

run() {
  mkdir -p "$dir/tmp"
  make_pki "$dir/pki"
  local path paths=
  for path in client_body proxy fastcgi uwsgi scgi; do paths+="${path}_temp_path $dir/tmp/$path;"; done
  cat >"$dir/nginx.conf" <<CONF
$([ "$(id -u)" = 0 ] && echo 'user root;')
worker_processes 1;
daemon off;
pid $dir/nginx.pid;
error_log $dir/error.log;
events { worker_connections 256; }
http {
  access_log $dir/access.log;
  $paths
  server {
    listen 127.0.0.1:$port ssl;
    ssl_certificate $dir/pki/server.crt;
    ssl_certificate_key $dir/pki/server.key;
    ssl_client_certificate $dir/pki/ca.crt;
    ssl_verify_client on;
    location / {
      proxy_pass $PEER_HOOK;
      proxy_set_header X-Forwarded-For \$remote_addr;
      proxy_set_header X-Client-Subject \$ssl_client_s_dn;
      proxy_set_header X-Proxy-Secret proxy-hook-secret;
    }
  }
}
CONF
  exec /usr/sbin/nginx -e "$dir/error.log" -c "$dir/nginx.conf"
}

main "$@"
