"""Several listeners, what each asks of its clients, and mtls_endpoint_aliases (conformance.md sections 1.5 and 3)."""

import ssl
import unittest

from support.cases import METADATA, TOKEN, DaemonCase, grant
from support.client import Tls, form_request, get_request, s_client

PLAIN = "127.0.0.1"
MUTUAL = "127.0.0.2"
STRICT = "127.0.0.3"
ALIAS = "https://mtls.localhost:9443"


class Listeners(DaemonCase):
    """One that asks for nothing, one that requests (under another URL), one that requires."""

    @classmethod
    def configure(cls, config):
        config["listeners"] = [
            {"address": f"{PLAIN}:0", "client_certificate": "none"},
            {"address": f"{MUTUAL}:0", "client_certificate": "request", "url": ALIAS},
            {"address": f"{STRICT}:0", "client_certificate": "require"},
        ]

    def ask(self, ip, target, **options):
        return self.curl(target, ip=ip, port=self.daemon.port_at(ip), **options)

    def s_client(self, ip, *options, **more):
        return s_client(self.daemon, *options, ip=ip, port=self.daemon.port_at(ip), **more)[1]

    def test_only_some_request_a_certificate(self):
        """8705-5-5: no CertificateRequest on the conventional host, one on the alias."""
        self.assertNotIn("CertificateRequest", self.s_client(PLAIN, "-msg"))
        self.assertIn("CertificateRequest", self.s_client(MUTUAL, "-msg"))
        self.assertIn("CertificateRequest", self.s_client(STRICT, "-msg"))

    def test_none_serves_documents_and_no_tls_client(self):
        self.assertEqual(self.ask(PLAIN, METADATA).status, 200)
        self.assert_refused(self.ask(PLAIN, TOKEN, cert=self.etl, form=grant()))

    def test_require_ends_a_handshake_without_a_certificate(self):
        """TLS-20: with TLS 1.3 the alert comes after the client thinks that it is done, so the answer is read before judging."""
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version=version.name):
                try:
                    with Tls(self.daemon, self.server_ca, version=version, ip=STRICT, port=self.daemon.port_at(STRICT)) as connection:
                        connection.send(get_request(METADATA))
                        self.assertIsNone(connection.receive())
                except (ssl.SSLError, ConnectionError):
                    pass  # the alert came first
        self.assert_granted(self.ask(STRICT, TOKEN, cert=self.etl, form=grant()), self.etl)

    def test_require_still_leaves_trust_to_the_client(self):
        """product.md section 5 rule 1: also there, whom to trust is decided per client."""
        self.assert_refused(self.ask(STRICT, TOKEN, cert=self.pki.leaf("CN=stranger"), form=grant()))

    def test_the_aliases_are_announced(self):
        """8705-5-1, 8705-5-2: an object, absolute https URLs, only what a client calls directly."""
        metadata = self.ask(PLAIN, METADATA).json()
        aliases = metadata["mtls_endpoint_aliases"]
        self.assertEqual(aliases["token_endpoint"], ALIAS + TOKEN)
        for name, url in aliases.items():
            self.assertTrue(name.endswith("_endpoint"), name)
            self.assertTrue(url.startswith("https://"), url)
            self.assertIn(name, metadata)
        self.assertFalse({"authorization_endpoint", "jwks_uri", "issuer", "end_session_endpoint"} & set(aliases))

    def test_the_alias_answers_and_the_issuer_stays(self):
        """8705-5-3, 8705-5-4: the alias works as it is written, and a token from there names the same issuer."""
        metadata = self.ask(PLAIN, METADATA).json()
        response = self.ask(MUTUAL, metadata["mtls_endpoint_aliases"]["token_endpoint"], cert=self.etl, form=grant())
        claims = self.assert_granted(response, self.etl)
        self.assertEqual(claims["iss"], metadata["issuer"])
        self.assertEqual(self.ask(MUTUAL, ALIAS + METADATA).json(), metadata)

    def test_no_session_crosses_listeners(self):
        """TLS-10, 8705-5-6, CVE-2025-23419: nothing that one listener gave out shortens a handshake on another."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.server_ca.certificate)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        session = None
        import socket

        for ip in (PLAIN, MUTUAL):
            plain = socket.create_connection((ip, self.daemon.port_at(ip)), timeout=20)
            with context.wrap_socket(plain, server_hostname="localhost", session=session) as connection:
                connection.sendall(get_request(METADATA))
                self.assertTrue(connection.recv(16).startswith(b"HTTP/1.1 200"))
                self.assertFalse(connection.session_reused)
                session = connection.session


class OneListener(DaemonCase):
    def test_no_alias_without_a_second_origin(self):
        """8705-5-1: absent rather than empty."""
        self.assertNotIn("mtls_endpoint_aliases", self.curl(METADATA).json())


class Operations(DaemonCase):
    def test_metrics_are_on_the_operations_listener_only(self):
        """product.md section 4."""
        response = self.curl.operations("/metrics")
        self.assertEqual(response.status, 200)
        self.assertTrue(response.header("Content-Type").startswith("text/plain"))
        self.assert_error(self.curl("/metrics"), "not_found", 404)

    def test_tokens_are_not(self):
        """TLS-19: the operations listener is plain HTTP and knows no OAuth."""
        url = f"http://127.0.0.1:{self.daemon.operations_port}"
        for path in (TOKEN, METADATA, "/oauth2/jwks"):
            self.assertEqual(self.curl(url + path, form=grant()).status, 404)

    def test_its_limits_are_those_of_the_others(self):
        import socket

        with socket.create_connection(("127.0.0.1", self.daemon.operations_port), timeout=20) as plain:
            plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 20000 + b"\r\n\r\n")
            self.assertTrue(plain.recv(64).startswith(b"HTTP/1.1 431"))


class Kept(DaemonCase):
    def test_two_clients_on_one_connection_are_judged_apart(self):
        """8705-2-11."""
        connection = self.tls(self.etl)
        for client_id, granted in (("etl", True), ("nobody", False), ("etl", True)):
            connection.send(form_request(grant(client_id)))
            response = connection.receive()
            if granted:
                self.assert_granted(response, self.etl)
            else:
                self.assert_refused(response)


if __name__ == "__main__":
    unittest.main()
