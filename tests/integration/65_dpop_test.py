"""DPoP at the token endpoint: conformance.md section 10 (9449-4.*, 9449-5-*, 9449-6.2-1, 9449-8-*), DPoP+mTLS-1, JOSE-2, JOSE-8, JOSE-13, JOSE-24."""

import json
import time
import unittest

from support import dpop, tokens
from support.assertions import ALGORITHMS, ISSUER, SigningKey, assertion, jwt_client, parameters, write_pem
from support.cases import JWKS, METADATA, TOKEN, DaemonCase, add_introspecting_clients, grant, pki_client
from support.client import form_request
from support.pki import base64url

INTROSPECT = "/oauth2/introspect"
URL = ISSUER + TOKEN
ALIAS = "https://localhost:9443"


class DpopCase(DaemonCase):
    """etl and mtls-only by certificate, dpop-only and batch by assertion. The second listener is the alias for mutual TLS."""

    nonce = "off"

    @classmethod
    def configure(cls, config):
        cls.key = SigningKey()
        file = write_pem(cls, cls.key)
        config["dpop"] = {"nonce": cls.nonce}
        config["listeners"] = [
            {"address": "127.0.0.1:0", "client_certificate": "request"},
            {"address": "127.0.0.2:0", "client_certificate": "request", "url": ALIAS},
        ]
        add_introspecting_clients(cls, config)
        config["clients"] += [
            jwt_client("batch", public_keys=[file]),
            jwt_client("dpop-only", public_keys=[file], dpop_bound_access_tokens=True),
            pki_client("mtls-only", tls_client_auth_subject_dn="CN=mtls-only", sender_constraint="mtls"),
        ]
        cls.mtls_only = cls.pki.leaf("CN=mtls-only", issuer=cls.partner_ca)

    def setUp(self):
        super().setUp()
        self.proof_key = dpop.make_key()

    def ask(self, *proofs, client_id="etl", name="DPoP", headers=(), **options):
        """curl leaves out a header without a value unless it ends in a semicolon."""
        by_assertion = client_id in ("batch", "dpop-only")
        form = grant(client_id, **(parameters(assertion(self.key, client_id)) if by_assertion else {}))
        cert = {"etl": self.etl, "mtls-only": self.mtls_only}.get(client_id)
        fields = [f"{name}: {proof}" if proof else f"{name};" for proof in proofs]
        return self.curl(options.pop("target", TOKEN), cert=cert, form=form, headers=[*fields, *headers], **options)

    def proof(self, **changes):
        return dpop.proof(self.proof_key, "POST", changes.pop("url", URL), **changes)

    def assert_bound(self, response, confirmation):
        """200 DPoP, in the answer, the token, the record."""
        self.assertEqual(response.status, 200, response)
        answer = response.json()
        self.assertEqual(answer["token_type"], "DPoP")
        self.assertEqual(tokens.decode(answer["access_token"])[1]["cnf"], confirmation)
        record = self.daemon.audit_record(response.header("X-Request-Id"))
        self.assertEqual((record["token_type"], record["dpop_jkt"]), ("DPoP", confirmation["jkt"]))
        self.assertEqual(set(record["confirmation"].split()), set(confirmation))
        return record

    def assert_bad(self, response, reason, error="invalid_dpop_proof"):
        """400; the log and the record say why. No falling back to a token of another kind."""
        request_id = self.assert_error(response, error)
        self.assertEqual(self.reason_of(request_id), reason)
        record = self.daemon.audit_record(request_id)
        self.assertEqual((record["reason"], record["outcome"]), (reason, "refused"))
        self.assertFalse({"token_type", "confirmation"} & set(record))


