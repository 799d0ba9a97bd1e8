#!/bin/bash
# WireMock 3 (its npm package ships the jar; needs Java): /fault/{reset,empty,garbage,chunk}, /retry/{503,429,reset} which
# fails twice and then answers 200, /slow (a late answer), /drip. GET /__admin/requests tells what really arrived.
. "$(dirname "$0")/common.sh"

install() {
  command -v java >/dev/null || need_apt default-jre-headless
  need_npm wiremock wiremock@3.13.2
}

mapping() { cat >"$dir/mappings/$1.json"; }

run() {
  mkdir -p "$dir/mappings"
  local fault status step answer jars
  for fault in reset:CONNECTION_RESET_BY_PEER empty:EMPTY_RESPONSE garbage:RANDOM_DATA_THEN_CLOSE chunk:MALFORMED_RESPONSE_CHUNK; do
    mapping "fault-${fault%%:*}" <<JSON
{ "request": { "urlPath": "/fault/${fault%%:*}", "method": "ANY" }, "response": { "fault": "${fault##*:}" } }
JSON
  done
  for status in 503 429 reset; do
    for step in 1 2 3; do
      case $step$status in
        3*) answer='"status": 200, "jsonBody": { "ok": true }' ;;
        ?503) answer='"status": 503' ;;
        ?429) answer='"status": 429, "headers": { "Retry-After": "1" }' ;;
        ?reset) answer='"fault": "CONNECTION_RESET_BY_PEER"' ;;
      esac
      mapping "retry-$status-$step" <<JSON
{
  "scenarioName": "$status",
  "requiredScenarioState": "$([ $step = 1 ] && echo Started || echo "step$step")",
  "newScenarioState": "$([ $step = 3 ] && echo Started || echo "step$((step + 1))")",
  "request": { "urlPath": "/retry/$status", "method": "ANY" },
  "response": { $answer }
}
JSON
    done
  done
  mapping slow <<'JSON'
{ "request": { "urlPath": "/slow" }, "response": { "status": 200, "fixedDelayMilliseconds": 3000 } }
JSON
  mapping drip <<'JSON'
{
  "request": { "urlPath": "/drip" },
  "response": { "chunkedDribbleDelay": { "numberOfChunks": 10, "totalDuration": 5000 }, "body": "0123456789" }
}
JSON
  jars=("$npm_home"/wiremock/node_modules/wiremock/build/wiremock-standalone*.jar)
  exec java -Xmx256m -jar "${jars[0]}" --bind-address 127.0.0.1 --port "$port" --root-dir "$dir" --disable-banner
}

main "$@"
