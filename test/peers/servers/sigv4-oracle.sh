#!/bin/bash
# Verifies AWS SigV4 by signing anew, with AWS's own Python signer, what arrived on the wire: any service and region.
. "$(dirname "$0")/common.sh"

install() { need_apt python3-botocore; }

run() { exec /usr/bin/python3 "$here/lib/sigv4-oracle.py" "$port"; }

main "$@"
