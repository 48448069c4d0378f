"""José, the command line tool, as judge of what the daemon signs and as maker of what `jws verify` and `token verify` have to judge."""

import json
import secrets
import time

from support import foreign, jose, tokens
from support.cases import API, JWKS, METADATA, TOKEN, DaemonCase, OwnDaemonCase, PkiCase, grant
from support.daemon import run
from support.pki import base64url

ISSUER = "https://localhost:8443"
ALGORITHMS = ("ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512")
WITHOUT_ASKING = ("ES256", "PS256", "RS256")  # and EdDSA, which the tool has not


class Issued(OwnDaemonCase):
    """The tool has no Ed25519, so what is signed with EdDSA is left to others."""

    def test_tokens_and_keys(self):
        """7515-5.2, 7638-3: the signature verifies with the published keys and no others; `kid` is the thumbprint."""
        others = {"keys": [jose.public(jose.make_key("ES256")), jose.public(jose.make_key("PS256"))]}
        for algorithm in ("ES256", "PS256", "RS256"):
            with self.subTest(algorithm):
                config = self.base_config()
                config["signing"] = {"algorithm": algorithm}
                daemon, curl = self.start(config)
                self.assert_life(curl, algorithm, others)
                daemon.stop()

    def assert_life(self, curl, algorithm, others):
        jwks = curl(JWKS).json()
        token = curl(TOKEN, cert=self.etl, form=grant()).json()["access_token"]
        header, claims, _ = tokens.decode(token)
        self.assertEqual(header["alg"], algorithm)
        self.assertEqual(jose.verify(token, jwks), claims)
        self.assertIsNone(jose.verify(token, others))
        self.assertIsNone(jose.verify(token[:-8] + "AAAAAAAA", jwks))
        self.assertGreaterEqual(len(jwks["keys"]), 1)
        for jwk in jwks["keys"]:
            self.assertEqual(jwk["kid"], jose.thumbprint(jwk))


