#!/usr/bin/python3
"""Verifies AWS SigV4 by signing anew what arrived, with botocore (AWS's own Python signer), and comparing.

Answers 200 or 403 with JSON: verified, reason, and on a wrong signature the canonical request that was expected.
A date more than 15 minutes off is refused as AWS does. Usage: sigv4-oracle.py PORT
"""
import datetime
import hashlib
import http.server
import json
import re
import sys
import urllib.parse

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

SECRETS = {
    'AKIDEXAMPLE': ('wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY', None),
    'ASIAEXAMPLE': ('temporarySecret/+=', 'FwoGZXIvYXdzEXAMPLETOKEN//////////=='),
    'ASIAOLD': ('oldSecret', 'oldToken'),
}
AUTHORIZATION = re.compile(
    r'AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request,\s*'
    r'SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$'
)


class Refused(Exception):
    def __init__(self, reason, **detail):
        super().__init__(reason)
        self.answer = {'verified': False, 'reason': reason, **detail}


class Oracle(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def verify(self, body):
        match = AUTHORIZATION.match(self.headers.get('authorization', ''))
        if not match:
            raise Refused('MissingAuthenticationToken')
        access_key, day, region, service, signed, got = match.groups()
        timestamp = self.headers.get('x-amz-date', '')
        try:
            when = datetime.datetime.strptime(timestamp, '%Y%m%dT%H%M%SZ').replace(tzinfo=datetime.timezone.utc)
        except ValueError:
            raise Refused('IncompleteSignature')
        skew = (datetime.datetime.now(datetime.timezone.utc) - when).total_seconds()
        if abs(skew) > 900:
            raise Refused('RequestTimeTooSkewed', skew=skew)
        if access_key not in SECRETS:
            raise Refused('UnrecognizedClient')
        secret, token = SECRETS[access_key]
        if token and self.headers.get('x-amz-security-token') != token:
            raise Refused('InvalidToken')
        if access_key == 'ASIAOLD':
            raise Refused('ExpiredToken')
        names = signed.split(';')
        required = ['host'] + [name.lower() for name in self.headers if name.lower().startswith('x-amz-')]
        missing = [name for name in required if name not in names]
        if day != timestamp[:8] or missing:
            raise Refused('IncompleteSignature', missing=missing)
        content_hash = self.headers.get('x-amz-content-sha256')
        if content_hash not in (None, 'UNSIGNED-PAYLOAD', hashlib.sha256(body).hexdigest()):
            raise Refused('XAmzContentSHA256Mismatch')
        if service == 's3' and content_hash is None:
            raise Refused('MissingContentSHA256')

        url = urllib.parse.urlsplit('http://' + self.headers.get('host', '') + self.path)
        if service == 's3':
            # S3 decodes the path and encodes it once; botocore's own client has sent it so
            url = url._replace(path=urllib.parse.quote(urllib.parse.unquote(url.path), safe='/~-_.'))
        signer_class = S3SigV4Auth if service == 's3' else SigV4Auth
        signer = signer_class(Credentials(access_key, secret), service, region)
        request = AWSRequest(method=self.command, url=urllib.parse.urlunsplit(url), data=body)
        request.headers = HTTPHeaders()
        for name in names:
            for value in self.headers.get_all(name) or []:
                request.headers.add_header(name, value)
        request.context['timestamp'] = timestamp
        canonical = signer.canonical_request(request)
        expected = signer.signature(signer.string_to_sign(request, canonical), request)
        if expected != got:
            raise Refused('SignatureDoesNotMatch', canonical_request=canonical)
        return {'verified': True, 'service': service, 'region': region, 'signed': names, 'bytes': len(body)}

    def answer(self):
        body = self.rfile.read(int(self.headers.get('content-length') or 0))
        try:
            status, result = 200, self.verify(body)
        except Refused as refused:
            status, result = 403, refused.answer
        data = json.dumps(result).encode()
        self.send_response(status)
        self.send_header('content-type', 'application/json')
        self.send_header('content-length', str(len(data)))
        self.end_headers()
        self.wfile.write(b'' if self.command == 'HEAD' else data)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = answer

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Oracle).serve_forever()
