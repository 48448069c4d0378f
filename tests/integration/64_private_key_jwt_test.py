"""private_key_jwt: conformance.md section 11 (7523-*, 7523bis-*), JOSE-1 to JOSE-4, JOSE-15, JOSE-17, JOSE-19, JOSE-21, JOSE-22, JOSE-25."""

import json
import time
import unittest

from support import dpop
from support.assertions import ALGORITHMS, ISSUER, JWT_BEARER, SigningKey, assertion, jwt_client, parameters, write_pem
from support.cases import API, TOKEN, DaemonCase, OwnDaemonCase
from support.client import Curl, form_request
from support.daemon import eventually
from support.origin import Origin, serve
from support.pki import base64url
from support.tokens import from_base64url

INTROSPECT = "/oauth2/introspect"
REVOKE = "/oauth2/revoke"
KEYS = "/jwks.json"


def by(text, **more):
    """The form of a token request that an assertion authenticates."""
    return {"grant_type": "client_credentials", **parameters(text), **more}


class Assertions(DaemonCase):
    """batch: a PEM file for each kind of key; pinned: PS256 alone; named: a JWK Set; other: a key of its own."""

    @classmethod
    def configure(cls, config):
        cls.key, cls.other = SigningKey(), SigningKey()
        cls.keys = {name: SigningKey(name) for name in ("ES384", "ES512", "EdDSA", "PS256")} | {"ES256": cls.key}
        for name in ("RS256", "PS384", "PS512"):  # one RSA key is enough
            cls.keys[name] = cls.keys["PS256"].with_algorithm(name)
        files = [write_pem(cls, cls.keys[name]) for name in ("ES256", "ES384", "ES512", "EdDSA", "PS256")]
        config["resources"][0]["introspection_clients"] = ["batch"]
        config["clients"] += [
            jwt_client("batch", public_keys=files),
            jwt_client("pinned", public_keys=[write_pem(cls, cls.keys["PS256"])], token_endpoint_auth_signing_alg="PS256"),
            jwt_client("named", jwks={"keys": [cls.key.jwk(kid="one"), cls.other.jwk(kid="two")]}),
            jwt_client("other", public_keys=[write_pem(cls, cls.other)]),
        ]

    def ask(self, text, path=TOKEN, **more):
        return self.curl(path, form=by(text, **more))

    def assert_reason(self, text, reason, **more):
        self.assert_refused_because(self.ask(text, **more), reason)

    def test_granted(self):
        """7523-2.2-1, 7523-2.2-2, 8705-3.4-3: with and without client_id; the token has no cnf at all; the record says how."""
        for more in ({}, {"client_id": "batch"}):
            response = self.ask(assertion(self.key, "batch"), **more)
            claims = self.assert_granted(response)
            self.assertEqual((claims["client_id"], claims["sub"]), ("batch", "batch"))
            self.assertNotIn("cnf", claims)
            record = self.daemon.audit_record(response.header("X-Request-Id"))
            self.assertEqual((record["auth_method"], record["token_type"], record["client_id"]), ("private_key_jwt", "Bearer", "batch"))
            self.assertFalse({"confirmation", "dpop_jkt", "certificate"} & set(record), record)

    def test_every_algorithm(self):
        """7523-3-4: each that discovery lists, by keys of PEM files."""
        for name in ALGORITHMS:
            with self.subTest(name):
                self.assert_granted(self.ask(assertion(self.keys[name], "batch")))
                self.assert_granted(self.ask(assertion(self.keys[name], "batch", header={"kid": "a PEM file has none"})))

    def test_the_registered_algorithm(self):
        """7523-3-4, JOSE-15, CVE-2026-16093: the header chooses nothing."""
        self.assert_granted(self.ask(assertion(self.keys["PS256"], "pinned")))
        self.assert_reason(assertion(self.keys["RS256"], "pinned"), "assertion_algorithm_refused")
        self.assert_reason(assertion(self.keys["RS256"], "pinned", header={"alg": "PS256"}), "assertion_signature_wrong")
        for alg in ("none", "None", "HS256", "es256", ""):
            self.assert_reason(assertion(self.key, "batch", header={"alg": alg}), "assertion_algorithm_refused")
        self.assert_reason(assertion(self.key, "named", header={"alg": "PS256", "kid": "one"}), "assertion_key_unknown")

    def test_a_jwk_set(self):
        """JOSE-19: `kid` names one of the client's keys, and is hostile text otherwise."""
        self.assert_granted(self.ask(assertion(self.key, "named", header={"kid": "one"})))
        self.assert_granted(self.ask(assertion(self.key, "named")))
        self.assert_granted(self.ask(assertion(self.other, "named", header={"kid": "two"})))
        self.assert_reason(assertion(self.other, "named", header={"kid": "one"}), "assertion_signature_wrong")
        for kid in ("' OR 1=1--", "../../etc/passwd", "ONE", "three"):
            self.assert_reason(assertion(self.key, "named", header={"kid": kid}), "assertion_key_unknown")

    def test_nothing_of_the_header_is_followed(self):
        """JOSE-19, FAPI-5.4.3: who listens at jku and x5u is not asked; a key in the header is nobody's."""
        origin = Origin(self.pki.server(self.server_ca))
        self.addCleanup(origin.stop)
        stranger = SigningKey()
        origin.answers[KEYS] = serve(json.dumps({"keys": [stranger.jwk()]}).encode())
        header = {"jku": origin.url(KEYS), "x5u": origin.url(KEYS), "jwk": stranger.jwk()}
        self.assert_reason(assertion(stranger, "batch", header=header), "assertion_signature_wrong")
        self.assert_granted(self.ask(assertion(self.key, "batch", header=header)))
        self.assertEqual(origin.asked, [])

    def test_claims(self):
        """7523-3-1, JOSE-17, JOSE-25."""
        for name in ("iss", "sub", "aud", "exp", "jti"):
            self.assert_reason(assertion(self.key, "batch", **{name: None}), "assertion_malformed", client_id="batch")
        for name in ("iss", "sub"):
            self.assert_reason(assertion(self.key, "batch", **{name: "other"}), "assertion_issuer_wrong", client_id="batch")
        self.assert_reason(assertion(self.key, "batch", exp=str(int(time.time()) + 60)), "assertion_malformed")
        self.assert_reason(assertion(self.key, "batch", exp=1e3), "assertion_expired")
        self.assert_reason(assertion(self.key, "batch", jti="a" * 513), "assertion_malformed")
        self.assert_granted(self.ask(assertion(self.key, "batch", exp=time.time() + 60.5, iat=None, more=[{"x": 1}])))

    def test_the_audience(self):
        """7523bis-3-1, 7523bis-3-2, decision D13."""
        self.assert_granted(self.ask(assertion(self.key, "batch", aud=[ISSUER])))
        for aud in (ISSUER + "/", ISSUER + TOKEN, "https://LOCALHOST:8443", "https://localhost", [ISSUER, API], [], [ISSUER, ISSUER], ""):
            self.assert_reason(assertion(self.key, "batch", aud=aud), "assertion_audience_wrong")

    def test_the_dates(self):
        """7523-3-2: eight seconds ahead are accepted, 61 are not; five minutes at the most."""
        now = int(time.time())
        for claims in ({"nbf": now + 8, "iat": now + 8}, {"iat": now, "exp": now + 300}, {"iat": None}, {"iat": now - 200}):
            self.assert_granted(self.ask(assertion(self.key, "batch", **claims)))
        self.assert_reason(assertion(self.key, "batch", iat=now - 600, exp=now - 300), "assertion_expired")
        self.assert_reason(assertion(self.key, "batch", nbf=now + 120), "assertion_not_yet_valid")
        self.assert_reason(assertion(self.key, "batch", iat=now + 61, exp=now + 90), "assertion_not_yet_valid")
        self.assert_reason(assertion(self.key, "batch", exp=now + 3600), "assertion_lifetime_too_long")
        self.assert_reason(assertion(self.key, "batch", iat=now - 3600), "assertion_lifetime_too_long")

    def test_the_type(self):
        """7523bis-3-3, JOSE-21."""
        for typ in ("JWT", "client-authentication+jwt"):
            self.assert_granted(self.ask(assertion(self.key, "batch", header={"typ": typ})))
        for typ in ("at+jwt", "dpop+jwt", "token-introspection+jwt", ""):
            self.assert_reason(assertion(self.key, "batch", header={"typ": typ}), "assertion_type_wrong")

    def test_other_tokens(self):
        """JOSE-21: a token of ours, an introspection JWT of ours and a proof are none, with the right client_id and without."""
        token = self.ask(assertion(self.key, "batch")).json()["access_token"]
        introspection = self.curl(INTROSPECT, form={**parameters(assertion(self.key, "batch")), "token": token},
                                  headers=["Accept: application/token-introspection+jwt"])  # fmt: skip
        self.assertEqual(introspection.header("Content-Type"), "application/token-introspection+jwt")
        self.assert_refused(self.ask(token, client_id="batch"))
        self.assert_refused(self.ask(introspection.body.decode(), client_id="batch"))
        proof = dpop.proof(self.key, "POST", ISSUER + TOKEN, iss="batch", sub="batch", aud=ISSUER, exp=int(time.time()) + 60)
        self.assert_reason(proof, "assertion_type_wrong")

    def test_one_answer_for_all(self):
        """7523-3-5, 8705-2-6."""
        texts = [assertion(self.key, "nobody"), assertion(self.key, "other"), assertion(self.key, "batch", aud="x"), "a.b.c"]
        bodies = set()
        for text in texts:
            response = self.ask(text, client_id="batch" if text == "a.b.c" else json.loads(_payload(text))["sub"])
            bodies.add(response.body.replace(self.assert_refused(response).encode(), b""))
        self.assertEqual(len(bodies), 1, bodies)

    def test_spelling(self):
        """JOSE-1 to JOSE-3, JOSE-22, JOSE-25: three parts in the one spelling; nothing that two readers read in two ways."""
        good = assertion(self.key, "batch")
        body = _payload(assertion(self.key, "batch"))
        header = '{"alg":"ES256"}'
        for text in (good + "=", good + "\n", good.replace(".", "+.", 1), good + ".", good.rpartition(".")[0], '{"payload":"x"}', "..",
                     self.key.jws('{"alg":"none","alg":"ES256"}', body), self.key.jws(header, body[:-1] + ',"sub":"other"}'),
                     self.key.jws(header, body[:-1] + ',"x":' + "[" * 3000 + "]" * 3000 + "}"), self.key.jws(header, "[]"),
                     assertion(self.key, "batch", more="x" * 17000)):  # fmt: skip
            self.assert_reason(text, "assertion_malformed", client_id="batch")
        for member in ({"crit": ["x"], "x": 1}, {"crit": []}, {"crit": ["b64"], "b64": False}):
            self.assert_reason(assertion(self.key, "batch", header=member), "assertion_algorithm_refused")
        self.assert_granted(self.ask(good))

    def test_the_request(self):
        """7523-2.2-1, 6749-2.3-1."""
        good = assertion(self.key, "batch")
        half = {"grant_type": "client_credentials", "client_id": "batch"}
        self.assert_error(self.curl(TOKEN, form={**half, "client_assertion_type": JWT_BEARER}), "invalid_request")
        self.assert_refused_because(self.curl(TOKEN, form={**half, "client_assertion": good}), "assertion_type_wrong")
        self.assert_refused_because(
            self.curl(TOKEN, form={**half, "client_assertion": good, "client_assertion_type": "saml2"}), "assertion_type_wrong"
        )
        twice = [*by(good).items(), ("client_assertion", assertion(self.key, "batch"))]
        self.assert_error(self.curl(TOKEN, form=twice), "invalid_request")
        self.assert_error(self.ask(good, client_secret="x"), "invalid_request")
        self.assert_error(self.curl(TOKEN, form=by(good), options=["--user", "batch:x"]), "invalid_request")
        self.assert_refused_because(self.ask(good, client_id="other"), "assertion_signature_wrong")
        self.assert_refused_because(self.curl(TOKEN, form=half), "assertion_missing")
        # In the URL nothing counts.
        query = "&".join(f"{name}={value}" for name, value in parameters(good).items())
        self.assert_error(self.curl(f"{TOKEN}?{query}", form=half), "invalid_client")
        # None of these was worth anything, so it has not been used.
        self.assert_granted(self.ask(good))

    def test_once(self):
        """7523-3-3, GHSA-3p3g-vpw6-4w66: at all endpoints together; other clients have jti values of their own."""
        good = assertion(self.key, "batch", jti="the-same")
        self.assert_granted(self.ask(good))
        self.assert_reason(good, "assertion_replayed")
        self.assert_error(self.ask(good, INTROSPECT, token="x"), "invalid_client", 401)
        self.assert_refused(self.ask(good, REVOKE, token="x"))
        self.assert_granted(self.ask(assertion(self.other, "other", jti="the-same")))
        self.assertGreaterEqual(self.curl.metrics()[("certbound_replays_total", frozenset())], 3)

    def test_every_endpoint(self):
        token = self.ask(assertion(self.key, "batch")).json()["access_token"]
        self.assertIs(self.ask(assertion(self.key, "batch"), INTROSPECT, token=token).json()["active"], True)
        self.assertEqual(self.ask(assertion(self.key, "batch"), REVOKE, token=token).status, 200)
        self.assertEqual(self.ask(assertion(self.key, "batch"), INTROSPECT, token=token).json(), {"active": False})

    def test_nothing_is_kept(self):
        """SRV-8: neither log nor audit holds an assertion, accepted or not, nor its signature."""
        texts = [assertion(self.key, "batch"), assertion(self.other, "batch"), assertion(self.key, "batch", aud="x")]
        texts += [texts[0], "not-an-assertion-kept-nowhere"]
        for text in texts:
            self.ask(text, client_id="batch")
        self.daemon.log.wait("client_refused", reason="assertion_malformed")
        with open(self.daemon.audit_path(), encoding="utf-8") as file:
            kept = file.read() + self.daemon.log.text()
        for text in texts:
            for part in (text, text.rpartition(".")[2]):
                self.assertNotIn(part, kept)

    def test_a_long_name_costs_little(self):
        """Whoever has no key may choose what the log and the record say of him: not more than a line of it."""
        text = ".".join(base64url(part) for part in (b'{"alg":"ES256"}', json.dumps({"sub": "x" * 9000}).encode(), b"x"))
        request_id = self.assert_refused(self.ask(text))
        self.assertEqual(self.reason_of(request_id), "client_unknown")
        self.assertLess(len(json.dumps(self.daemon.audit_record(request_id))), 3000)
        event = self.daemon.log.wait("client_refused", request_id=request_id)
        self.assertLess(len(json.dumps(event)), 3000)


