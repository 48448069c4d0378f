"""self_signed_tls_client_auth (conformance.md section 1.3)."""

import base64
import copy
import unittest

from support.cases import TOKEN, DaemonCase, OwnDaemonCase, grant, self_signed_client
from support.pki import DAY, now, thumbprint_7638


class Certificates(DaemonCase):
    @classmethod
    def configure(cls, config):
        pki = cls.pki
        cls.first, cls.second = pki.leaf("CN=batch"), pki.leaf("CN=batch")
        cls.expired = pki.leaf("CN=batch", not_before=now() - 9 * DAY, not_after=now() - DAY)
        cls.future = pki.leaf("CN=batch", not_before=now() + DAY)
        cls.server_only = pki.leaf("CN=batch", eku="serverAuth")
        cls.version_1 = pki.version_1("CN=mtls")
        cls.from_ca = pki.leaf("CN=batch", issuer=cls.partner_ca)
        cls.authority = pki.ca("CN=batch CA")
        everything = [cls.first, cls.second, cls.expired, cls.future, cls.server_only, cls.version_1, cls.from_ca, cls.authority]
        config["clients"].append(self_signed_client("batch", certificates=[cert.certificate for cert in everything]))
        config["clients"].append(self_signed_client("single", certificates=[cls.first.certificate]))

    def test_any_registered_one(self):
        """8705-2.2-1, 8705-2.2-4: no chain is asked for; each of several counts."""
        for cert in (self.first, self.second):
            self.assert_granted(self.token(cert, "batch"), cert)
        self.assert_refused_because(self.token(self.second, "single"), "certificate_not_registered")

    def test_another_with_the_same_name(self):
        """8705-2.2-2."""
        self.assert_refused_because(self.token(self.pki.leaf("CN=batch"), "batch"), "certificate_not_registered")

    def test_the_same_key_in_another_certificate(self):
        """8705-2.2-3, D5: registered by certificate, so a re-issued one is another."""
        again = self.pki.leaf("CN=batch", key=self.first.key)
        self.assert_refused_because(self.token(again, "batch"), "certificate_not_registered")

    def test_validity_counts(self):
        """D6."""
        self.assert_refused_because(self.token(self.expired, "batch"), "certificate_expired")
        self.assert_refused_because(self.token(self.future, "batch"), "certificate_not_yet_valid")

    def test_what_a_chain_would_need_does_not_count(self):
        """8705-2.2-1, D6, 8705-A-1: neither purpose nor X.509 v3."""
        for cert in (self.server_only, self.version_1):
            self.assert_granted(self.token(cert, "batch"), cert)

    def test_a_cas_word_is_neither_needed_nor_enough(self):
        """8705-2.2-7: registered by value also where a CA issued it; its CA's others are not."""
        self.assert_granted(self.token(self.from_ca, "batch"), self.from_ca)
        stranger = self.pki.leaf("CN=batch", issuer=self.partner_ca)
        self.assert_refused_because(self.token(stranger, "batch"), "certificate_not_registered")

    def test_a_registered_certificate_is_no_ca(self):
        """product.md section 5 rule 5, openiddict 2417: for nobody, not even for its own client."""
        below = self.pki.leaf("CN=batch", issuer=self.authority)
        self.assert_refused_because(self.token(below.with_chain(self.authority), "batch"), "certificate_not_registered")
        below = self.pki.leaf("C=GB", "O=Partner Corp", "CN=etl-01", issuer=self.authority)
        self.assert_refused(self.token(below.with_chain(self.authority), "etl"))

    def test_what_is_sent_after_the_leaf_does_not_count(self):
        """CVE-2023-2422 for this method."""
        own = self.pki.leaf("CN=own")
        self.assert_refused_because(self.token(own.with_chain(self.first), "batch"), "certificate_not_registered")


