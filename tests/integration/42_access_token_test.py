"""JWT access tokens and their binding (conformance.md sections 1.4 and 8)."""

import hashlib
import re
import time
import unittest

from support import tokens
from support.cases import API, JWKS, DaemonCase, pki_client
from support.client import form_request
from support.pki import base64url, openssl

CANONICAL = re.compile(r"\A[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]\Z")


class Claims(DaemonCase):
    @classmethod
    def configure(cls, config):
        config["tokens"]["lifetime"] = "90s"
        cls.sub_ca = cls.pki.ca("CN=Partner Sub", issuer=cls.partner_ca)
        cls.chained = cls.pki.leaf("C=GB", "O=Partner Corp", "CN=etl-01", issuer=cls.sub_ca).with_chain(cls.sub_ca)

    def test_the_claims(self):
        """9068-2.1-3, 9068-2.2-1, 9068-2.2-2, 9068-4-1, D2: all there, with their types."""
        started = int(time.time())
        response = self.token(self.etl)
        answer = response.json()
        header, claims, _ = tokens.decode(answer["access_token"])
        self.assertIn(header["typ"], ("at+jwt", "application/at+jwt"))
        self.assertEqual(header["alg"], "ES256")
        self.assertFalse({"jwk", "jku", "x5u", "x5c", "crit"} & set(header))
        self.assertEqual(claims["iss"], "https://localhost:8443")
        self.assertEqual((claims["sub"], claims["client_id"]), ("etl", "etl"))
        self.assertIn(claims["aud"], (API, [API]))
        for name in ("iat", "exp"):
            self.assertIs(type(claims[name]), int)
        self.assertEqual(claims["exp"] - claims["iat"], 90)
        self.assertEqual(answer["expires_in"], 90)
        self.assertLessEqual(abs(claims["iat"] - started), 5)
        self.assertLessEqual(claims.get("nbf", claims["iat"]), claims["iat"])
        self.assertEqual(claims["scope"], "orders.read orders.write")
        self.assertTrue(tokens.has_valid_signature(answer["access_token"], self.curl(JWKS).json()))

    def test_ids_differ(self):
        """9068-2.2-2, 6749-10-1: every jti once, at least 128 bits."""
        connection = self.tls(self.etl)
        seen = set()
        for _ in range(200):
            connection.send(form_request({"grant_type": "client_credentials", "client_id": "etl"}))
            _, claims, _ = tokens.decode(connection.receive().json()["access_token"])
            seen.add(claims["jti"])
        self.assertEqual(len(seen), 200)
        self.assertGreaterEqual(min(map(len, seen)), 22)

    def test_the_confirmation(self):
        """8705-3-1, 8705-3.1-1 to 3.1-3, 8705-7.2-1: of the leaf, over its DER as openssl writes it, canonical base64url, nothing else."""
        for cert in (self.etl, self.chained):
            claims = self.assert_granted(self.token(cert), cert)
            self.assertEqual(list(claims["cnf"]), ["x5t#S256"])
            value = claims["cnf"]["x5t#S256"]
            self.assertRegex(value, CANONICAL)
            octets = openssl("x509", "-in", cert.certificate, "-outform", "DER")
            self.assertEqual(value, base64url(hashlib.sha256(octets).digest()))
            for wrong in (
                hashlib.sha256(cert.leaf_pem().encode()).digest(),
                hashlib.sha256(openssl("pkey", "-in", cert.key, "-pubout", "-outform", "DER")).digest(),
                hashlib.sha256(self.sub_ca.der()).digest(),
            ):
                self.assertNotEqual(value, base64url(wrong))

    def test_a_renewed_certificate_binds_anew(self):
        """8705-2.1-7, 8705-6.3-1: same subject, same CA, another certificate: a token at once, bound to the new one."""
        renewed = self.pki.leaf("C=GB", "O=Partner Corp", "CN=etl-01", issuer=self.partner_ca)
        self.assertNotEqual(renewed.x5t(), self.etl.x5t())
        self.assert_granted(self.token(renewed), renewed)
        same_key = self.pki.leaf("C=GB", "O=Partner Corp", "CN=etl-01", issuer=self.partner_ca, key=self.etl.key)
        self.assert_granted(self.token(same_key), same_key)


class Binding(DaemonCase):
    @classmethod
    def configure(cls, config):
        config["clients"].append(
            pki_client(
                "unbound", tls_client_auth_subject_dn="CN=etl-01,O=Partner Corp,C=GB", tls_client_certificate_bound_access_tokens=False
            )
        )
        config["clients"].append(
            pki_client(
                "bound", tls_client_auth_subject_dn="CN=etl-01,O=Partner Corp,C=GB", tls_client_certificate_bound_access_tokens=True
            )
        )

    def test_bound_by_default_and_by_registration(self):
        """8705-3.4-1, product.md section 6: true is the default for the TLS methods."""
        self.assert_granted(self.token(self.etl), self.etl)
        self.assert_granted(self.token(self.etl, "bound"), self.etl)

    def test_never_unbound_for_want_of_a_certificate(self):
        """8705-3.4-2, D4."""
        self.assert_refused(self.token(None, "bound"))

    def test_unbound_has_no_cnf_at_all(self):
        """8705-3.4-3: not `cnf: {}`, not null; the client still authenticates with its certificate."""
        claims = self.assert_granted(self.token(self.etl, "unbound"))
        self.assertNotIn("cnf", claims)
        self.assert_refused(self.token(None, "unbound"))


if __name__ == "__main__":
    unittest.main()
