"""`token verify` and `jws verify`: what they decide, what they print, how they end (product.md section 2)."""

import json
import os
import time
import unittest

from support import dpop, tokens
from support.cases import API, ETL_DN, JWKS, TOKEN, DaemonCase, grant, pki_client
from support.daemon import run

ISSUER = "https://localhost:8443"


class Verbs(DaemonCase):
    @classmethod
    def configure(cls, config):
        config["clients"] += [
            pki_client("unbound", tls_client_auth_subject_dn=ETL_DN, tls_client_certificate_bound_access_tokens=False),
            pki_client("prover", tls_client_auth_subject_dn=ETL_DN, sender_constraint="dpop"),
        ]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.jwks = cls.pki.write("jwks.json", cls.curl(JWKS).body)
        cls.other = cls.pki.leaf("CN=other", issuer=cls.partner_ca)

    def access_token(self, client_id="etl"):
        return self.token(self.etl, client_id).json()["access_token"]

    def verify(self, token, *arguments, stdin=None, jwks=None, status=0):
        """`token verify`, the JSON of it."""
        words = ["token", "verify", token, "--jwks", jwks or self.jwks, "--issuer", ISSUER, "--audience", API, *arguments]
        text = run(*words, stdin=stdin)
        self.assertEqual(text.returncode, status, text.stderr + text.stdout)
        facts = run(*words, "--json", stdin=stdin)
        self.assertEqual(facts.returncode, status)
        decision = json.loads(facts.stdout)
        self.assertEqual(text.stdout.startswith("accepted\n"), decision["accepted"], text.stdout)
        return decision

    def assert_refused_for(self, reason, token, *arguments, answer=401, **options):
        decision = self.verify(token, *arguments, status=1, **options)
        self.assertEqual((decision["accepted"], decision["reason"], decision["status"]), (False, reason, answer), decision)
        return decision

    def test_accepted(self):
        token = self.access_token()
        decision = self.verify(token, "--cert", self.etl.certificate, "--scope", "orders.read", "--scope", "orders.write")
        self.assertEqual(decision["claims"], tokens.decode(token)[1])
        self.assertEqual(decision["kid"], tokens.decode(token)[0]["kid"])
        text = run("token", "verify", token, "--jwks", self.jwks, "--issuer", ISSUER, "--audience", API, "--cert", self.etl.certificate)
        self.assertIn(f"bound to   {self.etl.x5t()}", text.stdout)

    def test_a_certificate_file_with_its_chain(self):
        """As `curl --cert` takes it: the leaf comes first."""
        self.verify(self.access_token(), "--cert", self.etl.with_chain(self.partner_ca).certificate)
        chained = self.other.with_chain(self.etl)
        self.assert_refused_for("certificate_mismatch", self.access_token(), "--cert", chained.certificate)

    def test_the_token_on_standard_input(self):
        """So that it does not stand in the list of processes."""
        token = self.access_token()
        self.verify("-", "--cert", self.etl.certificate, stdin=token + "\n")
        self.assert_refused_for("token_malformed", "-", "--cert", self.etl.certificate, stdin="")
        self.assert_refused_for("token_malformed", "-", "--cert", self.etl.certificate, stdin=token + "." * (3 << 20))

    def test_refused(self):
        token = self.access_token()
        cert = ("--cert", self.etl.certificate)
        decision = self.assert_refused_for("certificate_mismatch", token, "--cert", self.other.certificate)
        self.assertIn(self.etl.x5t(), decision["detail"])
        self.assertIn(self.other.x5t(), decision["detail"])
        self.assertEqual(decision["www_authenticate"], f'Bearer realm="{API}", error="invalid_token"')
        self.assert_refused_for("certificate_missing", token)
        self.assert_refused_for("scope_missing", token, *cert, "--scope", "orders.delete", answer=403)
        self.assert_refused_for("expired", token, *cert, "--time", str(int(time.time()) + 3600))
        self.assert_refused_for("not_yet_valid", token, *cert, "--time", "2020-01-01T00:00:00Z")
        self.assert_refused_for("signature_wrong", token[:-8] + "AAAAAAAA", *cert)
        self.assert_refused_for("token_malformed", token + "=", *cert)
        words = ("token", "verify", token, "--jwks", self.jwks, *cert)
        for issuer, audience, reason in ((ISSUER + "/", API, "issuer_wrong"), (ISSUER, API + "/", "audience_wrong")):
            done = run(*words, "--issuer", issuer, "--audience", audience, "--json")
            self.assertEqual((done.returncode, json.loads(done.stdout)["reason"]), (1, reason))
        self.assertEqual(run(*words, "--issuer", ISSUER, "--audience", "x", "--audience", API).returncode, 0)

    def test_an_unbound_token_only_where_it_is_allowed(self):
        token = self.access_token("unbound")
        self.assert_refused_for("confirmation_missing", token, "--cert", self.etl.certificate)
        self.verify(token, "--allow-unbound")
        self.assert_refused_for("certificate_missing", self.access_token(), "--allow-unbound")

    def test_a_dpop_proof(self):
        """What a resource server would decide of the whole request; no proof: it came as Bearer."""
        key, url = dpop.make_key(), f"{API}/orders"
        proof = dpop.proof(key, "POST", f"{ISSUER}{TOKEN}")
        token = self.curl(TOKEN, cert=self.etl, form=grant("prover"), headers=[f"DPoP: {proof}"]).json()["access_token"]
        proof = dpop.proof(key, "PUT", url, token=token)
        good = ("--dpop", proof, "--method", "PUT", "--url", url)
        self.assertEqual(self.verify(token, *good)["claims"]["cnf"], {"jkt": dpop.jkt(key)})
        words = ("token", "verify", token, "--jwks", self.jwks, "--issuer", ISSUER, "--audience", API)
        self.assertIn(f"bound to   {dpop.jkt(key)} (jkt)\n", run(*words, *good).stdout)
        self.assert_refused_for("proof_missing", token)
        decision = self.assert_refused_for("proof_request_mismatch", token, "--dpop", proof, "--url", url)
        self.assertTrue(decision["www_authenticate"].startswith("DPoP algs="), decision)
        self.assert_refused_for("proof_request_mismatch", token, "--dpop", proof, "--method", "PUT", "--url", API)
        self.assert_refused_for("proof_key_mismatch", token, "--dpop", dpop.proof(dpop.make_key(), "GET", url, token=token), "--url", url)
        self.assert_refused_for("scheme_wrong", self.access_token(), *good, "--cert", self.etl.certificate)
        for wrong in (("--dpop", proof), ("--url", url), ("--method", "PUT")):
            self.assertEqual(run(*words, *wrong).returncode, 2, wrong)

    def test_a_deny_feed(self):
        """Signed by the issuer's key, which here is one of ours."""
        signer = self.pki.ca("CN=signer")
        jwks = self.pki.write("own.json", json.dumps({"keys": [{**self.pki.jwk(signer), "kid": "own"}]}))
        now = int(time.time())
        header = {"alg": "ES256", "kid": "own"}
        claims = {"iss": ISSUER, "aud": API, "sub": "etl", "client_id": "etl", "jti": "x", "iat": now - 5, "exp": now + 600,
                  "scope": "orders.read", "cnf": {"x5t#S256": self.etl.x5t()}}  # fmt: skip
        token = tokens.signed({**header, "typ": "at+jwt"}, claims, signer.key)

        def feed(denied, kind="denied+jwt", exp=600):
            content = {"iss": ISSUER, "iat": now - 1, "exp": now + exp, "denied": denied}
            return ("--denied", self.pki.write("denied.jwt", tokens.signed({**header, "typ": kind}, content, signer.key)))

        cert = ("--cert", self.etl.certificate)
        self.verify(token, *cert, *feed({}), jwks=jwks)
        self.verify(token, *cert, *feed({"jti": [{"jti": "y", "until": now + 600}]}), jwks=jwks)
        for denied in ({"jti": [{"jti": "x", "until": now + 600}]}, {"x5t#S256": [{"x5t#S256": self.etl.x5t(), "until": now + 600}]},
                       {"client_id": [{"client_id": "etl", "until": now + 600}]}, {"issued_before": [{"issued_before": now, "until": now + 600}]}):  # fmt: skip
            self.assert_refused_for("denied", token, *cert, *feed(denied), jwks=jwks)
        for wrong in (feed({}, kind="at+jwt"), feed({}, exp=-60), feed({"new": []}), ("--denied", self.pki.write("empty", ""))):
            self.assert_refused_for("denials_unavailable", token, *cert, *wrong, jwks=jwks, answer=503)
        self.assertEqual(run("token", "verify", token, "--jwks", jwks, "--issuer", ISSUER, "--audience", API, "--denied", "/gone").returncode, 3)

    def test_keys_from_the_server(self):
        """An https URL, verified with the CAs that are given."""
        token = self.access_token()
        url = f"https://localhost:{self.daemon.port}{JWKS}"
        cert = ("--cert", self.etl.certificate)
        self.verify(token, *cert, "--jwks-ca", self.server_ca.certificate, jwks=url)
        words = ("token", "verify", token, "--issuer", ISSUER, "--audience", API, *cert)
        for place, ca, why in (
            (url, self.partner_ca.certificate, "certificate_untrusted"), (url + "x", self.server_ca.certificate, "status"),
            (url.replace("https:", "http:"), self.server_ca.certificate, "scheme_not_allowed"),
            ("https://user@localhost/", self.server_ca.certificate, "--jwks"), (os.path.join(self.folder, "gone"), "", "gone"),
        ):  # fmt: skip
            done = run(*words, "--jwks", place, *(("--jwks-ca", ca) if ca else ()))
            self.assertEqual(done.returncode, 3, (place, done.stderr))
            self.assertIn(why, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_what_cannot_be_judged(self):
        token = self.access_token()
        words = ("token", "verify", token, "--issuer", ISSUER, "--audience", API)
        for content in ("", "{}", '{"keys":[]}', "no json"):
            done = run(*words, "--jwks", self.pki.write("bad.json", content))
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("jwks", done.stderr)
        self.assertEqual(run(*words, "--jwks", self.jwks, "--cert", os.path.join(self.folder, "gone")).returncode, 3)
        for wrong in ((), ("--jwks", self.jwks, "--time", "soon"), ("--jwks", self.jwks, "--nonsense")):
            self.assertEqual(run(*words, *wrong).returncode, 2)
        self.assertEqual(run("token", "verify", token, "--jwks", self.jwks, "--issuer", ISSUER).returncode, 2)


class Jws(DaemonCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.jwks = cls.pki.write("keys.json", json.dumps({"keys": [{**cls.pki.jwk(cls.etl), "kid": "a"}]}))

    def verify(self, jws, *arguments, jwks=None):
        return run("jws", "verify", "--jwks", jwks or self.jwks, *arguments, stdin=jws)

    def test_the_payload_where_it_is_verified(self):
        jws = tokens.signed({"alg": "ES256", "kid": "a"}, b"any octets\n\x01", self.etl.key)
        for text in (jws, jws + "\n"):
            done = self.verify(text)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "any octets\n\x01", ""))
        facts = json.loads(self.verify(jws, "--json").stdout)
        self.assertEqual(facts, {"verified": True, "header": {"alg": "ES256", "kid": "a"}, "payload": jws.split(".")[1]})

    def test_nothing_where_it_is_not(self):
        jws = tokens.signed({"alg": "ES256", "kid": "a"}, {"a": 1}, self.etl.key)
        empty = jws.rpartition(".")[0] + "."
        none = tokens.signed({"alg": "none"}, {"a": 1}, self.etl.key)
        other = tokens.signed({"alg": "ES256", "kid": "a"}, {"a": 1}, self.server.key)
        for text in ("", ".", "..", jws + "=", jws[:-1], jws + ".", empty, none, none.rpartition(".")[0] + ".", other,
                     tokens.signed(b'{"alg":"ES256","alg":"ES256","kid":"a"}', b"{}", self.etl.key),
                     tokens.signed({"alg": "ES256", "kid": "b"}, {}, self.etl.key),
                     tokens.signed({"alg": "ES256", "crit": ["x"], "x": 1}, {}, self.etl.key),
                     tokens.signed({"alg": "ES256", "kid": "b", "jwk": self.pki.jwk(self.etl)}, {}, self.etl.key), "A" * (2 << 20)):  # fmt: skip
            done = self.verify(text)
            self.assertEqual((done.returncode, done.stdout), (1, ""), text[:80])
            self.assertNotEqual(done.stderr, "")
            facts = self.verify(text, "--json")
            self.assertEqual((facts.returncode, json.loads(facts.stdout)["verified"]), (1, False))

    def test_the_list_of_algorithms(self):
        jws = tokens.signed({"alg": "ES256", "kid": "a"}, {"a": 1}, self.etl.key)
        self.assertEqual(self.verify(jws, "--algs", "RS256,ES256").returncode, 0)
        self.assertEqual(self.verify(jws, "--algs", "PS256").returncode, 1)
        for wrong in ("none", "HS256", "ES256,none", "", "es256", "ES256,"):
            done = self.verify(jws, "--algs", wrong)
            self.assertEqual((done.returncode, done.stdout), (2, ""), wrong)

    def test_keys_that_are_at_fault(self):
        jws = tokens.signed({"alg": "ES256", "kid": "a"}, {"a": 1}, self.etl.key)
        off_curve = {**self.pki.jwk(self.etl), "kid": "a"}
        off_curve["y"] = off_curve["x"]
        for content in ("", "{}", json.dumps({"keys": []}), json.dumps({"keys": [off_curve]})):
            done = self.verify(jws, jwks=self.pki.write("bad.json", content))
            self.assertEqual((done.returncode, done.stdout), (1, ""), content)
        self.assertEqual(self.verify(jws, jwks=os.path.join(self.folder, "gone")).returncode, 3)
        # As the library does it: what cannot be used is passed over, and said.
        both = {"keys": [off_curve, {**self.pki.jwk(self.etl), "kid": "a"}]}
        done = self.verify(jws, jwks=self.pki.write("both.json", json.dumps(both)))
        self.assertEqual((done.returncode, done.stdout), (0, '{"a": 1}'))
        self.assertIn("passed over: ", done.stderr)


if __name__ == "__main__":
    unittest.main()
