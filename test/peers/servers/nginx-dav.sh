#!/bin/bash
# nginx with WebDAV: what is PUT below / is kept in DIR/www, without a limit on its size.
. "$(dirname "$0")/common.sh"

install() { need_apt nginx-light; }

run() {
  mkdir -p "$dir/www" "$dir/tmp"
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
  access_log off;
  $paths
  sendfile on;
  client_max_body_size 0;
  server {
    listen 127.0.0.1:$port;
    root $dir/www;
    dav_methods PUT DELETE;
    create_full_put_path on;
    # refused by the size that is announced, or once it has come
    location /small/ { client_max_body_size 1m; }
    # nothing but a date to tell one answer from another
    location /dated/ { etag off; }
  }
}
CONF
  exec /usr/sbin/nginx -e "$dir/error.log" -c "$dir/nginx.conf"
}

main "$@"
