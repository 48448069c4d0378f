"""Discovery and keys (conformance.md sections 5 and 9)."""

import base64
import unittest

from support import tokens
from support.assertions import ALGORITHMS, SigningKey, assertion, jwt_client, parameters, write_pem
from support.cases import JWKS, METADATA, TOKEN, DaemonCase, OwnDaemonCase, grant, self_signed_client
from support.daemon import eventually, run
from support.dpop import proof
from support.pki import base64url, thumbprint_7638


class Metadata(DaemonCase):
    def test_the_document(self):
        """8414-2-1 to 8414-2-5, 8414-2-9, 8414-2-11, 8705-2.1.1-1, 8705-2.2.1-1, 8705-3.3-1: what the server can do, no more."""
        response = self.curl(METADATA)
        self.assertEqual(response.status, 200)
        self.assertTrue(response.header("Content-Type").startswith("application/json"))
        metadata = response.json()
        self.assertEqual(metadata["issuer"], "https://localhost:8443")
        self.assertEqual(metadata["token_endpoint"], "https://localhost:8443/oauth2/token")
        self.assertEqual(metadata["jwks_uri"], "https://localhost:8443/oauth2/jwks")
        self.assertEqual(metadata["response_types_supported"], [])
        self.assertEqual(metadata["grant_types_supported"], ["client_credentials"])
        self.assertEqual(
            sorted(metadata["token_endpoint_auth_methods_supported"]),
            ["private_key_jwt", "self_signed_tls_client_auth", "tls_client_auth"],
        )
        self.assertEqual(set(metadata["dpop_signing_alg_values_supported"]), set(ALGORITHMS))
        self.assertIs(metadata["tls_client_certificate_bound_access_tokens"], True)
        if "scopes_supported" in metadata:
            self.assertEqual(set(metadata["scopes_supported"]), {"orders.read", "orders.write", "stock.read"})
        for name in ("token", "introspection", "revocation"):
            self.assertEqual(
                metadata[name + "_endpoint_auth_methods_supported"], metadata["token_endpoint_auth_methods_supported"]
            )
            self.assertEqual(set(metadata[name + "_endpoint_auth_signing_alg_values_supported"]), set(ALGORITHMS))
        self.assertEqual(metadata["introspection_signing_alg_values_supported"], ["ES256"])
        absent = {"authorization_endpoint", "registration_endpoint", "mtls_endpoint_aliases", "device_authorization_endpoint"}
        self.assertFalse(absent & set(metadata))

    def test_every_url_answers(self):
        """8414-7-1: loop over the document; what is announced is there."""
        metadata = self.curl(METADATA).json()
        self.assertEqual(self.curl(metadata["jwks_uri"]).status, 200)
        self.assert_granted(self.curl(metadata["token_endpoint"], cert=self.etl, form=grant()), self.etl)
        for name in ("introspection_endpoint", "revocation_endpoint"):
            self.assertEqual(self.curl(metadata[name], cert=self.etl, form={"client_id": "etl", "token": "x"}).status, 200)
        issuer = metadata["issuer"]
        self.assertEqual(self.curl(issuer + METADATA).json(), metadata)

    def test_no_certificate_is_needed(self):
        """8414-3-4, 8414-6-1: and any certificate does as well."""
        plain = self.curl(METADATA)
        self.assertEqual(self.curl(METADATA, cert=self.etl).body, plain.body)
        self.assertEqual(self.curl(METADATA, cert=self.pki.leaf("CN=stranger")).body, plain.body)

    def test_documents_are_cacheable(self):
        """product.md section 4: Cache-Control and ETag; If-None-Match is answered with 304."""
        for path in (METADATA, JWKS):
            with self.subTest(path=path):
                response = self.curl(path)
                self.assertIn("max-age=", response.header("Cache-Control"))
                self.assertNotIn("no-store", response.header("Cache-Control"))
                etag = response.header("ETag")
                self.assertRegex(etag, r'\A(W/)?"[\x21\x23-\x7e]+"\Z')
                again = self.curl(path, headers=[f"If-None-Match: {etag}"])
                self.assertEqual((again.status, again.body), (304, b""))
                self.assertEqual(again.header("ETag"), etag)
                self.assertEqual(self.curl(path, headers=['If-None-Match: "other"']).body, response.body)


