#!/bin/bash
# httpbin 0.7 on gunicorn: /digest-auth/{auth|auth-int}/USER/PASSWORD/{MD5|SHA-256|SHA-512}, redirects, cookies, delays.
. "$(dirname "$0")/common.sh"

install() { need_apt python3-httpbin gunicorn; }

run() { exec /usr/bin/gunicorn -k gthread --threads 8 -w 1 --timeout 120 -b "127.0.0.1:$port" httpbin:app; }

main "$@"