class Proofs(DpopCase):
    def test_bound_to_the_key(self):
        """9449-5-1, 9449-4.1-1, JOSE-13: jkt is computed here; the header's name in any case."""
        jkt = dpop.jkt(self.proof_key)
        record = self.assert_bound(self.ask(self.proof(), client_id="batch"), {"jkt": jkt})
        self.assertEqual(record["auth_method"], "private_key_jwt")
        for name in ("dpop", "DPOP"):
            self.assert_bound(self.ask(self.proof(), client_id="batch", name=name), {"jkt": jkt})
        jwk = {"kid": "x", "use": "sig", "alg": "ES256", **dict(reversed(self.proof_key.jwk().items()))}
        self.assert_bound(self.ask(self.proof(header={"jwk": jwk}), client_id="batch"), {"jkt": jkt})
        self.assertGreaterEqual(self.curl.metrics()[("certbound_dpop_tokens_issued_total", frozenset())], 4)

    def test_bound_to_both(self):
        """DPoP+mTLS-1, decision D11."""
        record = self.assert_bound(self.ask(self.proof()), {"jkt": dpop.jkt(self.proof_key), "x5t#S256": self.etl.x5t()})
        self.assertEqual((record["auth_method"], record["certificate"]["x5t#S256"]), ("tls_client_auth", self.etl.x5t()))

    def test_without_a_proof(self):
        """9449-5-4, 9449-5.2-1: Bearer where the registration permits it, else an error."""
        self.assert_granted(self.ask(), self.etl)
        response = self.ask(client_id="batch")
        self.assertNotIn("cnf", self.assert_granted(response))
        self.assert_bad(self.ask(client_id="dpop-only"), "dpop_proof_missing", "invalid_request")
        self.assert_bound(self.ask(self.proof(), client_id="dpop-only"), {"jkt": dpop.jkt(self.proof_key)})
        self.assert_bad(self.ask(self.proof(), client_id="mtls-only"), "dpop_not_wanted", "invalid_request")
        self.assert_granted(self.ask(client_id="mtls-only"), self.mtls_only)

    def test_one_header(self):
        """9449-4.3-1, 9449-4.3-2."""
        self.assert_bad(self.ask(self.proof(), self.proof()), "dpop_proof_repeated")
        self.assert_bad(self.ask("", self.proof()), "dpop_proof_repeated")
        self.assert_bad(self.ask(self.proof() + ", " + self.proof()), "dpop_proof_repeated")
        good = self.proof()
        for text in ("", "garbage", "a.b.c", good + "=", good.rpartition(".")[0], "{}"):
            self.assert_bad(self.ask(text), "dpop_proof_malformed")
        self.assert_bound(self.ask(good), {"jkt": dpop.jkt(self.proof_key), "x5t#S256": self.etl.x5t()})

    def test_each_check(self):
        """9449-4.3-3 to 9449-4.3-8, 9449-11.6-1, JOSE-2, JOSE-8, JOSE-24; 9449-5-5: though nobody needs a proof here."""
        other = dpop.make_key()
        off_curve = {**self.proof_key.jwk(), "y": self.proof_key.jwk()["x"]}
        private = {**self.proof_key.jwk(), "d": self.proof_key.private_member()}
        rows = [
            *((dict([(name, None)]), "dpop_proof_malformed") for name in ("jti", "htm", "htu", "iat")),
            ({"jti": 7}, "dpop_proof_malformed"),
            ({"jti": "a" * 257}, "dpop_proof_malformed"),
            ({"iat": str(int(time.time()))}, "dpop_proof_malformed"),
            *(({"header": {"typ": typ}}, "dpop_type_wrong") for typ in ("JWT", "at+jwt", "application/dpop+jwt", None)),
            *(({"header": {"alg": alg}}, "dpop_algorithm_refused") for alg in ("none", "HS256", "es256", "RS1")),
            ({"header": {"crit": ["x"], "x": 1}}, "dpop_algorithm_refused"),
            ({"header": {"jwk": None}}, "dpop_key_unusable"),
            ({"header": {"jwk": private}}, "dpop_key_unusable"),
            ({"header": {"jwk": off_curve}}, "dpop_key_unusable"),
            ({"header": {"jwk": {"kty": "oct", "k": "AAAA"}}}, "dpop_key_unusable"),
            ({"header": {"alg": "EdDSA"}}, "dpop_key_unusable"),
            ({"header": {"jwk": other.jwk()}}, "dpop_signature_wrong"),
            *(({"htm": method}, "dpop_method_wrong") for method in ("GET", "post")),
        ]  # fmt: skip
        for changes, reason in rows:
            with self.subTest(changes):
                self.assert_bad(self.ask(self.proof(**changes)), reason)
        # 9449-4.3-14: what nobody asked for is nobody's business.
        self.assertEqual(self.ask(self.proof(header={"kid": "x", "jku": "https://127.0.0.1:1/"}, more=[1], ath="x", nonce="x")).status, 200)

    def test_the_url(self):
        """9449-4.3-9, 9449-4.3-10."""
        for url in (URL + "?x=1#f", "HTTPS://LOCALHOST:8443/oauth2/token", ISSUER + "/oauth2/%74oken", ISSUER + "/a/../oauth2/token"):
            self.assertEqual(self.ask(self.proof(url=url)).status, 200, url)
        for url in ("https://localhost/oauth2/token", "http://localhost:8443/oauth2/token", ISSUER, URL + "/", ISSUER + INTROSPECT,
                    "https://evil.example/oauth2/token", TOKEN, "https://x@localhost:8443/oauth2/token"):  # fmt: skip
            self.assert_bad(self.ask(self.proof(url=url)), "dpop_url_wrong")

    def test_the_host_header(self):
        """9449-4.3-11: what the caller says of the host counts for nothing, either way."""
        spoofed = ["Host: evil.example", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "Forwarded: host=evil.example"]
        self.assert_bad(self.ask(self.proof(url="https://evil.example/oauth2/token"), headers=spoofed), "dpop_url_wrong")
        self.assertEqual(self.ask(self.proof(), headers=spoofed).status, 200)

    def test_the_alias(self):
        """9449-4.3-11, RFC 8705 section 5: the URL of the listener that was called; curl calls the alias as discovery writes it."""
        aliases = self.curl(METADATA).json()["mtls_endpoint_aliases"]
        self.assertEqual(aliases["token_endpoint"], ALIAS + TOKEN)
        place = {"target": aliases["token_endpoint"], "ip": "127.0.0.2", "port": self.daemon.port_at("127.0.0.2")}
        self.assert_bound(
            self.ask(self.proof(url=aliases["token_endpoint"]), **place), {"jkt": dpop.jkt(self.proof_key), "x5t#S256": self.etl.x5t()}
        )
        self.assert_bad(self.ask(self.proof(), **place), "dpop_url_wrong")
        self.assert_bad(self.ask(self.proof(url=aliases["token_endpoint"])), "dpop_url_wrong")

    def test_the_window(self):
        """9449-4.3-12."""
        now = int(time.time())
        for offset in (-10, 8):
            self.assertEqual(self.ask(self.proof(iat=now + offset)).status, 200)
        self.assert_bad(self.ask(self.proof(iat=now - 61)), "dpop_proof_expired")
        self.assert_bad(self.ask(self.proof(iat=now - 3600)), "dpop_proof_expired")
        self.assert_bad(self.ask(self.proof(iat=now + 30)), "dpop_proof_not_yet_valid")
        self.assert_bad(self.ask(self.proof(iat=now + 3600)), "dpop_proof_not_yet_valid")

    def test_once(self):
        """9449-4.3-13: by key, URL and jti; another key may have the same."""
        proof = self.proof(jti="the-same")
        self.assertEqual(self.ask(proof).status, 200)
        self.assert_bad(self.ask(proof), "dpop_proof_replayed")
        self.assert_bad(self.ask(proof, client_id="batch"), "dpop_proof_replayed")
        self.assert_bad(self.ask(self.proof(jti="the-same", iat=int(time.time()) + 2)), "dpop_proof_replayed")
        self.assertEqual(self.ask(dpop.proof(dpop.make_key(), "POST", URL, jti="the-same")).status, 200)
        place = {"target": ALIAS + TOKEN, "ip": "127.0.0.2", "port": self.daemon.port_at("127.0.0.2")}
        self.assertEqual(self.ask(self.proof(url=ALIAS + TOKEN, jti="the-same"), **place).status, 200)

    def test_strangers_spend_nothing(self):
        """A proof is looked at after its client; who is refused as such has not used it."""
        proof = self.proof()
        self.assert_refused(self.curl(TOKEN, form=grant("etl"), headers=[f"DPoP: {proof}"]))
        self.assertEqual(self.ask(proof).status, 200)

    def test_every_algorithm(self):
        """9449-5.1-1: each that discovery lists."""
        rsa = SigningKey("PS256")
        for name in ALGORITHMS:
            with self.subTest(name):
                key = rsa.with_algorithm(name) if name[0] in "PR" else SigningKey(name)
                claims = {"jkt": key.jkt(), "x5t#S256": self.etl.x5t()}
                self.assert_bound(self.ask(dpop.proof(key, "POST", URL)), claims)

    def test_introspection(self):
        """9449-6.2-1: the binding of a token; no proof is needed, and one that comes is not looked at."""
        token = self.ask(self.proof()).json()["access_token"]
        for headers in ([], ["DPoP: garbage"]):
            answer = self.curl(INTROSPECT, cert=self.orders_api, form={"client_id": "orders-api", "token": token}, headers=headers).json()
            self.assertEqual((answer["active"], answer["token_type"]), (True, "DPoP"))
            self.assertEqual(answer["cnf"], {"jkt": dpop.jkt(self.proof_key), "x5t#S256": self.etl.x5t()})

    def test_no_other_token_is_a_proof(self):
        """JOSE-21."""
        token = self.ask(self.proof()).json()["access_token"]
        self.assert_bad(self.ask(token), "dpop_proof_malformed")
        self.assert_bad(self.ask(assertion(self.key, "batch")), "dpop_proof_malformed")
        self.assert_bad(self.ask(self.proof(header={"typ": "JWT"}, iss="etl", sub="etl", aud=ISSUER)), "dpop_type_wrong")

    def test_many_on_one_connection(self):
        """A connection is no identity: each request has its proof."""
        connection = self.tls(self.etl)
        keys = [dpop.make_key(), dpop.make_key("EdDSA")]
        for turn in range(4):
            key = keys[turn % 2]
            connection.send(form_request(grant("etl"), headers=[f"DPoP: {dpop.proof(key, 'POST', URL)}"]))
            self.assertEqual(tokens.decode(connection.receive().json()["access_token"])[1]["cnf"]["jkt"], dpop.jkt(key))
            connection.send(form_request(grant("etl")))
            self.assert_granted(connection.receive(), self.etl)

    def test_nothing_is_kept(self):
        """SRV-8: neither log nor audit holds a proof or its signature."""
        proofs = [self.proof(), self.proof(htm="GET"), self.proof(header={"typ": "JWT"})]
        for proof in proofs:
            last = self.ask(proof)
        self.reason_of(self.assert_error(last, "invalid_dpop_proof"))
        with open(self.daemon.audit_path(), encoding="utf-8") as file:
            kept = file.read() + self.daemon.log.text()
        for proof in proofs:
            self.assertNotIn(proof.rpartition(".")[2], kept)
            self.assertNotIn(proof.split(".")[1], kept)


