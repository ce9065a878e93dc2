"""A small backend behind a guarding proxy, with Python's standard library only: python3 backend.py [port]

It believes the identity headers, because only the proxy can reach it: it listens on loopback, and the proxy removes what a client
sends under these names. A backend that others can reach as well verifies X-Auth-Request-Assertion instead (docs/forward-auth.md).
"""

import base64
import hashlib
import json
import posixpath
import re
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BELIEVED = ("x-auth-request-", "x-forwarded-", "forwarded", "remote-", "upgrade")


class Backend(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def answer(self):
        if self.headers.get("Upgrade", "").lower() == "websocket":
            return self.echo_frames()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        page = "admin" if routed(self.path).startswith("/admin") else "app"
        answer = {"page": page, "method": self.command, "path": self.path, "body": body, "headers": self.believed()}
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def believed(self):
        """The headers that backends act on, as CGI, WSGI and PHP read names: whatever is no letter or digit is one and the same."""
        named = [(re.sub("[^a-z0-9]", "-", name.lower()), value) for name, value in self.headers.items()]
        return [[name, value] for name, value in named if name.startswith(BELIEVED)]

    def echo_frames(self):
        """RFC 6455: accepts the upgrade, and sends each short text frame back."""
        key = self.headers.get("Sec-WebSocket-Key", "") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        while True:
            head = self.rfile.read(2)
            if len(head) < 2 or head[0] != 0x81:
                return
            size = head[1] & 0x7F
            mask = self.rfile.read(4)
            text = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self.rfile.read(size)))
            self.wfile.write(bytes([0x81, size]) + text)
            self.wfile.flush()

    def log_message(self, *_):
        pass


def routed(path):
    """The path as the most lenient framework would route it: decoded, without parameters, dot segments or double slashes."""
    decoded = urllib.parse.unquote(urllib.parse.unquote(path.split("?")[0])).replace("\\", "/")
    plain = "/".join(part.split(";")[0] for part in decoded.split("/"))
    return "/" + posixpath.normpath(plain).lstrip("/").lower()


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8000), Backend)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
