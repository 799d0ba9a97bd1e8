#!/bin/bash
# nginx. PORT speaks http: /basic, /limited (429), /rNNN, /loop, /away/URL (percent-encoded), /close (444), /text (gzip, brotli).
# The further ports speak TLS, with in this order: a good certificate (client certificate optional), client certificate
# required, expired, not yet valid, for another host, self-signed, without its intermediate, with it.
# The certificates are in DIR/pki. alice : s3cret:with:colon, and ünï : pässwörd
. "$(dirname "$0")/common.sh"
. "$here/lib/pki.sh"

install() { need_apt nginx-light libnginx-mod-http-brotli-filter openssl; }

user() { printf '%s:%s\n' "$1" "$(openssl passwd -apr1 "$2")"; }

run() {
  mkdir -p "$dir/www/basic" "$dir/tmp"
  echo '{"ok":true}' | tee "$dir/www/a.json" >"$dir/www/basic/a.json"
  head -c 200000 /dev/zero | tr '\0' a >"$dir/www/text.txt"
  { user alice s3cret:with:colon; user ünï pässwörd; } >"$dir/users"
  make_pki "$dir/pki"
  cat "$dir/pki/chainless.crt" "$dir/pki/intermediate.crt" >"$dir/pki/chain.crt"
  local temporary path paths=
  for path in client_body proxy fastcgi uwsgi scgi; do paths+="${path}_temp_path $dir/tmp/$path;"; done
  # tls NUMBER CERTIFICATE KEY VERIFY
  tls() {
    cat <<CONF
server {
  listen 127.0.0.1:${ports[$1]} ssl;
  root $dir/www;
  ssl_certificate $dir/pki/$2.crt;
  ssl_certificate_key $dir/pki/$3.key;
  ssl_client_certificate $dir/pki/ca.crt;
  ssl_verify_client $4;
  location / { try_files \$uri @who; }
  location @who { default_type application/json; return 200 '$who'; }
  location ~ ^/away/(.+)$ { return 302 \$1; }
  location ~ ^/away307/(.+)$ { return 307 \$1; }
}
CONF
  }
  local who='{"method":"$request_method","uri":"$request_uri","host":"$http_host","authorization":"$http_authorization","cookie":"$http_cookie","length":"$content_length","connection":"$connection","verify":"$ssl_client_verify","subject":"$ssl_client_s_dn"}'
  cat >"$dir/nginx.conf" <<CONF
load_module /usr/lib/nginx/modules/ngx_http_brotli_filter_module.so;
$([ "$(id -u)" = 0 ] && echo 'user root;')
worker_processes 1;
daemon off;
pid $dir/nginx.pid;
error_log $dir/error.log;
events { worker_connections 256; }
http {
  access_log $dir/access.log;
  $paths
  types { application/json json; text/plain txt; }
  gzip on; gzip_min_length 100; gzip_types *;
  brotli on; brotli_min_length 100; brotli_types *;
  merge_slashes off;
  limit_req_zone \$binary_remote_addr zone=limited:1m rate=1r/s;
  server {
    listen 127.0.0.1:$port;
    root $dir/www;
    location = /who { default_type application/json; return 200 '$who'; }
    location /basic/ { auth_basic "the realm"; auth_basic_user_file $dir/users; }
    location = /limited { limit_req zone=limited; limit_req_status 429; error_page 429 = @limited; try_files /a.json =404; }
    location @limited { default_type application/json; add_header Retry-After 1 always; return 429 '{}'; }
    location = /down { add_header Retry-After "Wed, 21 Oct 2065 07:28:00 GMT" always; return 503 down; }
    location = /r301 { return 301 /who; }
    location = /r302 { return 302 /who; }
    location = /r303 { return 303 /who; }
    location = /r307 { return 307 /who; }
    location = /r308 { return 308 /who; }
    location = /loop { return 302 /loop; }
    location ~ ^/away/(.+)$ { return 302 \$1; }
    location ~ ^/away307/(.+)$ { return 307 \$1; }
    location = /cookie { add_header Set-Cookie "session=s3ss10n; Path=/"; return 204; }
    location = /close { return 444; }
  }
  $(tls 1 server server optional)
  $(tls 2 server server on)
  $(tls 3 expired expired off)
  $(tls 4 notyet notyet off)
  $(tls 5 wronghost wronghost off)
  $(tls 6 selfsigned selfsigned off)
  $(tls 7 chainless chainless off)
  $(tls 8 chain chainless off)
}
CONF
  exec /usr/sbin/nginx -e "$dir/error.log" -c "$dir/nginx.conf"
}

main "$@"
