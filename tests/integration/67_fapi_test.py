"""profile: fapi2, as far as it concerns a server without a browser: conformance.md section 18."""

import ssl
import time
import unittest

from support import dpop, tokens
from support.assertions import ISSUER, SigningKey, assertion, jwt_client, parameters, write_pem
from support.cases import METADATA, TOKEN, DaemonCase, OwnDaemonCase, grant
from support.client import form_request, s_client
from support.daemon import run

URL = ISSUER + TOKEN
ALGORITHMS = {"ES256", "PS256", "EdDSA"}


class Fapi(DaemonCase):
    @classmethod
    def configure(cls, config):
        cls.keys = {name: SigningKey(name) for name in ALGORITHMS}
        cls.keys["RS256"] = cls.keys["PS256"].with_algorithm("RS256")
        cls.keys["ES384"] = SigningKey("ES384")
        files = [write_pem(cls, cls.keys[name]) for name in ("ES256", "PS256", "EdDSA")]
        config["profile"] = "fapi2"
        config["clients"] += [
            jwt_client("batch", public_keys=files, dpop_bound_access_tokens=True),
            jwt_client("bound", public_keys=files, tls_client_certificate_bound_access_tokens=True),
        ]
        cls.self_signed = cls.pki.leaf("CN=whoever")

    def ask(self, key, client_id="batch", proof_key=None, cert=None, header=None, **claims):
        form = grant(client_id, **parameters(assertion(key, client_id, header=header, **claims)))
        headers = [f"DPoP: {dpop.proof(proof_key, 'POST', URL)}"] if proof_key else []
        return self.curl(TOKEN, cert=cert, form=form, headers=headers)

    def assert_reason(self, response, error, reason):
        request_id = self.assert_error(response, error)
        self.assertEqual(self.reason_of(request_id), reason)
        self.assertEqual(self.daemon.audit_record(request_id)["reason"], reason)

    def test_metadata(self):
        """FAPI-5.3.2.1-1, FAPI-5.3.2.1-6, FAPI-5.4.1-1: nothing is listed that the profile forbids."""
        metadata = self.curl(METADATA).json()
        methods = {"tls_client_auth", "self_signed_tls_client_auth", "private_key_jwt"}
        for name in ("token", "introspection", "revocation"):
            self.assertEqual(set(metadata[f"{name}_endpoint_auth_methods_supported"]), methods)
            self.assertEqual(set(metadata[f"{name}_endpoint_auth_signing_alg_values_supported"]), ALGORITHMS)
        self.assertEqual(set(metadata["dpop_signing_alg_values_supported"]), ALGORITHMS)
        self.assertIs(metadata["tls_client_certificate_bound_access_tokens"], True)

    def test_the_algorithms(self):
        """FAPI-5.4.1-1: for assertions and for proofs, also where the key would do for another."""
        for name in ALGORITHMS:
            self.assertEqual(self.ask(self.keys[name], proof_key=self.keys[name]).status, 200, name)
        for name in ("RS256", "ES384"):
            self.assert_reason(self.ask(self.keys[name], proof_key=dpop.make_key()), "invalid_client", "assertion_algorithm_refused")
            self.assert_reason(
                self.ask(self.keys["ES256"], proof_key=self.keys[name]), "invalid_dpop_proof", "dpop_algorithm_refused"
            )

    def test_sender_constrained_tokens_only(self):
        """FAPI-5.3.2.1-4, FAPI-5.3.2.1-5: by either, and never by neither."""
        key, proof_key = self.keys["ES256"], dpop.make_key()
        claims = tokens.decode(self.ask(key, proof_key=proof_key).json()["access_token"])[1]
        self.assertEqual(claims["cnf"], {"jkt": dpop.jkt(proof_key)})
        self.assert_granted(self.ask(key, "bound", cert=self.self_signed), self.self_signed)
        self.assert_granted(self.token(self.etl), self.etl)
        self.assert_reason(self.ask(key), "invalid_request", "dpop_proof_missing")
        self.assert_reason(self.ask(key, "bound"), "invalid_request", "certificate_missing")
        self.assert_reason(self.ask(key, "bound", proof_key=proof_key), "invalid_request", "certificate_missing")

    def test_the_audience(self):
        """FAPI-5.3.2.1-8, decision D13: a string."""
        self.assert_reason(self.ask(self.keys["ES256"], aud=[ISSUER]), "invalid_client", "assertion_audience_wrong")
        self.assert_reason(self.ask(self.keys["ES256"], aud=ISSUER + TOKEN), "invalid_client", "assertion_audience_wrong")

    def test_the_clock(self):
        """FAPI-5.3.2.1-13."""
        now = int(time.time())
        key = self.keys["ES256"]
        self.assertEqual(self.ask(key, proof_key=dpop.make_key(), iat=now + 8, nbf=now + 8).status, 200)
        for claim in ("iat", "nbf"):
            self.assert_reason(self.ask(key, **{claim: now + 61, "exp": now + 120}), "invalid_client", "assertion_not_yet_valid")

    def test_no_client_without_authentication(self):
        """FAPI-5.3.2.1-3."""
        self.assert_refused_because(self.token(client_id="batch"), "assertion_missing")
        self.assert_refused_because(self.token(client_id="batch", client_secret="x"), "method_mismatch")

    def test_the_suites(self):
        """FAPI-5.2.2-1, RFC 9325 section 4.2."""
        for suite, is_offered in (("ECDHE-ECDSA-AES128-GCM-SHA256", True), ("ECDHE-ECDSA-AES256-GCM-SHA384", True),
                                  ("ECDHE-ECDSA-CHACHA20-POLY1305", False), ("ECDHE-ECDSA-AES128-SHA256", False)):  # fmt: skip
            code, said = s_client(self.daemon, "-tls1_2", "-cipher", suite, stdin=b"Q\n")
            self.assertEqual(code == 0, is_offered, said)
        connection = self.tls(self.etl, version=ssl.TLSVersion.TLSv1_2)
        connection.send(form_request(grant()))
        self.assert_granted(connection.receive(), self.etl)

    def test_the_tokens(self):
        header, _, _ = tokens.decode(self.token(self.etl).json()["access_token"])
        self.assertIn(header["alg"], ALGORITHMS)