class Nonces(DpopCase):
    nonce = "on"

    def fresh(self):
        response = self.ask(self.proof())
        self.assert_error(response, "use_dpop_nonce")
        return response.header("DPoP-Nonce")  # exactly one, or it is an error

    def test_the_dialogue(self):
        """9449-8-1, 9449-8-3, 9449-8-4: what a client does that knows nothing yet."""
        first = self.ask(self.proof())
        self.assert_bad(first, "dpop_nonce_missing", "use_dpop_nonce")
        self.assertEqual(len(first.header_values("DPoP-Nonce")), 1)
        nonce = first.header("DPoP-Nonce")
        self.assertRegex(nonce, r"\A[\x21\x23-\x5b\x5d-\x7e]{16,128}\Z")
        second = self.ask(self.proof(nonce=nonce))
        self.assert_bound(second, {"jkt": dpop.jkt(self.proof_key), "x5t#S256": self.etl.x5t()})
        self.assertEqual(second.header("Cache-Control"), "no-store")
        self.assertEqual(len(second.header_values("DPoP-Nonce")), 1)
        self.assertEqual(self.ask(self.proof(nonce=second.header("DPoP-Nonce"))).status, 200)
        self.assert_bad(self.ask(self.proof()), "dpop_nonce_missing", "use_dpop_nonce")

    def test_a_nonce_is_no_licence(self):
        nonce = self.fresh()
        proof = self.proof(nonce=nonce)
        self.assertEqual(self.ask(proof).status, 200)
        self.assert_bad(self.ask(proof), "dpop_proof_replayed")
        self.assert_bad(self.ask(self.proof(nonce=nonce, htm="GET")), "dpop_method_wrong")

    def test_a_proof_that_lacked_its_nonce_is_not_used(self):
        """The client makes another anyway; but nothing of it is remembered."""
        self.assert_bad(self.ask(self.proof(jti="again")), "dpop_nonce_missing", "use_dpop_nonce")
        self.assertEqual(self.ask(self.proof(jti="again", nonce=self.fresh())).status, 200)

    def test_another_nonce(self):
        """9449-8-2: of nobody, altered, of another type; each time with a fresh one."""
        good = self.fresh()
        for nonce in ("eyJ7S_zG.eyJH0-Z.HX4w-7v", good[:-1] + ("A" if good[-1] != "A" else "B"), good + "A", "", base64url(b"x" * 24)):
            response = self.ask(self.proof(nonce=nonce))
            self.assert_bad(response, "dpop_nonce_wrong", "use_dpop_nonce")
            self.assertEqual(len(response.header_values("DPoP-Nonce")), 1)
        self.assert_bad(self.ask(self.proof(nonce=7)), "dpop_proof_malformed")

    def test_who_gets_none(self):
        """No proof, no nonce; other documents have none either."""
        self.assertEqual(self.ask().header_values("DPoP-Nonce"), [])
        self.assertEqual(self.curl(JWKS).header_values("DPoP-Nonce"), [])
        self.assertEqual(json.loads(self.curl(METADATA).body)["dpop_signing_alg_values_supported"][0], "ES256")


class NoncesOverARestart(DpopCase):
    nonce = "on"

    def test_the_dialogue_begins_anew(self):
        """Nonces are the process's own."""
        nonce = self.ask(self.proof()).header("DPoP-Nonce")
        self.assertEqual(self.ask(self.proof(nonce=nonce)).status, 200)
        self.daemon.stop()
        self.daemon.start()
        # What was made in the second of the last proof may have been used.
        response = self.ask(self.proof(nonce=nonce, iat=int(time.time()) + 2))
        self.assert_bad(response, "dpop_nonce_wrong", "use_dpop_nonce")
        self.assertEqual(self.ask(self.proof(nonce=response.header("DPoP-Nonce"), iat=int(time.time()) + 2)).status, 200)


if __name__ == "__main__":
    unittest.main()