class JwsVerify(PkiCase):
    """`jws verify`, which needs no daemon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = jose.make_key("ES256", kid="a")
        cls.public = jose.public(cls.key)
        cls.jwks = cls.pki.write("jose.json", json.dumps({"keys": [cls.public]}))

    def verify(self, jws, *arguments, jwks=None):
        return run("jws", "verify", "--jwks", jwks or self.jwks, *arguments, stdin=jws)

    def assert_refused(self, jws, *arguments, jwks=None):
        done = self.verify(jws, *arguments, jwks=jwks)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertNotEqual(done.stderr, "")

    def test_every_algorithm(self):
        """7518-3.1: what the tool signs with each is verified, with that key and that algorithm alone."""
        keys = [jose.make_key(algorithm, kid=algorithm) for algorithm in ALGORITHMS]
        jwks = self.pki.write("all.json", json.dumps({"keys": [jose.public(key) for key in keys]}))
        for key in keys:
            with self.subTest(key["kid"]):
                jws = jose.sign({"kid": key["kid"], "typ": "JWT"}, {"made by": "jose"}, key)
                done = self.verify(jws, "--json", "--algs", key["kid"], jwks=jwks)
                self.assertEqual(done.returncode, 0, done.stderr)
                facts = json.loads(done.stdout)
                self.assertEqual(facts["header"], {"alg": key["kid"], "kid": key["kid"], "typ": "JWT"})
                self.assertEqual(self.verify(jws, "--algs", key["kid"], jwks=jwks).stdout, '{"made by": "jose"}')
                self.assertEqual(self.verify(jws, jwks=jwks).returncode == 0, key["kid"] in WITHOUT_ASKING)
                self.assert_refused(jws, "--algs", next(name for name in ALGORITHMS if name != key["kid"]), jwks=jwks)
                self.assert_refused(jws)

    def test_the_key_of_another(self):
        self.assert_refused(jose.sign({"kid": "a"}, {}, jose.make_key("ES256")))
        self.assert_refused(jose.sign({"kid": "a"}, {}, jose.make_key("ES384")))
        # 8725-3.5: the key that a header brings along is nobody's.
        other = jose.make_key("ES256")
        self.assert_refused(jose.sign({"kid": "b", "jwk": jose.public(other)}, {}, other))

    def test_a_public_key_as_a_secret(self):
        """8725-3.1: HS256 with what everybody knows, as the tool makes it: the point, the JWK, the PEM file."""
        pem = tokens.public_key_pem(self.public)
        for secret in (json.dumps(self.public), pem, pem.strip()):
            oct_key = {"kty": "oct", "alg": "HS256", "k": base64url(secret.encode())}
            self.assert_refused(jose.sign({"kid": "a"}, {}, oct_key))
        self.assert_refused(jose.sign({"kid": "a"}, {}, {"kty": "oct", "alg": "HS256", "k": self.public["x"]}))

    def test_a_secret_in_the_key_set(self):
        secret = jose.make_key("HS256", kid="h")
        jwks = self.pki.write("secret.json", json.dumps({"keys": [self.public, secret]}))
        self.assert_refused(jose.sign({"kid": "h"}, {}, secret), jwks=jwks)

    def test_no_signature(self):
        """8725-3.2: the tool refuses to make these, so what it signed is cut."""
        _, payload, signature = jose.sign({"kid": "a"}, {}, self.key).split(".")
        for header in ('{"alg":"none","kid":"a"}', '{"alg":"None","kid":"a"}', '{"alg":"","kid":"a"}', '{"kid":"a"}'):
            for tail in ("", signature):
                self.assert_refused(f"{base64url(header.encode())}.{payload}.{tail}")

    def test_headers_that_are_signed_and_wrong(self):
        """7515-4, 7515-4.1.11: a member twice, an extension that is critical and unknown; signed by the right key."""
        good = '{"alg":"ES256","kid":"a"}'
        self.assertEqual(self.verify(jose.sign(good, {}, self.key)).returncode, 0)
        for header in (
            '{"alg":"ES256","alg":"ES256","kid":"a"}', '{"alg":"ES256","kid":"b","kid":"a"}', '{"alg":"ES256","kid":"a","crit":["x"],"x":1}',
            '{"alg":"ES256","kid":"a","crit":[]}', '{"alg":"ES256","kid":"a","crit":["b64"],"b64":false}', '{"alg":"ES256","kid":1}',
        ):  # fmt: skip
            jws = jose.sign(header, {}, self.key)
            self.assertEqual(base64url(header.encode()), jws.split(".")[0])
            with self.subTest(header):
                self.assert_refused(jws)

    def test_the_json_forms(self):
        """7515-7.2: only the compact form is read."""
        for form in (
            jose.sign({"kid": "a"}, {}, self.key, compact=False), jose.sign({}, {}, self.key, compact=False, unprotected={"kid": "a"}),
        ):  # fmt: skip
            self.assertIn("signature", json.loads(form))
            self.assert_refused(form)


class TokenVerify(PkiCase):
    """`token verify` on access tokens of an issuer whose key the tool has made."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = jose.make_key("ES256", kid="issuer")
        cls.jwks = cls.pki.write("issuer.json", json.dumps({"keys": [jose.public(cls.key)]}))

    def claims(self, **changed):
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": API, "sub": "etl", "client_id": "etl", "jti": "x", "iat": now - 5, "exp": now + 600,
                  "scope": "orders.read", "cnf": {"x5t#S256": self.etl.x5t()}}  # fmt: skip
        claims.update(changed)
        return {name: value for name, value in claims.items() if value is not None}

    def decide(self, token, cert=None):
        words = ["token", "verify", token, "--jwks", self.jwks, "--issuer", ISSUER, "--audience", API, "--json"]
        done = run(*words, "--cert", (cert or self.etl).certificate)
        decision = json.loads(done.stdout)
        self.assertEqual(done.returncode, 0 if decision["accepted"] else 1, done.stderr)
        return decision

    def test_accepted(self):
        for typ in ("at+jwt", "application/at+jwt"):
            claims = self.claims()
            decision = self.decide(jose.sign({"typ": typ, "kid": "issuer"}, claims, self.key))
            self.assertTrue(decision["accepted"], decision)
            self.assertEqual(decision["claims"], claims)

    def test_another_type(self):
        """9068-4, 8725-3.11: what else an issuer signs is no access token."""
        for typ in ("JWT", "dpop+jwt", "token-introspection+jwt", "client-authentication+jwt", "at+jwt+x", ""):
            with self.subTest(typ):
                decision = self.decide(jose.sign({"typ": typ, "kid": "issuer"}, self.claims(), self.key))
                self.assertFalse(decision["accepted"], decision)
        self.assertFalse(self.decide(jose.sign({"kid": "issuer"}, self.claims(), self.key))["accepted"])

    def test_claims(self):
        """9068-4, 8705-3-3: one claim at a time, under a signature that is right."""
        now = int(time.time())
        for changed, reason in (
            ({"iss": ISSUER + "/"}, "issuer_wrong"), ({"aud": "https://stock.example.com"}, "audience_wrong"), ({"exp": now - 60}, "expired"),
            ({"iat": now + 600, "nbf": now + 600, "exp": now + 900}, "not_yet_valid"), ({"cnf": None}, "confirmation_missing"),
            ({"cnf": {"x5t#S256": self.server.x5t()}}, "certificate_mismatch"),
        ):  # fmt: skip
            with self.subTest(changed):
                decision = self.decide(jose.sign({"typ": "at+jwt", "kid": "issuer"}, self.claims(**changed), self.key))
                self.assertEqual((decision["accepted"], decision["reason"]), (False, reason), decision)

    def test_a_claim_twice(self):
        """7519-4: the signature is right, and two readers would not read the same."""
        text = json.dumps(self.claims())
        self.assertTrue(self.decide(jose.sign({"typ": "at+jwt", "kid": "issuer"}, text, self.key))["accepted"])
        twice = text[:-1] + ', "sub": "other"}'
        self.assertFalse(self.decide(jose.sign({"typ": "at+jwt", "kid": "issuer"}, twice, self.key))["accepted"])

    def test_the_key_of_another(self):
        decision = self.decide(jose.sign({"typ": "at+jwt", "kid": "issuer"}, self.claims(), jose.make_key("ES256")))
        self.assertEqual((decision["accepted"], decision["reason"]), (False, "signature_wrong"))


