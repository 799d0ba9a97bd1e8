#!/bin/bash
# squid: PORT wants puser : p@ss:w/rd, the second port wants nothing, the third wants the same as the first and speaks TLS
# itself (certificate in DIR/pki). CONNECT to port 9 is refused. DIR/access.log says what went through.
. "$(dirname "$0")/common.sh"
. "$here/lib/pki.sh"

install() { need_apt squid-openssl openssl; }

run() {
  mkdir -p "$dir/spool"
  make_pki "$dir/pki"
  printf 'puser:%s\n' "$(openssl passwd -apr1 'p@ss:w/rd')" >"$dir/users"
  # squid's helpers and its log run as another user
  [ "$(id -u)" != 0 ] || chown -R proxy: "$dir"
  cat >"$dir/squid.conf" <<CONF
http_port 127.0.0.1:$port name=basic
http_port 127.0.0.1:${ports[1]} name=open
https_port 127.0.0.1:${ports[2]} tls-cert=$dir/pki/server.crt tls-key=$dir/pki/server.key name=tls
pid_filename $dir/squid.pid
cache_log $dir/cache.log
access_log stdio:$dir/access.log
coredump_dir $dir/spool
cache deny all
shutdown_lifetime 1 seconds
pinger_enable off
visible_hostname squid.test
auth_param basic program /usr/lib/squid/basic_ncsa_auth $dir/users
auth_param basic realm proxy
acl CONNECT method CONNECT
acl loopback dst 127.0.0.0/8
acl refused port 9
acl open myportname open
acl known proxy_auth REQUIRED
http_access deny !loopback
http_access deny CONNECT refused
http_access allow open
http_access allow known
http_access deny all
CONF
  # -n: no shared memory with another squid
  exec /usr/sbin/squid -N -n "peer$port" -f "$dir/squid.conf"
}

main "$@"
