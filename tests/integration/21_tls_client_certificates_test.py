"""What the handshake takes of client certificates: whatever parses, is strong enough and is proven (product.md section 5 rule 1)."""

import ssl
import unittest

from support.cases import ETL_SUBJECT, METADATA, TOKEN, DaemonCase, grant, self_signed_client
from support.client import form_request, get_request
from support.pki import DAY, now

KINDS = ("ec256", "ec384", "ec521", "ed25519", "rsa2048")


class Keys(DaemonCase):
    @classmethod
    def configure(cls, config):
        cls.by_kind = {kind: cls.pki.leaf(*ETL_SUBJECT, issuer=cls.partner_ca, kind=kind) for kind in KINDS}
        cls.own_by_kind = {kind: cls.pki.leaf(f"CN=self {kind}", kind=kind) for kind in KINDS}
        for kind, own in cls.own_by_kind.items():
            config["clients"].append(self_signed_client(f"self-{kind}", certificates=[own.certificate]))

    def test_each_kind_with_each_version(self):
        """TLS-17: RSA 2048, P-256, P-384, P-521 and Ed25519, with TLS 1.2 and 1.3, PKI and self-signed: a token bound to it."""
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            for kind in KINDS:
                with self.subTest(version=version.name, kind=kind):
                    connection = self.tls(self.by_kind[kind], version=version)
                    connection.send(form_request(grant()))
                    self.assert_granted(connection.receive(), self.by_kind[kind])
                    connection = self.tls(self.own_by_kind[kind], version=version)
                    connection.send(form_request(grant(f"self-{kind}")))
                    self.assert_granted(connection.receive(), self.own_by_kind[kind])


class Strangers(DaemonCase):
    @classmethod
    def configure(cls, config):
        cls.stranger = cls.pki.leaf(*ETL_SUBJECT)
        cls.expired = cls.pki.leaf(*ETL_SUBJECT, issuer=cls.partner_ca, not_before=now() - 9 * DAY, not_after=now() - DAY)
        cls.weak = cls.pki.leaf(*ETL_SUBJECT, issuer=cls.partner_ca, kind="rsa1024")
        cls.sha1 = cls.pki.leaf(*ETL_SUBJECT, issuer=cls.partner_ca, digest="sha1")

    def assert_oauth_decides(self, cert):
        """The handshake completes, documents are served, and the token endpoint refuses like any other."""
        connection = self.tls(cert)
        connection.send(get_request(METADATA))
        self.assertEqual(connection.receive().status, 200)
        connection.send(form_request(grant()))
        self.assert_refused(connection.receive())

    def test_an_unknown_issuer_does_not_end_the_handshake(self):
        """8705-6.1-2: supporting self-signed means that TLS must not reject unknown issuers."""
        self.assert_oauth_decides(self.stranger)

    def test_expiry_does_not_end_the_handshake_but_refuses_the_client(self):
        """TLS-13: an accept-everything handshake must not hide expiry from the OAuth layer."""
        self.assert_oauth_decides(self.expired)

    def assert_no_token(self, cert):
        response = self.weak_token(cert)
        if response is not None:
            self.assert_refused(response)
        self.assert_granted(self.token(self.etl), self.etl)

    def test_a_weak_key_gets_no_token(self):
        """TLS-17, 8705-2.1-14: RSA 1024 is refused, by an alert or by invalid_client."""
        self.assert_no_token(self.weak)
        self.daemon.log.wait("handshake_failed", "client_refused")

    def test_a_sha1_signature_gets_no_token(self):
        """8705-2.1-14."""
        self.assert_no_token(self.sha1)


class Sizes(DaemonCase):
    @classmethod
    def configure(cls, config):
        cls.others = [cls.pki.ca(f"CN=Filler {i}") for i in range(8)]
        names = [f"DNS:{i:04}.{'x' * 50}.example" for i in range(16000)]
        cls.large = cls.pki.leaf(*ETL_SUBJECT, issuer=cls.partner_ca, san=names)

    def assert_no_token(self, cert):
        """An alert, a reset or invalid_client; afterwards the server is as before."""
        response = self.curl(TOKEN, cert=cert, form=grant(), check=False)
        if response.exit_code == 0:
            self.assert_refused(response)
        else:
            self.assertIn(response.exit_code, (35, 52, 55, 56), response.message)
        self.assert_granted(self.token(self.etl), self.etl)

    def test_a_chain_of_a_hundred_is_bounded(self):
        """TLS-18, CVE-2026-32280: the number of certificates that is looked at is bounded; memory stays flat."""
        chain = self.etl.with_chain(*(self.others * 13)[:100])
        before = self.daemon.resident_kib()
        for _ in range(5):
            self.assert_no_token(chain)
        self.assertLess(self.daemon.resident_kib() - before, 16 * 1024)

    def test_a_certificate_of_a_megabyte_is_bounded(self):
        """TLS-18."""
        self.assertGreater(len(self.large.der()), 1_000_000)
        before = self.daemon.resident_kib()
        for _ in range(3):
            self.assert_no_token(self.large)
        self.assertLess(self.daemon.resident_kib() - before, 32 * 1024)

    def test_a_few_unneeded_certificates_do_no_harm(self):
        """8705-2.1-15: what else is sent is material for the path and no more."""
        self.assert_granted(self.token(self.etl.with_chain(*self.others[:2])), self.etl)


class Possession(DaemonCase):
    def test_the_chain_behind_the_leaf_proves_nothing(self):
        """TLS-16, 8705-2-1: the leaf is the one whose key signed CertificateVerify; the rest of the file is not an identity."""
        own = self.pki.leaf("CN=own")
        self.assert_refused(self.token(own.with_chain(self.etl, self.partner_ca)))

    def test_a_certificate_with_a_changed_signature_is_refused(self):
        """8705-2.1-1: the holder of the key changes a bit of the CA's signature; the handshake proves the key, the chain does not."""
        response = self.token(self.pki.damaged_signature(self.etl))
        self.assert_refused_because(response, "bad_signature")


if __name__ == "__main__":
    unittest.main()
