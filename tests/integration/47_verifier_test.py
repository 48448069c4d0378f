"""Verifiers: a proxy asks whether a request may pass. With the real nginx in its documented configuration
(docs/examples/nginx/api.conf), and by hand (docs/PROXIES.md, lessons.md section 3 on headers that are trusted)."""

import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import unittest
import urllib.parse

from support import tokens
from support.cases import API, OTHER_API, DaemonCase, pki_client
from support.daemon import eventually, run
from support.origin import Origin

ROOT = pathlib.Path(__file__).resolve().parents[2]
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/bin")


def escaped(credential):
    with open(credential.certificate, encoding="ascii") as file:
        return urllib.parse.quote(file.read(), safe="-._~")


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("verifier", timeout=10)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class VerifierCase(DaemonCase):
    @classmethod
    def configure(cls, config):
        cls.reader = cls.pki.leaf("C=GB", "O=Partner Corp", "CN=reader", issuer=cls.partner_ca)
        cls.proxy = cls.pki.leaf("CN=proxy", issuer=cls.pki.ca("CN=Proxies"))
        cls.socket = os.path.join(cls.folder, "verify.sock")
        config["clients"] += [
            pki_client("reader", tls_client_auth_subject_dn="CN=reader,O=Partner Corp,C=GB", scope="orders.write"),
            pki_client("stock", tls_client_auth_subject_dn="CN=etl-01,O=Partner Corp,C=GB", scope="stock.read", resources=(OTHER_API,)),
        ]
        config["verifiers"] = [
            {"address": f"unix:{cls.socket}", "audience": API, "certificate_format": "nginx", "socket_mode": "0600"},
            {"address": "127.0.0.1:0", "audience": API, "proxies": [cls.proxy.certificate]},
        ]

    def access_token(self, cert=None, client_id="etl"):
        return self.token(cert or self.etl, client_id).json()["access_token"]