class Configuration(OwnDaemonCase):
    def test_contradictions_are_load_errors(self):
        """Each is named; what was running goes on."""
        config = self.base_config()
        daemon, curl = self.start(config)
        broken = self.base_config()
        broken["state_dir"] = daemon.config["state_dir"]
        broken["profile"] = "fapi2"
        broken["signing"] = {"algorithm": "RS256"}
        file = write_pem(self, SigningKey())
        broken["clients"] += [
            jwt_client("unbound", public_keys=[file]),
            jwt_client("perhaps", public_keys=[file], certificate_binding="when_presented"),
            jwt_client("rsa", public_keys=[write_pem(self, SigningKey("RS256"))], dpop_bound_access_tokens=True,
                       token_endpoint_auth_signing_alg="RS256"),
        ]  # fmt: skip
        daemon.reload(broken, expect="reload_failed")
        done = run("check", "--config", daemon.config_path)
        self.assertNotEqual(done.returncode, 0)
        for words in ("signing.algorithm: contradicts", "(unbound): contradicts", "(perhaps): contradicts",
                      "(rsa): token_endpoint_auth_signing_alg: contradicts"):  # fmt: skip
            self.assertIn(words, done.stdout + done.stderr)
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        daemon.stop()

    def test_a_reload_turns_it_on(self):
        """From then on, also for the next handshake; and off again."""
        daemon, _ = self.start()
        chacha = ("-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305")
        self.assertEqual(s_client(daemon, *chacha, stdin=b"Q\n")[0], 0)
        config = daemon.config
        daemon.reload({**config, "profile": "fapi2"})
        self.assertNotEqual(s_client(daemon, *chacha, stdin=b"Q\n")[0], 0)
        daemon.reload(config)
        self.assertEqual(s_client(daemon, *chacha, stdin=b"Q\n")[0], 0)
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
