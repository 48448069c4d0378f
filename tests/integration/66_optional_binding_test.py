"""Binding apart from authentication: conformance.md 8705-3-2, 8705-3.4-2, 8705-3.4-3, 7523-mtls-1, decisions D4 and D11."""

import unittest

from support import dpop, tokens
from support.assertions import ISSUER, SigningKey, assertion, jwt_client, parameters, write_pem
from support.cases import ETL_DN, TOKEN, DaemonCase, OwnDaemonCase, add_introspecting_clients, grant, pki_client
from support.daemon import run

URL = ISSUER + TOKEN
RULES = ("required", "when_presented", "never")


class Binding(DaemonCase):
    """A client of assertions for each rule, named by it, and for each sender_constraint; its certificate is anybody's."""

    @classmethod
    def configure(cls, config):
        cls.key = SigningKey()
        file = write_pem(cls, cls.key)
        add_introspecting_clients(cls, config)
        config["clients"] += [
            *(jwt_client(rule, public_keys=[file], certificate_binding=rule) for rule in RULES),
            *(jwt_client(f"c-{name}", public_keys=[file], sender_constraint=name) for name in ("mtls", "dpop", "both")),
            jwt_client("boolean", public_keys=[file], tls_client_certificate_bound_access_tokens=True),
            jwt_client("boolean-off", public_keys=[file], tls_client_certificate_bound_access_tokens=False),
            pki_client("etl-free", tls_client_auth_subject_dn=ETL_DN, certificate_binding="never"),
            pki_client("etl-dpop", tls_client_auth_subject_dn=ETL_DN, sender_constraint="dpop"),
        ]  # fmt: skip
        cls.self_signed = cls.pki.leaf("CN=whoever")
        cls.stranger = cls.pki.leaf("CN=stranger", issuer=cls.pki.ca("CN=Unknown Root"))

    def ask(self, client_id, cert=None, proof_key=None):
        form = grant(client_id, **({} if client_id.startswith("etl") else parameters(assertion(self.key, client_id))))
        headers = [f"DPoP: {dpop.proof(proof_key, 'POST', URL)}"] if proof_key else []
        return self.curl(TOKEN, cert=cert, form=form, headers=headers)

    def assert_token(self, response, cert=None, proof_key=None):
        """Bound to these and to nothing else, in the token, the answer and the record; no empty `cnf`."""
        self.assertEqual(response.status, 200, response)
        expected = ({"x5t#S256": cert.x5t()} if cert else {}) | ({"jkt": dpop.jkt(proof_key)} if proof_key else {})
        answer = response.json()
        claims = tokens.decode(answer["access_token"])[1]
        self.assertEqual("cnf" in claims, bool(expected), claims)
        self.assertEqual(claims.get("cnf", {}), expected)
        self.assertEqual(answer["token_type"], "DPoP" if proof_key else "Bearer")
        record = self.daemon.audit_record(response.header("X-Request-Id"))
        self.assertEqual(set(record.get("confirmation", "").split()), set(expected))
        self.assertEqual(record["token_type"], answer["token_type"])
        self.assertEqual(record.get("dpop_jkt"), expected.get("jkt"))
        seen = self.curl("/oauth2/introspect", cert=self.orders_api, form={"client_id": "orders-api", "token": answer["access_token"]}).json()
        self.assertEqual((seen["active"], seen["token_type"], seen.get("cnf", {})), (True, answer["token_type"], expected))
        return record

    def assert_required(self, response, reason):
        """400 and no token, never an unbound one, never 5xx."""
        request_id = self.assert_error(response, "invalid_request")
        self.assertEqual(self.reason_of(request_id), reason)
        self.assertEqual(self.daemon.audit_record(request_id)["reason"], reason)

    def test_the_rule_for_certificates(self):
        """8705-3-2: whoever signed it; the key is proven by the handshake, and that is what a binding wants."""
        for cert in (self.self_signed, self.stranger, self.etl):
            for rule in RULES:
                with self.subTest(rule=rule, cert=cert.subject):
                    record = self.assert_token(self.ask(rule, cert), None if rule == "never" else cert)
                    self.assertEqual(record["auth_method"], "private_key_jwt")

    def test_without_a_certificate(self):
        """8705-3.4-2, 8705-3.4-3, decision D4."""
        self.assert_required(self.ask("required"), "certificate_missing")
        self.assert_token(self.ask("when_presented"))
        self.assert_token(self.ask("never"))

    def test_the_boolean(self):
        """RFC 8705 section 3.4: the standard spelling of required, and of never."""
        self.assert_token(self.ask("boolean", self.self_signed), self.self_signed)
        self.assert_required(self.ask("boolean"), "certificate_missing")
        self.assert_token(self.ask("boolean-off", self.self_signed))

    def test_with_a_proof(self):
        """Decision D11: what is proven and wanted stands in the token; a missing part is an error, whatever else is there."""
        key = dpop.make_key()
        self.assert_token(self.ask("required", self.self_signed, key), self.self_signed, key)
        self.assert_token(self.ask("when_presented", self.self_signed, key), self.self_signed, key)
        self.assert_token(self.ask("when_presented", None, key), None, key)
        self.assert_token(self.ask("never", self.self_signed, key), None, key)
        self.assert_required(self.ask("required", None, key), "certificate_missing")

    def test_the_sender_constraint(self):
        """sender_constraint: exactly these members; asking for less is an error, and so is asking for what is not registered."""
        key, cert = dpop.make_key(), self.self_signed
        self.assert_token(self.ask("c-mtls", cert), cert)
        self.assert_required(self.ask("c-mtls"), "certificate_missing")
        self.assert_required(self.ask("c-mtls", cert, key), "dpop_not_wanted")
        self.assert_token(self.ask("c-dpop", None, key), None, key)
        self.assert_token(self.ask("c-dpop", cert, key), None, key)
        self.assert_required(self.ask("c-dpop", cert), "dpop_proof_missing")
        self.assert_token(self.ask("c-both", cert, key), cert, key)
        self.assert_required(self.ask("c-both", cert), "dpop_proof_missing")
        self.assert_required(self.ask("c-both", None, key), "certificate_missing")

    def test_clients_of_certificates(self):
        """The certificate authenticates; whether it binds is another question."""
        key = dpop.make_key()
        self.assert_token(self.ask("etl-free", self.etl))
        self.assert_token(self.ask("etl-free", self.etl, key), None, key)
        self.assert_token(self.ask("etl-dpop", self.etl, key), None, key)
        self.assert_required(self.ask("etl-dpop", self.etl), "dpop_proof_missing")
        self.assert_refused_because(self.ask("etl-dpop", None, key), "certificate_missing")

    def test_an_assertion_is_no_help_for_a_client_of_certificates(self):
        form = grant("etl-free", **parameters(assertion(self.key, "etl-free")))
        self.assert_refused_because(self.curl(TOKEN, form=form), "method_mismatch")
        self.assert_error(self.curl(TOKEN, cert=self.etl, form=form), "invalid_request")


class Contradictions(OwnDaemonCase):
    def test_they_are_load_errors(self):
        """Two options that say two things: no daemon, and both are named."""
        key = SigningKey()
        config = self.base_config()
        config["clients"] += [
            jwt_client("one", public_keys=[write_pem(self, key)], sender_constraint="dpop", certificate_binding="required"),
            jwt_client("two", public_keys=[write_pem(self, key)], sender_constraint="mtls", dpop_bound_access_tokens=True),
            jwt_client("three", public_keys=[write_pem(self, key)], tls_client_certificate_bound_access_tokens=True,
                       certificate_binding="when_presented"),
        ]  # fmt: skip
        done = run("check", "--config", self.make_daemon(config).config_path)
        self.assertNotEqual(done.returncode, 0)
        for words in ("(one): certificate_binding: contradicts", "(two): dpop_bound_access_tokens: contradicts",
                      "(three): tls_client_certificate_bound_access_tokens: contradicts"):  # fmt: skip
            self.assertIn(words, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
