"""The real HAProxy in its documented configuration (docs/examples/haproxy): what holds behind every proxy, and what only it could
get wrong."""

import contextlib
import os
import pathlib
import socket
import ssl
import threading
import unittest

from support.daemon import PATIENCE
from support.pki import openssl
from support.verifiers import EXAMPLES, ProxyTests, VerifierCase


class BehindHaproxy(ProxyTests, VerifierCase):
    """docs/examples/haproxy/haproxy.cfg and certbound.lua as they stand, but for their addresses."""

    certificate_format = "rfc9440"
    client_id_header, scope_header = "x-certbound-client-id", "x-certbound-scope"

    @classmethod
    def start_proxy(cls):
        pem = cls.pki.write("api.pem", pathlib.Path(cls.server.certificate).read_text() + pathlib.Path(cls.server.key).read_text())
        text = cls.example("haproxy/haproxy.cfg", {
            "/run/certbound/verify.sock": cls.socket,
            "server api 127.0.0.1:8080": f"server api 127.0.0.1:{cls.backend.port}",
            "bind :443 ssl": f"bind 127.0.0.1:{cls.port} ssl",
            "/etc/haproxy/tls/api.pem": pem,
            "/etc/haproxy/certbound.lua": str(EXAMPLES / "haproxy" / "certbound.lua"),
        })  # fmt: skip
        cls.run_proxy("haproxy", "-db", "-f", cls.pki.write("haproxy.cfg", text))

    def test_both_versions_of_http(self):
        token = self.access_token()
        for option in ("--http1.1", "--http2"):
            heard = self.assert_passed(self.call(token, self.etl, ["X_Certbound_Client_Id: a", "X.Certbound.Scope: b"], [option]), "etl")
            self.assertEqual([name for name, _ in heard if name.startswith(("x_", "x."))], [])
            self.assert_challenged(self.call(token, self.reader, options=[option]), 401, "invalid_token")

    def test_asks_for_any_certificate(self):
        """Names of CAs would make clients with other certificates send none."""
        said = openssl("s_client", "-connect", f"127.0.0.1:{self.port}", stdin=b"").decode()
        self.assertIn("No client certificate CA names sent", said)
        self.assertIn("Client Certificate Types", said + openssl("s_client", "-tls1_2", "-connect", f"127.0.0.1:{self.port}", stdin=b"").decode())

    def test_identity_is_no_hop_by_hop_header(self):
        for value in ("X-Certbound-Client-Id", "close, x-certbound-scope", "keep-alive ,X-CERTBOUND-Anything"):
            response = self.call(self.access_token(), self.etl, [f"Connection: {value}"], ["--http1.1"])
            self.assertEqual(response.status, 400, value)

    def test_the_backend_hears_all_that_certbound_says(self):
        more = [f"{name}: a" for name in ("X-Certbound-Anything", "X-CERTBOUND-", "Client-Cert-Chain")]
        heard = dict(self.assert_passed(self.call(self.access_token(), self.etl, more), "etl"))
        self.assertNotIn("client-cert-chain", heard)
        names = {name for name in heard if name.startswith("x-certbound-")}
        self.assertEqual(names, {f"x-certbound-{name}" for name in ("client-id", "subject", "scope", "token-id", "expires-at", "certificate", "jkt")})
        self.assertEqual(heard["x-certbound-certificate"], self.etl.x5t())

    def connect(self, cert, context=None, session=None):
        context = context or self.context(cert)
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=10 * PATIENCE)
        connection = context.wrap_socket(plain, server_hostname="localhost", session=session)
        self.addCleanup(connection.close)
        return connection

    def context(self, cert, version=None):
        context = ssl.create_default_context(cafile=self.server_ca.certificate)
        context.load_cert_chain(cert.certificate, cert.key)
        if version:
            context.minimum_version = context.maximum_version = version
        return context

    def ask(self, connection, token):
        """The status of one request on a connection that stays open."""
        connection.sendall(f"GET /orders HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())

        def receive():
            octets = connection.recv(65536)
            if not octets:
                raise AssertionError("the connection ended")
            return octets

        octets = b""
        while b"\r\n\r\n" not in octets:
            octets += receive()
        head, _, body = octets.partition(b"\r\n\r\n")
        length = int(next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")).split(b":")[1])
        while len(body) < length:
            body += receive()
        return int(head.split(b" ")[1])

    def test_no_session_is_resumed(self):
        """A resumed one would say who had the key once."""
        token = self.access_token()
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version.name):
                context = self.context(self.etl, version)
                first = self.connect(self.etl, context)
                self.assertEqual(self.ask(first, token), 200)
                again = self.connect(self.etl, context, first.session)
                self.assertFalse(again.session_reused)
                self.assertEqual(self.ask(again, token), 200)

    def test_connections_are_not_mixed_up(self):
        """Kept connections, whose requests come in turn."""
        tokens_of = {"etl": (self.etl, self.access_token()), "batch": (self.batch, self.access_token(self.batch, "batch"))}
        connections = {name: self.connect(cert) for name, (cert, _) in tokens_of.items()}
        for _ in range(20):
            for name, connection in connections.items():
                for owner, (_, token) in tokens_of.items():
                    self.assertEqual(self.ask(connection, token), 200 if owner == name else 401)

    def test_a_verifier_that_fails(self):
        """Whatever comes in place of an answer of certbound's: 503, within its deadline, and nothing reaches the API."""
        token, asked = self.access_token(), self.backend.count("/orders")
        self.daemon.stop()
        self.addCleanup(self.daemon.start)
        good = "X-Certbound-Token-Id: a\r\nX-Certbound-Client-Id: etl\r\n"
        for what, answer in {
            "nothing": None,
            "an end": b"",
            "noise": b"noise\r\n\r\n",
            "half a head": b"HTTP/1.1 200 OK\r\nX-Certb",
            "200 of somebody else": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "204": f"HTTP/1.1 204 No Content\r\n{good}\r\n".encode(),
            "302": f"HTTP/1.1 302 Found\r\nLocation: /verify\r\n{good}Content-Length: 0\r\n\r\n".encode(),
            "400": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
            "403 without a challenge": b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
            "500": f"HTTP/1.1 500 No\r\n{good}Content-Length: 0\r\n\r\n".encode(),
        }.items():
            with self.subTest(what), FakeVerifier(self.socket, answer):
                response = self.call(token, self.etl, options=["--max-time", str(8 * PATIENCE)])
                self.assertEqual((response.status, response.header("WWW-Authenticate")), (503, None))
        self.assertEqual(self.backend.count("/orders"), asked)


class FakeVerifier:
    """Answers every connection at a path so, or, with None, not at all."""

    def __init__(self, path, answer):
        self.answer = answer
        self.path = path
        self.kept = []
        self.listener = socket.socket(socket.AF_UNIX)

    def __enter__(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path)
        self.listener.bind(self.path)
        self.listener.listen()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        for connection in [*self.kept, self.listener]:
            connection.close()
        os.unlink(self.path)

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return  # __exit__
            self.kept.append(connection)
            connection.recv(65536)
            if self.answer is not None:
                connection.sendall(self.answer)
                connection.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    unittest.main()
