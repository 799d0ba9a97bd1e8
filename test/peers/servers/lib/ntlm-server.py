"""A server that asks for NTLM and checks NTLMv2 with impacket's functions. The user is CORP\\bob, the password hunter2.

As IIS does it, a login holds for its socket. GET or POST anything: {"user": ..., "length": bytes of the body, "socket": n}.
`POST /drop` answers and closes the socket.
"""
import base64
import http.server
import itertools
import json
import os
import struct
import sys

from impacket import ntlm

USER, PASSWORD, DOMAIN = "bob", "hunter2", "CORP"
numbers = itertools.count(1)


def utf16(text):
    return text.encode("utf-16le")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.challenge = None
        self.user = None
        self.number = next(numbers)

    def answer(self, status, value, challenge=None):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        if self.path == "/drop" and status == 200:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self.wfile.write(body)

    def greet(self, length):
        self.answer(200, {"user": self.user, "length": length, "socket": self.number})

    def handle_any(self):
        length = len(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        authorization = self.headers.get("Authorization", "")
        if not authorization:
            if self.user:
                return self.greet(length)
            self.challenge = None
            return self.answer(401, "log in", "NTLM")
        message = base64.b64decode(authorization.split()[1])
        if struct.unpack("<I", message[8:12])[0] == 1:
            return self.ask(message)
        if not self.challenge:
            return self.answer(401, "no challenge on socket %d" % self.number, "NTLM")
        return self.check(message, length)

    def ask(self, message):
        self.user = None
        self.challenge = os.urandom(8)
        flags = (
            struct.unpack("<I", message[12:16])[0]
            | ntlm.NTLMSSP_NEGOTIATE_TARGET_INFO
            | ntlm.NTLMSSP_TARGET_TYPE_SERVER
        )
        pairs = ntlm.AV_PAIRS()
        pairs[ntlm.NTLMSSP_AV_HOSTNAME] = utf16("SRV")
        pairs[ntlm.NTLMSSP_AV_DOMAINNAME] = utf16(DOMAIN)
        info, name = pairs.getData(), utf16(DOMAIN)
        reply = (
            b"NTLMSSP\0"
            + struct.pack("<IHHII", 2, len(name), len(name), 56, flags & 0xFFFFFFFF)
            + self.challenge
            + b"\0" * 8
            + struct.pack("<HHI", len(info), len(info), 56 + len(name))
            + b"\x06\x01\xb1\x1d\0\0\0\x0f"
            + name
            + info
        )
        self.answer(401, "go on", "NTLM " + base64.b64encode(reply).decode())

    def check(self, message, length):
        def field(at):
            size, _, offset = struct.unpack("<HHI", message[at : at + 8])
            return message[offset : offset + size]

        proof, domain, user = field(20), field(28).decode("utf-16le"), field(36).decode("utf-16le")
        key = ntlm.NTOWFv2(user, PASSWORD if user == USER else "", domain)
        good = len(proof) > 24 and ntlm.hmac_md5(key, self.challenge + proof[16:]) == proof[:16]
        self.challenge = None
        if not good or domain != DOMAIN:
            return self.answer(401, "wrong", "NTLM")
        self.user = user
        return self.greet(length)

    do_GET = do_POST = handle_any

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