class Verifiers(VerifierCase):
    def verify(self, headers, target="/verify"):
        connection = UnixConnection(self.socket)
        self.addCleanup(connection.close)
        connection.putrequest("GET", target)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        return answer

    def given(self, token=None, cert=None):
        return ([("Authorization", f"Bearer {token}")] if token else []) + ([("X-SSL-Client-Cert", escaped(cert))] if cert else [])

    def test_the_socket_is_its_owners(self):
        self.assertEqual(os.stat(self.socket).st_mode & 0o7777, 0o600)

    def test_says_whose_token_it_is(self):
        answer = self.verify(self.given(self.access_token(), self.etl))
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.getheader("X-Certbound-Client-Id"), "etl")
        self.assertEqual(answer.getheader("X-Certbound-Certificate"), self.etl.x5t())
        self.assertEqual(set(answer.getheader("X-Certbound-Scope").split()), {"orders.read", "orders.write"})

    def test_refuses_with_the_challenge(self):
        """8705-3-3, 8705-3-4: the certificate of the connection, exactly one, in the one format."""
        token = self.access_token()
        stock = self.access_token(client_id="stock")
        header = ("X-SSL-Client-Cert", escaped(self.etl))
        for what, headers in {
            "another's certificate": self.given(token, self.reader),
            "no certificate": self.given(token),
            "no token": self.given(None, self.etl),
            "forged": self.given(token[:-4] + "AAAA", self.etl),
            "twice": [*self.given(token, self.etl), header],
            "an alias beside it": [*self.given(token, self.etl), ("X_SSL_Client_Cert", escaped(self.reader))],
            "another format": [*self.given(token), ("X-SSL-Client-Cert", ":AAAA:")],
            "another header": [*self.given(token), ("Client-Cert", escaped(self.etl))],
            "for another resource": self.given(stock, self.etl),
        }.items():
            with self.subTest(what):
                answer = self.verify(headers)
                self.assertEqual(answer.status, 401)
                self.assertTrue(answer.getheader("WWW-Authenticate").startswith(f'Bearer realm="{API}"'))
                self.assertIsNone(answer.getheader("X-Certbound-Client-Id"))
        self.assertEqual(self.verify(self.given(token, self.etl), "/verify?scope=orders.delete").status, 403)
        self.assertEqual(self.verify(self.given(token, self.etl), "/verify?scope=a&scope=b").status, 400)
        self.assertEqual(self.verify(self.given(token, self.etl), "/oauth2/token").status, 404)

    def test_a_denied_token(self):
        """In effect when the verb has ended, on every worker; another token of the same client goes on."""
        denied, other = self.access_token(), self.access_token()
        jti = tokens.decode(denied)[1]["jti"]
        for _ in range(8):
            self.assertEqual(self.verify(self.given(denied, self.etl)).status, 200)
        done = run("deny", "add", "--jti", jti, "--reason", "a test", "--config", self.daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        for _ in range(8):
            answer = self.verify(self.given(denied, self.etl))
            self.assertEqual(answer.status, 401)
            self.assertIn('error="invalid_token"', answer.getheader("WWW-Authenticate"))
            self.assertEqual(self.verify(self.given(other, self.etl)).status, 200)

    def test_a_rotation_of_the_keys(self):
        """Tokens of the old key and of the new one."""
        old = self.access_token()
        self.assertEqual(self.verify(self.given(old, self.etl)).status, 200)
        done = run("keys", "rotate", "--now", "--config", self.daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        new = self.access_token()
        self.assertNotEqual(tokens.decode(old)[0]["kid"], tokens.decode(new)[0]["kid"])
        for token in (old, new, old, new):
            self.assertEqual(self.verify(self.given(token, self.etl)).status, 200)

    def test_a_port_answers_its_proxies_alone(self):
        """RFC 9440 by default; the handshake of anybody else fails or is refused."""
        events = [event for event in self.daemon.log.events("listening") if event["listener"] == "verifier"]
        port = int(next(event["address"] for event in events if event["scheme"] == "https").rpartition(":")[2])
        token = self.access_token()
        header = ":" + re.sub(r"-----[A-Z ]+-----|\n", "", pathlib.Path(self.etl.certificate).read_text(encoding="ascii")) + ":"
        headers = [f"Authorization: Bearer {token}", f"Client-Cert: {header}"]
        answer = self.curl("https://localhost/verify", cert=self.proxy, port=port, headers=headers)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.header("X-Certbound-Client-Id"), "etl")
        answer = self.curl("https://localhost/verify", cert=self.etl, port=port, headers=headers)
        self.assertEqual((answer.status, answer.header("X-Certbound-Client-Id")), (403, None))
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            with self.tls(port=port) as connection:
                connection.send(b"GET /verify HTTP/1.1\r\nHost: x\r\n\r\n")
                if connection.receive() is None:
                    raise ConnectionError("closed")

    def test_a_kept_connection_serves_many(self):
        token, connection = self.access_token(), UnixConnection(self.socket)
        self.addCleanup(connection.close)
        for cert, status in ((self.etl, 200), (self.reader, 401)) * 50:
            connection.request("GET", "/verify", headers=dict(self.given(token, cert)))
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, status)

    def test_bad_configurations(self):
        """Each is an error at its place."""
        good = {"address": "unix:/tmp/x.sock", "audience": API}
        for members, text in (
            ({"address": "unix:x.sock"}, "no Unix socket"),
            ({"address": "unix:/" + "x" * 120}, "too long"),
            ({"address": "127.0.0.1:1"}, "anybody can reach"),
            ({"proxies": [self.proxy.certificate]}, "a Unix socket has no TLS"),
            ({"audience": "https://nobody.example"}, "none of the resources"),
            ({"audience": OTHER_API}, "opaque tokens"),
            ({"socket_mode": "rw"}, "is no mode"),
            ({"certificate_header": "Authorization"}, "no header name"),
            ({"certificate_format": "pem"}, "certificate_format"),
            ({"address": "127.0.0.1:1", "proxies": ["/nowhere.crt"]}, "verifiers[0].proxies[0]"),
        ):
            with self.subTest(text):
                config = self.base_config()
                config["verifiers"] = [{**good, **members}]
                config["resources"][1]["token_format"] = "opaque"
                path = self.pki.write("bad.yaml", json.dumps(config))
                done = run("check", "--config", path)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(text, done.stderr)


