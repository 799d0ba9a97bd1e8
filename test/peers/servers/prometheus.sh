#!/bin/bash
# Prometheus 2.42 (Debian), which scrapes itself: /api/v1/query, /api/v1/alerts. Its rules are in DIR/rules.yml and read again
# by POST /-/reload.
. "$(dirname "$0")/common.sh"

install() { need_apt prometheus; }

run() {
  cat >"$dir/prometheus.yml" <<CONF
global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: [ rules.yml ]
scrape_configs:
  - job_name: self
    static_configs: [ { targets: [ "127.0.0.1:$port" ] } ]
CONF
  echo 'groups: []' >"$dir/rules.yml"
  exec prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/data" --web.listen-address="127.0.0.1:$port" \
    --web.enable-lifecycle --log.level=warn
}

main "$@"
