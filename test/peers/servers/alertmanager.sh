#!/bin/bash
# Alertmanager 0.25 (Debian): takes alerts at POST /api/v2/alerts, counts at /metrics how its webhooks went. Its configuration
# is in DIR/alertmanager.yml and read again by POST /-/reload.
. "$(dirname "$0")/common.sh"

install() { need_apt prometheus-alertmanager; }

run() {
  printf 'route: { receiver: nobody }\nreceivers: [ { name: nobody } ]\n' >"$dir/alertmanager.yml"
  exec prometheus-alertmanager --config.file="$dir/alertmanager.yml" --storage.path="$dir/data" \
    --web.listen-address="127.0.0.1:$port" --cluster.listen-address= --log.level=warn
}

main "$@"