class BehindNginx(VerifierCase):
    """docs/examples/nginx/api.conf as it stands, but for its addresses."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if NGINX is None:
            raise AssertionError("nginx is not installed; scripts/install-deps test does that")
        cls.backend = Origin()
        cls.addClassCleanup(cls.backend.stop)
        cls.backend.answers = {"/orders": cls.say_who}
        cls.port = free_port()
        text = (ROOT / "docs" / "examples" / "nginx" / "api.conf").read_text(encoding="utf-8")
        for documented, ours in {
            "unix:/run/certbound/verify.sock": f"unix:{cls.socket}",
            "127.0.0.1:8080": f"127.0.0.1:{cls.backend.port}",
            "listen 443 ssl": f"listen 127.0.0.1:{cls.port} ssl",
            "/etc/nginx/tls/api.crt": cls.server.certificate,
            "/etc/nginx/tls/api.key": cls.server.key,
        }.items():
            assert documented in text, documented
            text = text.replace(documented, ours)
        folder = os.path.join(cls.folder, "nginx")
        os.mkdir(folder)
        own = "".join(f"{kind}_temp_path {folder};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        main = f"daemon off; user root; pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; {own} {text} }}"
        path = os.path.join(folder, "nginx.conf")
        pathlib.Path(path).write_text(main, encoding="utf-8")
        cls.nginx = subprocess.Popen([NGINX, "-p", folder, "-c", path], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        cls.addClassCleanup(cls.end_nginx)
        eventually(lambda: cls.nginx.poll() is not None or is_listening(cls.port), what="nginx")
        if cls.nginx.poll() is not None:
            raise AssertionError(cls.nginx.stderr.read().decode())

    @classmethod
    def end_nginx(cls):
        cls.nginx.terminate()
        cls.nginx.wait(timeout=10)
        cls.nginx.stderr.close()

    @staticmethod
    def say_who(handler, _ending):
        body = json.dumps({name.lower(): value for name, value in handler.headers.items()}).encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def call(self, token=None, cert=None, headers=()):
        given = ([f"Authorization: Bearer {token}"] if token else []) + list(headers)
        return self.curl("https://localhost/orders", cert=cert, port=self.port, headers=given)

    def assert_challenged(self, response, status, error=None):
        self.assertEqual(response.status, status, response)
        challenge = response.header("WWW-Authenticate")
        self.assertTrue(challenge.startswith(f'Bearer realm="{API}"'), challenge)
        if error:
            self.assertIn(f'error="{error}"', challenge)

    def test_the_right_certificate(self):
        response = self.call(self.access_token(), self.etl, headers=[
            "X-Client-Id: root", "X-Scope: everything", "X-Certbound-Client-Id: root", "X-Certbound-Scope: a", "X-SSL-Client-Cert: b",
        ])  # fmt: skip
        self.assertEqual(response.status, 200, response)
        seen = json.loads(response.body)
        self.assertEqual(seen["x-client-id"], "etl")
        self.assertEqual(set(seen["x-scope"].split()), {"orders.read", "orders.write"})
        self.assertNotIn("authorization", seen)
        self.assertEqual([name for name in seen if name.startswith(("x-certbound", "x-ssl"))], [])

    def test_another_certificate(self):
        self.assert_challenged(self.call(self.access_token(), self.reader), 401, "invalid_token")

    def test_no_certificate(self):
        self.assert_challenged(self.call(self.access_token()), 401, "invalid_token")

    def test_no_token(self):
        self.assert_challenged(self.call(cert=self.etl), 401)

    def test_a_spoofed_header(self):
        """lessons.md section 3: what the client sends under the header's name counts nothing, however it is spelt."""
        token, pem = self.access_token(), escaped(self.etl)
        for spoofed in ("X-SSL-Client-Cert", "x-ssl-client-cert", "X_SSL_Client_Cert", "Client-Cert", "X-Forwarded-Client-Cert"):
            for cert in (None, self.reader):
                with self.subTest(spoofed, cert=cert is not None):
                    self.assert_challenged(self.call(token, cert, headers=[f"{spoofed}: {pem}"]), 401, "invalid_token")

    def test_a_missing_scope(self):
        self.assert_challenged(self.call(self.access_token(self.reader, "reader"), self.reader), 403, "insufficient_scope")

    def test_a_token_of_another_resource(self):
        self.assert_challenged(self.call(self.access_token(client_id="stock"), self.etl), 401, "invalid_token")

    def test_nothing_reaches_the_api_without_a_token(self):
        asked = self.backend.count("/orders")
        self.call(cert=self.etl)
        self.call(self.access_token(), self.reader)
        self.assertEqual(self.backend.count("/orders"), asked)


class Lives(VerifierCase):
    @classmethod
    def configure(cls, config):
        super().configure(config)
        config["tokens"]["lifetime"] = "10s"

    def test_an_expired_token(self):
        """Also one that was accepted a moment before."""
        token, connection = self.access_token(), UnixConnection(self.socket)
        self.addCleanup(connection.close)

        def ask():
            connection.request("GET", "/verify", headers={"Authorization": f"Bearer {token}", "X-SSL-Client-Cert": escaped(self.etl)})
            answer = connection.getresponse()
            answer.read()
            return answer.status

        self.assertEqual(ask(), 200)
        # The skew that is allowed is 10 s.
        eventually(lambda: ask() == 401, within=40, what="the end of the token")
        self.daemon.log.wait("verifier_refused", reason="expired")

    def test_the_life_of_the_socket(self):
        """Removed at the end; what an earlier run left is replaced; a second daemon gets none."""
        config = {**self.daemon.config, "state_dir": os.path.join(self.folder, "other")}
        path = self.pki.write("second.yaml", json.dumps(config))
        done = run("serve", "--config", path)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("somebody does already", done.stderr)
        self.assertTrue(os.path.exists(self.socket))
        self.daemon.kill()
        self.assertTrue(os.path.exists(self.socket))
        self.daemon.start()
        self.assertTrue(is_listening_at(self.socket))
        self.daemon.stop()
        self.assertFalse(os.path.exists(self.socket))
        self.daemon.start()


def free_port():
    with socket.socket() as plain:
        plain.bind(("127.0.0.1", 0))
        return plain.getsockname()[1]


def is_listening(port):
    with socket.socket() as plain:
        return plain.connect_ex(("127.0.0.1", port)) == 0


def is_listening_at(path):
    with socket.socket(socket.AF_UNIX) as plain:
        return plain.connect_ex(path) == 0


if __name__ == "__main__":
    unittest.main()
