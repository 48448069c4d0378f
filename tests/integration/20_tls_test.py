"""TLS as the daemon terminates it (conformance.md section 3)."""

import socket
import ssl
import subprocess
import unittest

from support.cases import METADATA, TOKEN, DaemonCase, OwnDaemonCase, grant
from support.client import form_request, get_request, s_client

HTTP_REQUEST = b"GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Versions(DaemonCase):
    def test_older_versions_are_refused(self):
        """TLS-1: TLS 1.2 and 1.3 only."""
        for option in ("-tls1", "-tls1_1"):
            status, text = s_client(self.daemon, option, "-cipher", "ALL:@SECLEVEL=0")
            self.assertNotEqual(status, 0, option)
            self.assertNotIn("BEGIN CERTIFICATE", text, option)

    def test_1_3_is_preferred_and_1_2_is_served(self):
        """TLS-1, 8705-8-1."""
        self.assertEqual(self.tls(self.etl).socket.version(), "TLSv1.3")
        connection = self.tls(self.etl, version=ssl.TLSVersion.TLSv1_2)
        connection.send(form_request(grant()))
        self.assert_granted(connection.receive(), self.etl)

    def test_no_certificate_completes_the_handshake(self):
        """TLS-12, TLS-15, 8705-6.1-1: an empty Certificate message is accepted; OAuth decides."""
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            connection = self.tls(version=version)
            connection.send(get_request(METADATA))
            self.assertEqual(connection.receive().status, 200)
            connection.send(form_request(grant()))
            self.assert_refused(connection.receive())

    def test_plain_http_gets_no_answer_that_could_be_mistaken(self):
        """TLS-19, 6749-3.2-5: no plaintext on the TLS port; never a token, never a 2xx."""
        with socket.create_connection(("127.0.0.1", self.daemon.port), timeout=20) as plain:
            plain.sendall(form_request(grant(), connection="close"))
            answer = b""
            try:
                while chunk := plain.recv(4096):
                    answer += chunk
            except ConnectionError:
                pass
        self.assertNotIn(b"HTTP/1.1 2", answer)
        self.assertNotIn(b"access_token", answer)
        self.assertEqual(self.token(self.etl).status, 200)


