#!/bin/bash
# MediaWiki 1.39 (Debian) on SQLite and PHP's own server: /api.php, with "Page 01" to "Page 25" beside the main page. It is set
# up once, at the install, and its database is copied for each run.
. "$(dirname "$0")/common.sh"

prepared=$(dirname "$npm_home")/mediawiki-1.39

install() {
  need_apt mediawiki php8.2-cli php8.2-sqlite3 php8.2-mbstring php8.2-xml php8.2-intl
  [ -e "$prepared/.done" ] && return 0
  rm -rf "$prepared"
  mkdir -p "$prepared/data"
  # its own copy: it looks for its settings beside its programs
  cp -rL /usr/share/mediawiki "$prepared/www" 2>/dev/null || true
  cd "$prepared/www"
  rm -f LocalSettings.php
  timeout 250 php maintenance/install.php --dbtype sqlite --dbname wiki --dbpath "$prepared/data" --server http://127.0.0.1 \
    --scriptpath "" --pass admin-pass-123 Wiki Admin >"$prepared/install.log" || fail "$(tail -5 "$prepared/install.log")"
  cat >>LocalSettings.php <<'PHP'
error_reporting( 0 );
$wgServer = 'http://127.0.0.1:' . getenv( 'WIKI_PORT' );
$wgSQLiteDataDir = getenv( 'WIKI_DATA' );
$wgJobRunRate = 0;
PHP
  export WIKI_PORT=0 WIKI_DATA=$prepared/data
  local number
  for number in $(seq -w 25); do
    echo "The text of page $number, [[Category:Numbered]]." | php maintenance/edit.php -u Admin "Page $number" >&2
  done
  php maintenance/runJobs.php >/dev/null
  touch "$prepared/.done"
}

run() {
  cp -a "$prepared/data" "$dir/data"
  export WIKI_PORT=$port WIKI_DATA=$dir/data
  exec php -d display_errors=0 -S "127.0.0.1:$port" -t "$prepared/www"
}

main "$@"
