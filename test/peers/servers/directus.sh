#!/bin/bash
# Directus 11 on PostgreSQL, admin token directus-admin-token: /items/NAME with limit, offset, page, sort, filter and meta,
# the SEARCH method; it starts empty. Its flows may call this machine, which it forbids by itself. Its database is made once, at
# the install, and copied for each run.
. "$(dirname "$0")/common.sh"

prepared=$(dirname "$npm_home")/directus-11

install() {
  need_apt postgresql
  need_npm directus directus@11
  # it runs the scripts of extensions, of which there are none, and would have to be compiled
  local sandbox=$npm_home/directus/node_modules/isolated-vm/out
  [ -e "$sandbox/isolated_vm.js" ] || { mkdir -p "$sandbox" && echo 'module.exports = {};' >"$sandbox/isolated_vm.js"; }
  [ -e "$prepared/.done" ] && return 0
  rm -rf "$prepared"
  mkdir -p "$prepared/db"
  dir=$prepared port=0
  [ "$(id -u)" != 0 ] || chown postgres: "$dir/db"
  as_owner initdb -D "$dir/db" -A trust -U directus >/dev/null
  start_database
  as_owner createdb -h "$dir/db" -U directus directus
  directus bootstrap >&2
  as_owner pg_ctl -D "$dir/db" -m fast -w stop >&2
  wait
  touch "$prepared/.done"
}

# as_owner NAME ARG...: a program of PostgreSQL, which does not run as root
as_owner() {
  local programs=(/usr/lib/postgresql/*/bin)
  local program=("${programs[-1]}/$1" "${@:2}")
  [ "$(id -u)" = 0 ] || { (cd "$dir" && exec "${program[@]}"); return; }
  (cd "$dir" && exec setpriv --reuid postgres --regid postgres --clear-groups "${program[@]}")
}

# in this process group, so that it ends with the recipe
start_database() {
  as_owner postgres -D "$dir/db" -c listen_addresses= -c unix_socket_directories="$dir/db" -c fsync=off 2>"$dir/db.log" &
  local i
  for i in $(seq 300); do
    as_owner pg_isready -q -h "$dir/db" && return 0
    sleep 0.1
  done
  fail "PostgreSQL did not start: $(tail -3 "$dir/db.log")"
}

directus() {
  (cd "$dir" && exec env HOST=127.0.0.1 PORT="$port" PUBLIC_URL="http://127.0.0.1:$port" SECRET=directus-secret-0123456789-0123456789 \
    DB_CLIENT=pg DB_HOST="$dir/db" DB_PORT=5432 DB_DATABASE=directus DB_USER=directus DB_PASSWORD=none \
    ADMIN_EMAIL=admin@example.com ADMIN_PASSWORD=admin-pass ADMIN_TOKEN=directus-admin-token \
    IMPORT_IP_DENY_LIST=169.254.169.254 TELEMETRY=false SERVE_APP=false LOG_LEVEL=warn CACHE_ENABLED=false NODE_ENV=production \
    node "$npm_home/directus/node_modules/directus/cli.js" "$@")
}

run() {
  # the database's owner has to come through to it
  chmod 711 "$dir"
  mkdir "$dir/uploads" "$dir/extensions"
  cp -a "$prepared/db" "$dir/db"
  start_database
  directus start
}

main "$@"
