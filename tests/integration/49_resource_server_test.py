"""Tokens of the daemon at a resource server: docs/examples/resource_server, which uses the library, with real connections
(conformance.md sections 1.4, 4.2 and 10)."""

import base64
import json
import os
import re
import subprocess
import time
import unittest

from support import dpop, tokens
from support.cases import API, ETL_DN, JWKS, TOKEN, DaemonCase, grant, pki_client
from support.daemon import Log, eventually

BINARY = os.environ.get("CERTBOUND_RESOURCE_SERVER", "")
ISSUER = "https://localhost:8443"
ORIGIN = "https://orders.example.com"
REALM = f'Bearer realm="{API}"'
ALGS = 'DPoP algs="ES256 PS256 EdDSA Ed25519"'
NO_TOKEN = f"{REALM}, {ALGS}"
INVALID_TOKEN = f'{REALM}, error="invalid_token", {ALGS}'


def dpop_error(error):
    """The challenge to a request under the scheme DPoP (9449-7-5)."""
    return f'{ALGS}, error="{error}", {REALM}'


class Process:
    """One resource server, which reads its keys from a file."""

    def __init__(self, credential, jwks):
        self.process = subprocess.Popen(
            [BINARY, "0", credential.certificate, credential.key, ISSUER, API, jwks, ORIGIN], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        self.log = Log(self.process.stderr)
        eventually(lambda: "listening on " in self.log.text() or self.process.poll() is not None, within=30, what="listening")
        found = re.search(r"listening on 127\.0\.0\.1:(\d+)", self.log.text())
        if found is None:
            raise AssertionError(f"the resource server did not start: {self.log.text()}")
        self.port = int(found.group(1))

    def end(self):
        self.process.terminate()
        status = self.process.wait(timeout=10)
        self.log.join()
        self.process.stderr.close()
        if status != 0:
            raise AssertionError(f"the resource server ended with {status}:\n{self.log.text()}")


class ResourceServer(DaemonCase):
    @classmethod
    def configure(cls, config):
        cls.reader = cls.pki.leaf("C=GB", "O=Partner Corp", "CN=reader", issuer=cls.partner_ca)
        cls.short = cls.pki.leaf("C=GB", "O=Partner Corp", "CN=short", issuer=cls.partner_ca)
        config["clients"] += [
            pki_client("reader", tls_client_auth_subject_dn="CN=reader,O=Partner Corp,C=GB"),
            pki_client("unbound", tls_client_auth_subject_dn="CN=etl-01,O=Partner Corp,C=GB",
                       tls_client_certificate_bound_access_tokens=False),
            pki_client("prover", tls_client_auth_subject_dn=ETL_DN, sender_constraint="dpop"),
            pki_client("doubled", tls_client_auth_subject_dn=ETL_DN, sender_constraint="both"),
            pki_client("stock", tls_client_auth_subject_dn="CN=etl-01,O=Partner Corp,C=GB", scope="stock.read",
                       resources=("https://stock.example.com",)),
        ]  # fmt: skip

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.jwks = os.path.join(cls.folder, "jwks.json")
        with open(cls.jwks, "wb") as file:
            file.write(cls.curl(JWKS).body)
        cls.api = Process(cls.server, cls.jwks)
        cls.addClassCleanup(cls.api.end)

    def access_token(self, cert=None, client_id="etl"):
        return self.token(cert or self.etl, client_id).json()["access_token"]

    def call(self, token=None, cert=None, *, headers=(), method="GET", target="/", port=None):
        given = ([f"Authorization: Bearer {token}"] if token else []) + list(headers)
        return self.curl(f"https://localhost{target}", cert=cert, port=port or self.api.port, headers=given, method=method)

    def assert_answer(self, response, status, challenge=None, reason=None):
        self.assertEqual((response.status, response.header("WWW-Authenticate")), (status, challenge), response)
        if reason:
            self.api.log.wait_text(f"refused: {reason}: ")

    def test_the_right_certificate(self):
        """8705-3-3, 6750-2.1-1: 200, on one connection as often as asked, whatever the case of the scheme."""
        token = self.access_token()
        response = self.call(token, self.etl)
        self.assert_answer(response, 200)
        self.assertEqual(response.body, b"orders of etl\n")
        for scheme in ("bearer", "BEARER"):
            self.assert_answer(self.call(cert=self.etl, headers=[f"Authorization: {scheme} {token}"]), 200)

    def test_another_certificate(self):
        """8705-3-3: a good certificate of the same CA with somebody else's token, right after that one has used it."""
        token = self.access_token()
        self.assert_answer(self.call(token, self.etl), 200)
        self.assert_answer(self.call(token, self.reader), 401, INVALID_TOKEN, "certificate_mismatch")
        renewed = self.pki.leaf("C=GB", "O=Partner Corp", "CN=etl-01", issuer=self.partner_ca, key=self.etl.key)
        self.assert_answer(self.call(token, renewed), 401, INVALID_TOKEN)
        self.assert_answer(self.call(token, self.reader.with_chain(self.etl)), 401, INVALID_TOKEN)

    def test_no_certificate(self):
        """8705-3-3, 8705-3-4: also where a header brings the right one."""
        token = self.access_token()
        self.assert_answer(self.call(token), 401, INVALID_TOKEN, "certificate_missing")
        field = f":{base64.b64encode(self.etl.der()).decode()}:"
        self.assert_answer(self.call(token, headers=[f"Client-Cert: {field}"]), 401, INVALID_TOKEN)

    def test_no_token(self):
        """6750-3-1, 6750-3-2, 6750-2.3-1: a challenge with a parameter and without an error; a token in the URL is none."""
        self.assert_answer(self.call(cert=self.etl), 401, NO_TOKEN, "token_missing")
        self.assert_answer(self.call(cert=self.etl, headers=["Authorization: Basic YTpi"]), 401, NO_TOKEN)
        self.assert_answer(self.call(cert=self.etl, target=f"/?access_token={self.access_token()}"), 401, NO_TOKEN)

    def test_a_malformed_request(self):
        """6750-3-5: two fields, or no token behind the scheme."""
        token = self.access_token()
        twice = [f"Authorization: Bearer {token}"] * 2
        for headers in (twice, ["Authorization: Bearer"], [f"Authorization: Bearer {token} x"]):
            self.assert_answer(self.call(cert=self.etl, headers=headers), 400, f'{REALM}, error="invalid_request"', "request_malformed")

    def test_a_missing_scope(self):
        """6750-3-4."""
        token = self.access_token(self.reader, "reader")
        self.assert_answer(self.call(token, self.reader), 200)
        challenge = f'{REALM}, error="insufficient_scope", scope="orders.write"'
        self.assert_answer(self.call(token, self.reader, method="POST"), 403, challenge, "scope_missing")
        self.assert_answer(self.call(self.access_token(), self.etl, method="POST"), 200)

    def test_an_expired_token(self):
        """6750-3-3. Signed by a key of ours, since the daemon's would have to be waited for."""
        signer = self.pki.ca("CN=signer")
        api = Process(self.server, self.pki.write("own.json", json.dumps({"keys": [{**self.pki.jwk(signer), "kid": "own"}]})))
        self.addCleanup(api.end)

        def call(**changes):
            now = int(time.time())
            claims = {"iss": ISSUER, "aud": API, "sub": "etl", "client_id": "etl", "jti": "x", "iat": now - 600, "exp": now + 60,
                      "scope": "orders.read", "cnf": {"x5t#S256": self.etl.x5t()}, **changes}  # fmt: skip
            token = tokens.signed({"alg": "ES256", "kid": "own", "typ": "at+jwt"}, claims, signer.key)
            return self.call(token, self.etl, port=api.port)

        self.assert_answer(call(), 200)
        self.assert_answer(call(exp=int(time.time()) - 60), 401, INVALID_TOKEN)
        self.assert_answer(call(nbf=int(time.time()) + 600), 401, INVALID_TOKEN)
        self.assert_answer(call(cnf={"x5t#S256": self.etl.x5t(), "unheard-of": "x"}), 401, INVALID_TOKEN)
        self.assert_answer(call(cnf={"unheard-of": "x"}), 401, INVALID_TOKEN)
        for reason in ("expired", "not_yet_valid", "confirmation_unknown"):
            api.log.wait_text(f"refused: {reason}: ")

    def test_a_token_for_somebody_else(self):
        """9068-4-2: another audience; another issuer's signature; no binding at all."""
        self.assert_answer(self.call(self.access_token(client_id="stock"), self.etl), 401, INVALID_TOKEN, "audience_wrong")
        self.assert_answer(self.call(self.access_token(client_id="unbound"), self.etl), 401, INVALID_TOKEN, "confirmation_missing")
        forged = tokens.signed({"alg": "ES256", "typ": "at+jwt"}, tokens.decode(self.access_token())[1], self.etl.key)
        self.assert_answer(self.call(forged, self.etl), 401, INVALID_TOKEN, "signature_wrong")

    def dpop_token(self, key, client_id="prover"):
        proof = dpop.proof(key, "POST", f"{ISSUER}{TOKEN}")
        response = self.curl(TOKEN, cert=self.etl, form=grant(client_id), headers=[f"DPoP: {proof}"])
        self.assertEqual((response.status, response.json().get("token_type")), (200, "DPoP"), response)
        return response.json()["access_token"]

    def prove(self, token, *proofs, cert=None, scheme="DPoP", **options):
        headers = [f"Authorization: {scheme} {token}", *(f"DPoP: {proof}" for proof in proofs)]
        return self.call(cert=cert, headers=headers, **options)

    def test_a_dpop_proof(self):
        """9449-7-1: of the token's key, for this request at the origin that is published; the Host header has no say."""
        for algorithm in ("ES256", "EdDSA"):
            key = dpop.make_key(algorithm)
            token = self.dpop_token(key)
            for htu in (f"{ORIGIN}/", f"{ORIGIN}:443/?a=b#c", "HTTPS://ORDERS.example.com"):
                self.assert_answer(self.prove(token, dpop.proof(key, "GET", htu, token=token)), 200)
            proof = dpop.proof(key, "GET", f"{ORIGIN}/orders/1", token=token)
            self.assert_answer(self.prove(token, proof, target="/orders/1?a=b", scheme="dpop"), 200)

    def test_a_wrong_dpop_proof(self):
        key, thief = dpop.make_key(), dpop.make_key()
        token, url = self.dpop_token(key), f"{ORIGIN}/"

        def assert_refused(proofs, reason, error="invalid_dpop_proof", **options):
            self.assert_answer(self.prove(token, *proofs, **options), 401, dpop_error(error), reason)

        good = dpop.proof(key, "GET", url, token=token)
        assert_refused([], "proof_missing")
        assert_refused([good, dpop.proof(key, "GET", url, token=token)], "proof_repeated")
        assert_refused(["x"], "proof_malformed")
        assert_refused([dpop.proof(key, "GET", url)], "proof_token_mismatch")
        assert_refused([dpop.proof(key, "GET", url, token=self.access_token())], "proof_token_mismatch")
        assert_refused([dpop.proof(key, "POST", url, token=token)], "proof_request_mismatch")
        assert_refused([dpop.proof(key, "GET", f"https://localhost:{self.api.port}/", token=token)], "proof_request_mismatch")
        assert_refused([dpop.proof(key, "GET", url, token=token, iat=int(time.time()) - 90)], "proof_expired")
        assert_refused([dpop.proof(key, "GET", url, token=token, iat=int(time.time()) + 90)], "proof_not_yet_valid")
        assert_refused([dpop.proof(key, "GET", url, token=token, header={"typ": "JWT"})], "proof_header_refused")
        assert_refused([dpop.proof(thief, "GET", url, token=token, header={"jwk": key.jwk()})], "proof_signature_wrong")
        assert_refused([dpop.proof(thief, "GET", url, token=token)], "proof_key_mismatch", "invalid_token")
        self.assert_answer(self.prove(token, good), 200)
        assert_refused([good], "proof_replayed")
        assert_refused([dpop.proof(key, "GET", "https://other.example.com/", token=token)], "proof_request_mismatch")

    def test_the_scheme_that_goes_with_the_token(self):
        """9449-7-3, 9449-7-4; a proof beside a token that needs none is not looked at."""
        key = dpop.make_key()
        bound, other, url = self.dpop_token(key), self.access_token(), f"{ORIGIN}/"
        self.assert_answer(self.prove(bound, dpop.proof(key, "GET", url, token=bound), scheme="Bearer"), 401, INVALID_TOKEN, "scheme_wrong")
        self.assert_answer(self.call(bound, self.etl), 401, INVALID_TOKEN)
        response = self.prove(other, dpop.proof(key, "GET", url, token=other), cert=self.etl)
        self.assert_answer(response, 401, dpop_error("invalid_token"), "scheme_wrong")
        self.assert_answer(self.prove(other, "noise", cert=self.etl, scheme="Bearer"), 200)

    def test_a_token_that_is_bound_to_both(self):
        """DPoP+mTLS-2."""
        key = dpop.make_key()
        token = self.dpop_token(key, "doubled")

        def prove(key, cert):
            return self.prove(token, dpop.proof(key, "GET", f"{ORIGIN}/", token=token), cert=cert)

        self.assert_answer(prove(key, self.etl), 200)
        self.assert_answer(prove(key, self.reader), 401, dpop_error("invalid_token"), "certificate_mismatch")
        self.assert_answer(prove(key, None), 401, dpop_error("invalid_token"), "certificate_missing")
        self.assert_answer(prove(dpop.make_key(), self.etl), 401, dpop_error("invalid_token"), "proof_key_mismatch")
        self.assert_answer(self.call(token, self.etl), 401, INVALID_TOKEN, "scheme_wrong")

    def test_every_request_of_a_connection_is_judged(self):
        """lessons.md 14: on one connection a good token, a bad one, a good one."""
        good = self.access_token()
        other = self.access_token(self.reader, "reader")
        connection = self.tls(self.etl, port=self.api.port)
        for token, status in ((good, 200), (other, 401), (good, 200), (good[:-4] + "AAAA", 401), (good, 200)):
            connection.send(f"GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
            self.assertEqual(connection.receive().status, status)

    def test_the_log_holds_no_token(self):
        token = self.access_token()
        self.call(token, self.reader)
        self.call(token + "x", self.etl)
        self.assertNotIn(token.split(".")[2], self.api.log.text())
        self.assertNotIn(token.split(".")[1], self.api.log.text())


if __name__ == "__main__":
    unittest.main()