class WhatIsListed(DaemonCase):
    """8414-2-5, 8414-7-1, 9449-5.1-1: each value works, at each endpoint that lists it, and one that is not listed fails."""

    @classmethod
    def configure(cls, config):
        cls.keys = {name: SigningKey(name) for name in ("ES256", "ES384", "ES512", "EdDSA", "PS256")}
        files = [write_pem(cls, key) for key in cls.keys.values()]
        for name in ("PS384", "PS512", "RS256", "RS384"):
            cls.keys[name] = cls.keys["PS256"].with_algorithm(name)
        cls.own = cls.pki.leaf("CN=own")
        config["resources"][0]["introspection_clients"] = ["etl", "own", "batch"]
        config["clients"] += [jwt_client("batch", public_keys=files), self_signed_client("own", certificates=[cls.own.certificate])]

    def setUp(self):
        super().setUp()
        self.metadata = self.curl(METADATA).json()

    def ask(self, endpoint, client_id, cert=None, key=None, headers=(), **more):
        form = {"client_id": client_id, **(parameters(assertion(key, client_id)) if key else {}), **more}
        form |= {"grant_type": "client_credentials"} if endpoint == "token" else {"token": "x"}
        return self.curl(self.metadata[endpoint + "_endpoint"], cert=cert, form=form, headers=headers)

    def test_methods(self):
        """What is not listed is not used in place of what is registered."""
        ways = {
            "tls_client_auth": {"client_id": "etl", "cert": self.etl},
            "self_signed_tls_client_auth": {"client_id": "own", "cert": self.own},
            "private_key_jwt": {"client_id": "batch", "key": self.keys["ES256"]},
        }
        for endpoint in ("token", "introspection", "revocation"):
            listed = self.metadata[endpoint + "_endpoint_auth_methods_supported"]
            self.assertEqual(set(listed), set(ways))
            refused = 401 if endpoint == "introspection" else 400
            for method in listed:
                self.assertEqual(self.ask(endpoint, **ways[method]).status, 200, (endpoint, method))
            for client_id in ("etl", "own", "batch"):
                self.assert_error(self.ask(endpoint, client_id), "invalid_client", refused)  # none
                self.assert_error(self.ask(endpoint, client_id, client_secret="x" * 43), "invalid_client", refused)
                basic = f"Authorization: Basic {base64.b64encode(client_id.encode() + b':' + b'x' * 43).decode()}"
                self.assert_error(self.ask(endpoint, client_id, headers=[basic]), "invalid_client", 401)

    def test_algorithms_of_assertions(self):
        for endpoint in ("token", "introspection", "revocation"):
            refused = 401 if endpoint == "introspection" else 400
            listed = self.metadata[endpoint + "_endpoint_auth_signing_alg_values_supported"]
            for name, key in self.keys.items():
                response = self.ask(endpoint, "batch", key=key)
                if name in listed:
                    self.assertEqual(response.status, 200, (endpoint, name))
                else:
                    self.assert_error(response, "invalid_client", refused)
            self.assertNotIn("RS384", listed)

    def test_algorithms_of_proofs(self):
        listed = self.metadata["dpop_signing_alg_values_supported"]
        for name, key in self.keys.items():
            response = self.ask("token", "etl", self.etl, headers=[f"DPoP: {proof(key, 'POST', self.metadata['token_endpoint'])}"])
            if name in listed:
                self.assertEqual(response.json()["token_type"], "DPoP", name)
            else:
                self.assert_error(response, "invalid_dpop_proof")
        self.assertNotIn("RS384", listed)


class IssuerWithPath(DaemonCase):
    @classmethod
    def configure(cls, config):
        config["issuer"] = "https://localhost:8443/tenant/one"

    def test_the_path_is_inserted(self):
        """8414-3-1, V8414: after the well-known suffix; the issuer itself is what the token says."""
        metadata = self.curl(METADATA + "/tenant/one").json()
        self.assertEqual(metadata["issuer"], "https://localhost:8443/tenant/one")
        self.assertEqual(metadata["token_endpoint"], "https://localhost:8443/tenant/one/oauth2/token")
        self.assertEqual(self.curl(metadata["jwks_uri"]).status, 200)
        claims = self.assert_granted(self.curl(metadata["token_endpoint"], cert=self.etl, form=grant()), self.etl)
        self.assertEqual(claims["iss"], metadata["issuer"])

    def test_other_paths_are_none(self):
        """8414-3-2: an unknown issuer's path is 404."""
        for path in (METADATA, METADATA + "/tenant/two", METADATA + "/tenant", METADATA + "/tenant/one/", TOKEN, JWKS):
            self.assert_error(self.curl(path), "not_found", 404)


class IssuerWithSlash(OwnDaemonCase):
    def test_it_is_refused(self):
        """8414-3-1, 8414-3-3: issuers are compared as text, and one with a slash at its end would be two."""
        for issuer in ("https://localhost:8443/", "https://localhost:8443/tenant/"):
            config = self.base_config()
            config["issuer"] = issuer
            daemon = self.make_daemon(config).spawn()
            self.assertEqual(daemon.wait_exit(), 78)
            self.assertIn("issuer", daemon.log.text())