class Jwks(DaemonCase):
    @classmethod
    def configure(cls, config):
        pki = cls.pki
        cls.x5c, cls.x5t, cls.key_only = pki.leaf("CN=x5c"), pki.leaf("CN=x5t"), pki.leaf("CN=key")
        jwks = {"keys": [
            {**pki.jwk(cls.x5c), "kid": "1", "x5c": [base64.b64encode(cls.x5c.der()).decode()]},
            {**pki.jwk(cls.x5t), "kid": "2", "x5t#S256": cls.x5t.x5t()},
            {**pki.jwk(cls.key_only), "kid": "3", "use": "sig", "x-unknown": True},
        ]}  # fmt: skip
        config["clients"].append(self_signed_client("jwks", jwks=jwks))

    def test_each_way_to_register(self):
        """8705-2.2.2-1, 8705-2.2-4: x5c, x5t#S256, key members only."""
        for cert in (self.x5c, self.x5t, self.key_only):
            self.assert_granted(self.token(cert, "jwks"), cert)

    def test_by_certificate_or_by_key(self):
        """D5: a re-issued certificate with the same key counts where the key alone was registered, and only there."""
        again = self.pki.leaf("CN=anything", key=self.key_only.key)
        self.assert_granted(self.token(again, "jwks"), again)
        for cert in (self.x5c, self.x5t):
            response = self.token(self.pki.leaf("CN=anything", key=cert.key), "jwks")
            self.assert_refused_because(response, "certificate_not_registered")

    def test_another_key(self):
        """8705-2.2.2-1."""
        self.assert_refused_because(self.token(self.pki.leaf("CN=key"), "jwks"), "certificate_not_registered")

    def test_thumbprints_are_those_of_rfc_7638(self):
        """JOSE-13: the value of this test's own thumbprint is the RFC's (vectors.md V8705-1), so that the ones above mean something."""
        jwk = {"kty": "EC", "crv": "P-256", "x": "1yfLHCpXqFjxCeHHHMVDTcLscpb07KUxudBmOMn8C7Q", "y": "8_coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8"}
        self.assertEqual(thumbprint_7638(jwk), "Fvi_j8Immo6AlgIwpZKqaXnNP_9b09pLKkQHObRebQY")


class RefusedJwks(OwnDaemonCase):
    def test_what_cannot_be_registered(self):
        """8705-2.2.2-1 to 2.2.2-4, JOSE-7, JOSE-8, JOSE-11: refused at load, and the client is named."""
        cert, other = self.pki.leaf("CN=a"), self.pki.leaf("CN=b")
        whole = self.pki.jwk(cert)
        x5c = base64.b64encode(cert.der()).decode()
        bad = {
            "an empty set": {"keys": []},
            "no keys": {},
            "x5c of another key": {"keys": [{**self.pki.jwk(other), "x5c": [x5c]}]},
            "x5c in base64url": {"keys": [{**whole, "x5c": [base64.urlsafe_b64encode(cert.der()).rstrip(b"=").decode() + "_"]}]},
            "x5c as PEM": {"keys": [{**whole, "x5c": [cert.leaf_pem()]}]},
            "an empty x5c": {"keys": [{**whole, "x5c": []}]},
            "no y": {"keys": [{name: value for name, value in whole.items() if name != "y"}]},
            "a point off the curve": {"keys": [{**whole, "y": whole["x"]}]},
            "a private key": {"keys": [{**whole, "d": whole["x"]}]},
            "a symmetric key": {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]},
            "a short modulus": {"keys": [{"kty": "RSA", "e": "AQAB", "n": base64.urlsafe_b64encode(b"\xc5" * 128).rstrip(b"=").decode()}]},
            "a short x5t#S256": {"keys": [{**whole, "x5t#S256": "abc"}]},
            "x5t of SHA-1 only": {"keys": [{"kty": "EC", "crv": "P-256", "x5t": "T8Qp8fPmVYqb9iHyzQUaAbxBedY"}]},
        }
        daemon, curl = self.start()
        for name, jwks in bad.items():
            with self.subTest(name):
                config = copy.deepcopy(daemon.config) if isinstance(daemon.config, dict) else self.base_config()
                config["clients"] = [config["clients"][0], self_signed_client("batch-07", jwks=jwks)]
                mark = len(daemon.log.text())
                daemon.reload(config, expect="reload_failed")
                self.assertIn("batch-07", daemon.log.text()[mark:])
                self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        daemon.stop()

    def test_neither_certificate_nor_key(self):
        """8705-2.2.2-1."""
        daemon = self.make_daemon()
        config = copy.deepcopy(daemon.config)
        config["clients"].append(self_signed_client("batch-07"))
        daemon.write_config(config)
        daemon.spawn()
        self.assertEqual(daemon.wait_exit(), 78)
        self.assertIn("batch-07", daemon.log.text())


if __name__ == "__main__":
    unittest.main()