class Assertions(DaemonCase):
    """Client assertions that the tool signs (RFC 7523)."""

    @classmethod
    def configure(cls, config):
        cls.keys = {algorithm: jose.make_key(algorithm, kid=algorithm.lower()) for algorithm in ALGORITHMS}
        publics = {algorithm: jose.public(key) for algorithm, key in cls.keys.items()}
        # A key that says that it signs with nothing else would be a load error.
        for algorithm in ("RS384", "RS512"):
            publics[algorithm] = cls.without_alg(publics[algorithm])
        config["clients"] += [
            foreign.signing_client("any", jwks={"keys": list(publics.values())}),
            foreign.signing_client("one", jwks={"keys": [cls.without_alg(publics["PS256"])]}, token_endpoint_auth_signing_alg="PS256"),
        ]

    @staticmethod
    def without_alg(jwk):
        return {name: value for name, value in jwk.items() if name != "alg"}

    def claims(self, client_id="any", **changed):
        now = int(time.time())
        claims = {"iss": client_id, "sub": client_id, "aud": ISSUER, "jti": secrets.token_hex(8), "iat": now, "exp": now + 60, **changed}
        return {name: value for name, value in claims.items() if value is not None}

    def ask(self, assertion, **form):
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        form = {"grant_type": "client_credentials", "client_assertion_type": kind, "client_assertion": assertion, **form}
        return self.curl(TOKEN, form=form)

    def signed(self, algorithm="ES256", header=None, **changed):
        return jose.sign({"kid": algorithm.lower(), **(header or {})}, self.claims(**changed), self.keys[algorithm])

    def test_every_algorithm(self):
        """7523-3-4: of those that the metadata names."""
        named = self.curl(METADATA).json()["token_endpoint_auth_signing_alg_values_supported"]
        self.assertLessEqual({"ES256", "ES384", "PS256", "RS256"}, set(named))
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm):
                response = self.ask(self.signed(algorithm))
                if algorithm in named:
                    self.assertEqual(self.assert_granted(response)["client_id"], "any")
                else:
                    self.assert_refused_because(response, "assertion_algorithm_refused")

    def test_the_type(self):
        """7523bis-3-3: not required, and never that of something else."""
        for typ in ("JWT", "client-authentication+jwt", "application/client-authentication+jwt"):
            self.assert_granted(self.ask(self.signed(header={"typ": typ})))
        for typ in ("at+jwt", "dpop+jwt", "token-introspection+jwt", ""):
            self.assert_refused_because(self.ask(self.signed(header={"typ": typ})), "assertion_type_wrong")

    def test_the_registered_algorithm(self):
        """7523-3-4: one key that can do several, and the header chooses nothing."""
        self.assert_granted(self.ask(self.signed("PS256", client_id="one")))
        for algorithm in ("RS256", "PS384"):
            key = {**self.keys["PS256"], "alg": algorithm}
            response = self.ask(jose.sign({"kid": "ps256"}, self.claims("one"), key))
            self.assert_refused_because(response, "assertion_algorithm_refused")

    def test_claims(self):
        """7523-3-1, 7523-3-2, 7523bis-3-1, 7523bis-3-2: one at a time, under a signature that is right."""
        now = int(time.time())
        for changed, reason in (
            ({"iss": None}, "assertion_malformed"), ({"sub": "one"}, "assertion_issuer_wrong"), ({"iss": "one"}, "assertion_issuer_wrong"),
            ({"aud": None}, "assertion_malformed"), ({"aud": ISSUER + TOKEN}, "assertion_audience_wrong"),
            ({"aud": ISSUER + "/"}, "assertion_audience_wrong"), ({"aud": "https://LOCALHOST:8443"}, "assertion_audience_wrong"),
            ({"aud": [ISSUER, API]}, "assertion_audience_wrong"), ({"aud": []}, "assertion_audience_wrong"),
            ({"exp": None}, "assertion_malformed"), ({"exp": now - 300}, "assertion_expired"), ({"exp": str(now + 60)}, "assertion_malformed"),
            ({"nbf": now + 120}, "assertion_not_yet_valid"), ({"iat": now + 120, "exp": now + 180}, "assertion_not_yet_valid"),
            ({"exp": now + 3600}, "assertion_lifetime_too_long"), ({"jti": None}, "assertion_malformed"),
        ):  # fmt: skip
            with self.subTest(changed):
                self.assert_refused_because(self.ask(self.signed(**changed), client_id="any"), reason)
        for changed in ({"aud": [ISSUER]}, {"nbf": now + 8}, {"iat": None}):
            with self.subTest(changed):
                self.assert_granted(self.ask(self.signed(**changed)))

    def test_broken_signatures(self):
        """8725-3.1, 8725-3.2: another key, a public key as a secret, none; a header member twice."""
        public = jose.public(self.keys["ES256"])
        secret = {"kty": "oct", "alg": "HS256", "k": base64url(json.dumps(public).encode())}
        good = self.signed()
        _, payload, signature = good.split(".")
        none = base64url(b'{"alg":"none"}')
        twice = jose.sign('{"alg":"ES256","alg":"ES256","kid":"es256"}', self.claims(), self.keys["ES256"])
        for assertion in (
            jose.sign({"kid": "es256"}, self.claims(), jose.make_key("ES256")), jose.sign({"kid": "es256"}, self.claims(), secret),
            f"{none}.{payload}.", f"{none}.{payload}.{signature}", twice,
        ):  # fmt: skip
            self.assert_refused(self.ask(assertion, client_id="any"))
        self.assert_granted(self.ask(good))

    def test_once(self):
        """7523-3-3: the same assertion a second time, and another with its jti."""
        claims = self.claims()
        assertion = jose.sign({"kid": "es256"}, claims, self.keys["ES256"])
        self.assert_granted(self.ask(assertion))
        again = jose.sign({"kid": "ps256"}, {**claims, "exp": claims["exp"] + 1}, self.keys["PS256"])
        for replay in (assertion, again):
            self.assert_refused_because(self.ask(replay), "assertion_replayed")

    def test_an_access_token_is_no_assertion(self):
        token = self.ask(self.signed()).json()["access_token"]
        self.assert_refused(self.ask(token, client_id="any"))


if __name__ == "__main__":
    foreign.main()