class Keys(OwnDaemonCase):
    EXPECTED = {
        "ES256": {"kty": "EC", "crv": "P-256"},
        "EdDSA": {"kty": "OKP", "crv": "Ed25519"},
        "PS256": {"kty": "RSA", "e": "AQAB"},
        "RS256": {"kty": "RSA", "e": "AQAB"},
    }

    def test_each_algorithm(self):
        """JOSE-5, JOSE-6, JOSE-8 to JOSE-12, 9068-2.1-1, 9068-2.1-2, D9, D10: the published key, and a token that verifies with it alone."""
        for algorithm, members in self.EXPECTED.items():
            with self.subTest(algorithm=algorithm):
                config = self.base_config()
                config["signing"] = {"algorithm": algorithm}
                daemon, curl = self.start(config)
                response = curl(JWKS)
                self.assertRegex(response.header("Content-Type"), r"\Aapplication/(jwk-set\+)?json")
                keys = response.json()["keys"]
                self.assertEqual(len({key["kid"] for key in keys}), len(keys))
                for key in keys:
                    self.assertFalse({"d", "p", "q", "dp", "dq", "qi", "oth", "k"} & set(key))
                token = curl(TOKEN, cert=self.etl, form=grant()).json()["access_token"]
                header, _, signature = tokens.decode(token)
                self.assertEqual(header["alg"], algorithm)
                key = next(key for key in keys if key["kid"] == header["kid"])
                for name, value in {**members, "use": "sig", "alg": algorithm}.items():
                    self.assertEqual(key[name], value)
                self.assert_lengths(key, signature)
                self.assertTrue(tokens.has_valid_signature(token, {"keys": keys}))
                self.assert_changes_are_seen(token, keys)
                daemon.stop()

    def assert_lengths(self, key, signature):
        if key["kty"] == "EC":
            self.assertEqual((len(tokens.from_base64url(key["x"])), len(tokens.from_base64url(key["y"]))), (32, 32))
            self.assertEqual(len(signature), 64)
        elif key["kty"] == "OKP":
            self.assertEqual((len(tokens.from_base64url(key["x"])), len(signature)), (32, 64))
        else:
            modulus = tokens.from_base64url(key["n"])
            self.assertGreaterEqual(len(modulus), 256)
            self.assertNotEqual(modulus[0], 0)
            self.assertEqual(len(signature), len(modulus))

    def assert_changes_are_seen(self, token, keys):
        """The verification of this test can fail: another payload under the same signature does not verify."""
        header, _, signature = token.split(".")
        _, claims, _ = tokens.decode(token)
        import json

        forged = base64url(json.dumps({**claims, "sub": "other"}).encode())
        self.assertFalse(tokens.has_valid_signature(f"{header}.{forged}.{signature}", {"keys": keys}))

    def test_each_kid_is_its_thumbprint(self):
        """RFC 7638 section 3, computed here, for a key of each kind in one set."""
        config = self.base_config()
        config["signing"] = {"algorithm": "ES256"}
        daemon, curl = self.start(config)
        for algorithm in ("EdDSA", "PS256"):
            config["signing"]["algorithm"] = algorithm
            daemon.reload(config)
            done = run("keys", "rotate", "--now", "--config", daemon.config_path)
            self.assertEqual(done.returncode, 0, done.stderr)
        keys = curl(JWKS).json()["keys"]
        self.assertEqual({key["kty"] for key in keys}, {"EC", "OKP", "RSA"})
        for key in keys:
            self.assertEqual(key["kid"], thumbprint_7638(key), key)
        daemon.stop()

    def test_another_algorithm_keeps_the_old_key_published(self):
        """JOSE-12, product.md section 6: no moment in which a valid token cannot be verified."""
        config = self.base_config()
        config["signing"] = {"algorithm": "ES256", "jwks_max_age": "1s"}
        daemon, curl = self.start(config)
        token = curl(TOKEN, cert=self.etl, form=grant()).json()["access_token"]
        config["signing"]["algorithm"] = "EdDSA"
        daemon.reload(config)
        kid = next(key["kid"] for key in curl(JWKS).json()["keys"] if key["alg"] == "EdDSA")
        at_once = curl(TOKEN, cert=self.etl, form=grant()).json()["access_token"]
        self.assertEqual(tokens.decode(at_once)[0]["alg"], "ES256", "caches do not know the new key yet")
        daemon.log.wait("token_key_changed", kid=kid, state="active")
        # The event is of the store; each worker has the key a moment later.
        issued = []

        def is_signed_by_the_new_key():
            issued.append(curl(TOKEN, cert=self.etl, form=grant()).json()["access_token"])
            return tokens.decode(issued[-1])[0]["alg"] == "EdDSA"

        eventually(is_signed_by_the_new_key, what="the new key signs")
        later = issued[-1]
        keys = curl(JWKS).json()
        self.assertTrue(tokens.has_valid_signature(token, keys))
        self.assertTrue(tokens.has_valid_signature(later, keys))
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
