#!/bin/bash
# Ghost 5.130 on MariaDB: /rss/, and the content API with `updated_at`, pages and filters. It starts with a site that is not set up
# yet: see test/peers/polling-ghost.test.ts. Its database is made once, at the install, and copied for each run.
. "$(dirname "$0")/common.sh"

version=5.130.4
package=$npm_home/ghost/package
prepared=$(dirname "$npm_home")/ghost-$version
as_root=$([ "$(id -u)" != 0 ] || echo --user=root)

install() {
  need_apt mariadb-server curl
  if [ ! -e "$npm_home/ghost/.installed-$version" ]; then
    mkdir -p "$npm_home/ghost"
    # its archive brings parts of its own, which npm finds only when they are beside it
    (cd "$npm_home/ghost" && npm pack "ghost@$version" --silent >/dev/null && tar xzf "ghost-$version.tgz" && cd package &&
      npm pkg delete devDependencies && timeout 580 npm install --ignore-scripts --omit=dev --omit=optional --legacy-peer-deps \
      --no-audit --no-fund --loglevel=error >&2) || fail "npm install ghost@$version failed"
    touch "$npm_home/ghost/.installed-$version"
  fi
  [ -e "$prepared/.done" ] && return 0
  rm -rf "$prepared"
  mkdir -p "$prepared"
  trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
  dir=$prepared port=0
  mariadb-install-db --no-defaults --auth-root-authentication-method=normal --skip-test-db --datadir="$dir/db" $as_root >"$dir/db.log" 2>&1 ||
    fail "$(tail -5 "$dir/db.log")"
  start_database
  mariadb --no-defaults -uroot -S "$dir/db.sock" -e 'CREATE DATABASE ghost CHARACTER SET utf8mb4'
  # it makes its tables when it starts
  port=$(node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
  ghost >"$dir/ghost.log" 2>&1 &
  local server=$! i
  for i in $(seq 600); do
    curl -sf -o /dev/null "http://127.0.0.1:$port/ghost/api/admin/site/" && break
    kill -0 "$server" 2>/dev/null && [ "$i" != 600 ] || fail "ghost did not start: $(tail -5 "$dir/ghost.log")"
    sleep 0.2
  done
  kill "$server"
  mariadb-admin --no-defaults -uroot -S "$dir/db.sock" shutdown
  wait
  rm -rf "$dir/content"
  touch "$prepared/.done"
}

# in this process group, so that it ends with the recipe
start_database() {
  /usr/sbin/mariadbd --no-defaults $as_root --datadir="$dir/db" --skip-networking --socket="$dir/db.sock" --pid-file="$dir/db.pid" \
    --innodb-flush-log-at-trx-commit=2 --performance-schema=off >>"$dir/db.log" 2>&1 &
  local i
  for i in $(seq 300); do
    mariadb-admin --no-defaults -uroot -S "$dir/db.sock" --silent ping >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  fail "MariaDB did not start: $(tail -3 "$dir/db.log")"
}

ghost() {
  cp -r "$package/content" "$dir/content"
  # it finds its own parts from where it is started
  cd "$package"
  exec env NODE_ENV=production url="http://127.0.0.1:$port" server__host=127.0.0.1 server__port="$port" \
    database__client=mysql2 database__connection__socketPath="$dir/db.sock" database__connection__user=root \
    database__connection__database=ghost mail__transport=stub paths__contentPath="$dir/content" \
    logging__level=error logging__transports='["stdout"]' privacy__useUpdateCheck=false privacy__useGravatar=false \
    privacy__useRpcPing=false privacy__useStructuredData=false security__staffDeviceVerification=false node index.js
}

run() {
  cp -a "$prepared/db" "$dir/db"
  start_database
  ghost
}

main "$@"
