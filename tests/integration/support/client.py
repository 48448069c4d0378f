"""Clients of the daemon: curl for what a partner does, a bare TLS connection for what only an attacker does, openssl s_client."""

import dataclasses
import json
import os
import socket
import ssl
import subprocess
import tempfile
import urllib.parse

from .daemon import PATIENCE

ORIGIN = "https://localhost:8443"  # the issuer's origin; where it really listens is the transport's business


@dataclasses.dataclass
class Response:
    status: int
    headers: list
    body: bytes
    exit_code: int = 0
    message: str = ""

    def header(self, name):
        """The value of a header that may stand once, or None."""
        values = self.header_values(name)
        if len(values) > 1:
            raise AssertionError(f"header {name} stands {len(values)} times")
        return values[0] if values else None

    def header_values(self, name):
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def json(self):
        """The body as a JSON object; a member that stands twice is an error."""

        def unique(pairs):
            names = [name for name, _ in pairs]
            if len(set(names)) != len(names):
                raise AssertionError(f"a member stands twice in {names}")
            return dict(pairs)

        if not (self.header("Content-Type") or "").startswith("application/"):
            raise AssertionError(f"Content-Type is {self.header('Content-Type')}: {self.body[:200]!r}")
        return json.loads(self.body, object_pairs_hook=unique)


def parse_head(octets):
    """Status and headers of a response head."""
    lines = octets.decode("latin-1").split("\r\n")
    status = int(lines[0].split(" ", 2)[1])
    headers = []
    for line in lines[1:]:
        if line:
            name, _, value = line.partition(":")
            headers.append((name, value.strip()))
    return status, headers


class Curl:
    """curl against one daemon. URLs are those of the issuer, as a partner would write them."""

    def __init__(self, daemon, server_ca):
        self.daemon = daemon
        self.server_ca = server_ca

    def __call__(
        self, target, *, cert=None, form=None, data=None, method=None, headers=(), options=(), port=None, ip="127.0.0.1", check=True,
    ):  # fmt: skip
        """One request. `form`: a dict or pairs; `data`: octets as they are. Without either it is a GET."""
        url = target if target.startswith("http") else ORIGIN + target
        with tempfile.TemporaryDirectory() as folder:
            head, body = os.path.join(folder, "head"), os.path.join(folder, "body")
            command = ["curl", "--silent", "--show-error", "--max-time", str(30 * PATIENCE), "--path-as-is", "--globoff",
                       "--noproxy", "*", "--dump-header", head, "--output", body]  # fmt: skip
            if url.startswith("https:"):
                command += ["--cacert", self.server_ca.certificate, "--connect-to", f"::{ip}:{port or self.daemon.port}"]
            if cert is not None:
                command += ["--cert", cert.certificate, "--key", cert.key]
            if form is not None:
                data = urllib.parse.urlencode(form).encode()
            if data is not None:
                command += ["--data-binary", "@-"]
            if method is not None:
                command += ["--head"] if method == "HEAD" else ["--request", method]
            for header in headers:
                command += ["--header", header]
            done = subprocess.run([*command, *options, url], input=data or b"", capture_output=True, check=False)
            message = done.stderr.decode(errors="replace").strip()
            status, fields, octets = 0, [], b""
            if os.path.exists(head):
                with open(head, "rb") as file:
                    octets = file.read()
                heads = [part for part in octets.split(b"\r\n\r\n") if part.strip()]
                if heads:
                    status, fields = parse_head(heads[-1])
            content = b""
            if os.path.exists(body):
                with open(body, "rb") as file:
                    content = file.read()
            if method == "HEAD":  # curl writes the head there
                content = content.removeprefix(octets)
        if check and done.returncode != 0:
            raise AssertionError(f"curl {url} ended with {done.returncode}: {message}\n{self.daemon.log.tail(10)}")
        return Response(status, fields, content, done.returncode, message)

    def operations(self, path, check=True):
        """A request to the operations listener."""
        return self(f"http://127.0.0.1:{self.daemon.operations_port}{path}", check=check)

    def metrics(self):
        """{(name, frozenset of labels): value} of the Prometheus text."""
        response = self.operations("/metrics")
        assert response.status == 200, response
        return parse_metrics(response.body.decode())


def parse_metrics(text):
    found = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        series, value = line.rsplit(" ", 1)
        name, _, labels = series.partition("{")
        pairs = frozenset(
            tuple(part.rstrip('"').split('="', 1)) for part in labels.rstrip("}").replace('",', '"\n').split("\n") if part
        )
        found[(name, pairs)] = float(value)
    return found


class Tls:
    """One TLS connection on which any octets can be sent."""

    def __init__(self, daemon, server_ca, cert=None, *, version=None, alpn=None, port=None, ip="127.0.0.1", weak=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # an end without a close_notify is to be seen
        if weak:  # this side would refuse to send what the other side has to refuse
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.load_verify_locations(server_ca.certificate)
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if cert is not None:
            context.load_cert_chain(cert.certificate, cert.key)
        if alpn:
            context.set_alpn_protocols(alpn)
        plain = socket.create_connection((ip, port or daemon.port), timeout=20 * PATIENCE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket = context.wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False)
        except BaseException:
            plain.close()
            raise
        self._buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, octets):
        self.socket.sendall(octets if isinstance(octets, bytes) else octets.encode())

    def _fill(self):
        """False at the end of the stream, however it came."""
        try:
            octets = self.socket.recv(65536)
        except (ssl.SSLError, ConnectionError):
            octets = b""
        self._buffer += octets
        return bool(octets)

    def receive(self, *, to_head=False):
        """The next response; None when the connection ends before one is complete."""
        while b"\r\n\r\n" not in self._buffer:
            if not self._fill():
                return None
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        status, headers = parse_head(head)
        if 100 <= status < 200:
            return self.receive(to_head=to_head)
        response = Response(status, headers, b"")
        length = int(response.header("Content-Length") or 0)
        if to_head or status == 204:
            return response
        if "chunked" in (response.header("Transfer-Encoding") or ""):
            raise AssertionError("a chunked response is not expected")
        while len(self._buffer) < length:
            if not self._fill():
                return None
        response.body, self._buffer = self._buffer[:length], self._buffer[length:]
        return response

    def is_closed(self, within=5.0):
        """Does the peer end the connection, without sending more, within that time?"""
        self.socket.settimeout(within * PATIENCE)
        try:
            return not self._buffer and not self._fill()
        except TimeoutError:
            return False

    def is_ended(self, within=5.0):
        """As is_closed, and the peer says so first with a close_notify (RFC 8446 section 6.1)."""
        self.socket.settimeout(within * PATIENCE)
        try:
            return not self._buffer and not self.socket.recv(65536)
        except (ssl.SSLError, OSError):
            return False


def form_request(form, path="/oauth2/token", headers=(), connection="keep-alive"):
    """The octets of a POST."""
    body = form if isinstance(form, bytes) else urllib.parse.urlencode(form).encode()
    lines = [f"POST {path} HTTP/1.1", "Host: localhost:8443", "Content-Type: application/x-www-form-urlencoded",
             f"Content-Length: {len(body)}", f"Connection: {connection}", *headers]  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def get_request(path, method="GET", headers=()):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost:8443", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def s_client(daemon, *options, stdin=b"", port=None, ip="127.0.0.1"):
    """`openssl s_client`; returns its exit status and everything that it printed."""
    command = ["openssl", "s_client", "-connect", f"{ip}:{port or daemon.port}", "-servername", "localhost", *options]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=30 * PATIENCE)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")