class Suites(DaemonCase):
    def test_only_aead_with_ephemeral_ecdh(self):
        """TLS-2, TLS-3: no CBC, no static RSA, no finite-field DH, no NULL; the permitted ones work (ECDSA certificate)."""
        refused = ["ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384",
                   "ECDHE-ECDSA-AES128-CCM8", "AES128-GCM-SHA256", "AES256-SHA", "DHE-RSA-AES128-GCM-SHA256",
                   "ECDHE-RSA-AES128-SHA", "NULL-SHA256", "ADH-AES128-GCM-SHA256"]  # fmt: skip
        for suite in refused:
            status, text = s_client(self.daemon, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
            self.assertNotEqual(status, 0, suite)
            self.assertNotIn("Cipher is " + suite, text)
        for suite in ("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"):
            _, text = s_client(self.daemon, "-tls1_2", "-cipher", suite)
            self.assertIn("Cipher is " + suite, text)

    def test_no_compression(self):
        """TLS-3."""
        _, text = s_client(self.daemon, "-tls1_2", "-comp")
        self.assertIn("Compression: NONE", text)

    def test_client_signature_algorithms(self):
        """TLS-4: CertificateRequest comes with signature algorithms, none of them with SHA-1, MD5, SHA-224 or DSA."""
        for version in ("-tls1_2", "-tls1_3"):
            _, text = s_client(self.daemon, version)
            lines = [line for line in text.splitlines() if line.startswith("Requested Signature Algorithms:")]
            self.assertEqual(len(lines), 1, text)
            offered = lines[0].split(":", 1)[1].upper()
            self.assertIn("ECDSA+SHA256", offered)
            self.assertIn("ED25519", offered)
            self.assertIn("RSA-PSS+SHA256", offered)
            for word in ("SHA1", "MD5", "SHA224", "DSA+SHA1", "UNDEF"):
                self.assertNotIn(word, offered.replace("ECDSA+", "EC+"))
            self.assertNotIn(" DSA", " " + offered.replace("ECDSA", ""))

    def test_no_list_of_authorities(self):
        """TLS-14: a list would steer clients of other CAs away and tell strangers who the partners are."""
        _, text = s_client(self.daemon)
        self.assertIn("No client certificate CA names sent", text)

    def test_alpn(self):
        """TLS-22: http/1.1 is selected; a client that offers only h2 gets an alert instead of bytes that it would misread."""
        self.assertEqual(self.tls(alpn=["h2", "http/1.1"]).socket.selected_alpn_protocol(), "http/1.1")
        with self.assertRaises(ssl.SSLError):
            self.tls(alpn=["h2"])
        self.assertIsNone(self.tls().socket.selected_alpn_protocol())


class Resumption(DaemonCase):
    def test_no_tickets(self):
        """TLS-7, TLS-8, TLS-11, CVE-2025-23419: TLS 1.3 sends no NewSessionTicket, so nothing resumes and no early data exists."""
        _, text = s_client(self.daemon, "-tls1_3", "-msg", "-ign_eof", stdin=HTTP_REQUEST)
        self.assertIn("HTTP/1.1 200", text)
        self.assertIn("CertificateRequest", text)
        self.assertNotIn("NewSessionTicket", text)

    def test_no_session_of_tls_1_2_is_reused(self):
        """TLS-8."""
        _, text = s_client(self.daemon, "-tls1_2", "-reconnect")
        self.assertNotIn("Reused", text)
        self.assertGreaterEqual(text.count("New, TLSv1.2"), 2)
        self.assertNotIn("TLS session ticket:", text)

    def test_python_cannot_resume_either(self):
        """TLS-8, TLS-9: the session of a first connection, offered to a second one, does not come back."""
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(self.server_ca.certificate)
            context.minimum_version = context.maximum_version = version
            session = None
            for _ in range(2):
                plain = socket.create_connection(("127.0.0.1", self.daemon.port), timeout=20)
                with context.wrap_socket(plain, server_hostname="localhost", session=session) as connection:
                    connection.sendall(HTTP_REQUEST)
                    self.assertTrue(connection.recv(16).startswith(b"HTTP/1.1 200"))
                    self.assertFalse(connection.session_reused)
                    session = connection.session


class Renegotiation(DaemonCase):
    def test_it_is_refused(self):
        """TLS-5, 8705-3-5: a client of TLS 1.2 cannot renegotiate to change its certificate."""
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{self.daemon.port}", "-servername", "localhost", "-tls1_2",
                   "-cert", self.etl.certificate, "-key", self.etl.key]  # fmt: skip
        done = subprocess.run(command, input=b"R\n", capture_output=True, check=False, timeout=60)
        text = (done.stdout + done.stderr).decode(errors="replace")
        self.assertIn("RENEGOTIATING", text)
        self.assertTrue("no renegotiation" in text or "error" in text.lower(), text[-600:])
        self.assertEqual(self.token(self.etl).status, 200)

    def test_no_certificate_request_after_the_handshake(self):
        """TLS-6: also where the client offers post-handshake authentication, there is one CertificateRequest, the handshake's."""
        request = form_request(grant(), connection="close")
        _, text = s_client(self.daemon, "-tls1_3", "-enable_pha", "-msg", "-ign_eof", stdin=request)
        self.assertIn("invalid_client", text)
        received = [line for line in text.splitlines() if line.startswith("<<<") and "CertificateRequest" in line]
        self.assertEqual(len(received), 1, received)


class RsaServer(DaemonCase):
    @classmethod
    def configure(cls, config):
        cls.rsa_server = cls.pki.server(cls.server_ca, kind="rsa2048")
        config["tls"] = {"certificate": cls.rsa_server.certificate, "private_key": cls.rsa_server.key}

    def test_an_rsa_certificate_serves(self):
        """Issue 2: ECDSA and RSA server certificates; TLS-2 for the RSA suites."""
        self.assert_granted(self.token(self.etl), self.etl)
        for suite in ("ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"):
            _, text = s_client(self.daemon, "-tls1_2", "-cipher", suite)
            self.assertIn("Cipher is " + suite, text)
        for suite in ("AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES128-SHA256"):
            status, text = s_client(self.daemon, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0")
            self.assertNotEqual(status, 0, suite)


class ServerChain(OwnDaemonCase):
    def test_the_intermediates_of_the_file_are_sent(self):
        """product.md section 3: tls.certificate is PEM, leaf first; 8414-6-1: it verifies for a client that knows the root only."""
        sub = self.pki.ca("CN=Server Sub CA", issuer=self.server_ca)
        leaf = self.pki.server(sub)
        config = self.base_config()
        config["tls"] = {"certificate": leaf.with_chain(sub).certificate, "private_key": leaf.key}
        daemon, curl = self.start(config)
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