class AtAUri(OwnDaemonCase):
    """The keys of assertions at the client's jwks_uri."""

    def setUp(self):
        self.first, self.second = SigningKey(), SigningKey()
        self.origin = Origin(self.pki.server(self.server_ca))
        self.addCleanup(self.origin.stop)
        self.show(self.first.jwk(kid="1"))

    def show(self, *jwks):
        self.origin.answers[KEYS] = serve(json.dumps({"keys": list(jwks)}).encode())

    def configuration(self):
        config = self.base_config()
        config["fetch"] = {"allow": [f"127.0.0.1:{self.origin.port}"], "ca_file": self.server_ca.certificate}
        config["clients"].append(jwt_client("remote", jwks_uri=self.origin.url(KEYS)))
        return config

    def assert_reason(self, daemon, response, reason):
        self.assertEqual(daemon.log.wait("client_refused", request_id=self.assert_refused(response))["reason"], reason)

    def test_rotation_works_at_the_first_try(self):
        """With a new kid and without one; for several that come at once; each assertion is used up by its one request."""
        daemon, curl = self.start(self.configuration())
        daemon.log.wait("jwks_fetched", client_id="remote")
        self.assert_granted(curl(TOKEN, form=by(assertion(self.first, "remote", header={"kid": "1"}))))
        self.show(self.second.jwk(kid="2"))
        before = self.origin.count(KEYS)
        texts = [assertion(self.second, "remote", header={"kid": "2"} if number % 2 else None) for number in range(6)]
        connections = [self.tls(daemon) for _ in texts]
        for connection, text in zip(connections, texts):
            connection.send(form_request(by(text)))
        for connection in connections:
            self.assert_granted(connection.receive())
        self.assertEqual(self.origin.count(KEYS), before + 1)
        for text in texts:
            self.assert_reason(daemon, curl(TOKEN, form=by(text)), "assertion_replayed")
        self.assert_reason(daemon, curl(TOKEN, form=by(assertion(self.first, "remote", header={"kid": "1"}))), "assertion_key_unknown")
        daemon.stop()

    def test_strangers_cannot_make_the_server_ask(self):
        daemon, curl = self.start(self.configuration())
        daemon.log.wait("jwks_fetched", client_id="remote")
        before = self.origin.count(KEYS)
        for number in range(5):
            text = assertion(self.second, "remote", header={"kid": f"new-{number}"})
            self.assert_reason(daemon, curl(TOKEN, form=by(text)), "assertion_key_unknown")
        self.assertEqual(self.origin.count(KEYS), before + 1)
        daemon.stop()

    def test_the_endpoint_is_down(self):
        """What was fetched last verifies after a restart; without it the client is refused, which is no fault of the server."""
        daemon, curl = self.start(self.configuration())
        daemon.log.wait("jwks_fetched", client_id="remote")
        self.assert_granted(curl(TOKEN, form=by(assertion(self.first, "remote"))))
        daemon.stop()
        self.origin.stop()
        daemon.start()
        daemon.log.wait("fetch_failed", reason="connect_failed")
        curl = Curl(daemon, self.server_ca)
        # What was made in the second of the last assertion may have been used.
        eventually(lambda: curl(TOKEN, form=by(assertion(self.first, "remote"))).status == 200, within=3, what="the keys that were kept")
        self.assert_reason(daemon, curl(TOKEN, form=by(assertion(self.second, "remote"))), "assertion_signature_wrong")
        daemon.stop()

        never, curl = self.start(self.configuration())
        self.assert_reason(never, curl(TOKEN, form=by(assertion(self.first, "remote"))), "assertion_key_unknown")
        self.assert_granted(curl(TOKEN, cert=self.etl, form={"grant_type": "client_credentials", "client_id": "etl"}), self.etl)
        never.stop()

    def test_a_hostile_answer_keeps_the_last_good(self):
        daemon, curl = self.start(self.configuration())
        daemon.log.wait("jwks_fetched", client_id="remote")
        self.show(self.second.jwk(d="AAAA"))
        self.assert_reason(daemon, curl(TOKEN, form=by(assertion(self.second, "remote"))), "assertion_signature_wrong")
        daemon.log.wait("fetch_rejected")
        self.assert_granted(curl(TOKEN, form=by(assertion(self.first, "remote"))))
        daemon.stop()


def _payload(text):
    """The claims of a compact JWS, as they stand."""
    return from_base64url(text.split(".")[1]).decode()


if __name__ == "__main__":
    unittest.main()
