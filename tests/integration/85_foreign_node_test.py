"""oauth4webapi and openid-client against the daemon: they find everything in the metadata, and check what they get (docs/adr/0032)."""

from support import foreign
from support.cases import API, pki_client


class NodeCase(foreign.ForeignCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.node = foreign.Node(cls.folder)


class Libraries:
    """What holds of both. A subclass names the program and adds what its library alone can show."""

    program = ""

    def life(self, client, **members):
        return self.node(self.program, self.job(client, **members))

    def assert_signed_introspection(self, result):
        """9701-5-1: signature, type, issuer and audience were checked by the library, and it says what the JSON says."""
        self.assertEqual(result["introspected_as_jwt"].get("answer"), result["introspected"]["answer"], result["introspected_as_jwt"])
        self.assertIs(result["introspected_as_jwt"]["answer"]["active"], True)


class MutualTls(Libraries):
    """RFC 8705, through mtls_endpoint_aliases as its section 5 has it."""

    def test_pki(self):
        result = self.life(self.by_certificate("etl", self.etl))
        self.assert_life(result, "etl", {"x5t#S256": self.etl.x5t()})
        self.assertEqual(result["x5t"], self.etl.x5t())
        self.assert_signed_introspection(result)
        posts = {request["url"] for request in result["requests"] if request["method"] == "POST"}
        self.assertEqual(posts, {f"{self.alias}/oauth2/{endpoint}" for endpoint in ("token", "introspect", "revoke")})

    def test_self_signed(self):
        result = self.life(self.by_certificate("batch", self.batch))
        self.assert_life(result, "batch", {"x5t#S256": self.batch.x5t()})

    def test_a_certificate_of_another(self):
        """6749-5.2: the error arrives as what it is."""
        result = self.life(self.by_certificate("etl", self.orders_api))
        thrown = result["token"]["thrown"]
        self.assertEqual((thrown["name"], thrown["error"], thrown["status"]), ("ResponseBodyError", "invalid_client", 400))

    def test_without_the_alias(self):
        """8705-5-5: the issuer's own port asks for no certificate, so nobody is authenticated there."""
        result = self.life({**self.by_certificate("etl", self.etl), "alias": False})
        self.assertEqual(result["token"]["thrown"]["error"], "invalid_client")

    def test_a_scope_that_is_not_registered(self):
        result = self.life(self.by_certificate("etl", self.etl), parameters={"scope": "stock.read"})
        self.assertEqual(result["token"]["thrown"]["error"], "invalid_scope")

    def test_a_resource(self):
        """8707-2-1: a parameter that the library does not know is passed on."""
        result = self.life(self.by_certificate("etl", self.etl), parameters={"scope": "orders.read", "resource": API})
        self.assert_life(result, "etl", {"x5t#S256": self.etl.x5t()})


class Oauth4webapiMutualTls(MutualTls, NodeCase):
    program = "oauth4webapi.mjs"

    def test_what_a_resource_server_of_the_library_says(self):
        """validateJwtAccessToken takes RFC 9068 as we issue it; of cnf it knows jkt alone, and refuses what it does not know."""
        result = self.life(self.by_certificate("unbound", self.etl))
        claims = self.assert_life(result, "unbound", None)
        self.assertEqual(result["validated"], claims)
        bound = self.life(self.by_certificate("etl", self.etl))["validated"]
        self.assertEqual(bound["thrown"]["code"], "OAUTH_UNSUPPORTED_OPERATION", bound)

    def test_the_media_type_of_a_signed_introspection(self):
        result = self.life(self.by_certificate("etl", self.etl))
        self.assertEqual(result["introspected"]["type"], "application/json")
        self.assertEqual(result["introspected_as_jwt"]["type"], "application/token-introspection+jwt")


class OpenidClientMutualTls(MutualTls, NodeCase):
    program = "openid-client.mjs"


class KeyCase(NodeCase):
    @classmethod
    def configure(cls, config):
        super().configure(config)
        cls.add_signing_clients(config)


class PrivateKeyJwt(Libraries):
    """RFC 7523 as the libraries send it: `aud` is the issuer, a minute of life, no typ."""

    def test_es256(self):
        """7523bis-3-1, 7523bis-3-3: and a resource server that introspects in the same way."""
        result = self.life(self.by_key("signer", self.signing_key.key, kid="one"), resource_server=self.gateway())
        self.assert_life(result, "signer", None)
        self.assert_signed_introspection(result)
        posts = {request["url"] for request in result["requests"] if request["method"] == "POST"}
        self.assertEqual(posts, {f"{self.issuer}/oauth2/{endpoint}" for endpoint in ("token", "introspect", "revoke")})

    def test_other_algorithms(self):
        """7523-3-4: without a kid. RFC 9864 calls EdDSA with this key Ed25519, and so may a library."""
        self.assert_life(self.life(self.by_key("rsa", self.rsa_key, "PS256")), "rsa", None)
        self.assert_life(self.life(self.by_key("ed", self.ed_key, "Ed25519")), "ed", None)

    def test_at_the_alias(self):
        """7523-mtls-1, 8705-3: bound to the certificate, whoever issued it; `aud` is the issuer there too."""
        for credential in (self.etl, self.batch):
            client = {**self.by_certificate("signer", credential), **self.by_key("signer", self.signing_key.key)}
            result = self.life(client)
            self.assert_life(result, "signer", {"x5t#S256": credential.x5t()})
            self.assertIn(f"{self.alias}/oauth2/token", [request["url"] for request in result["requests"]])

    def test_the_key_of_another(self):
        for client in (self.by_key("signer", self.gateway_key.key), self.by_key("signer", self.rsa_key, "PS256"),
                       self.by_key("rsa", self.rsa_key, "RS256")):  # fmt: skip
            self.assertEqual(self.life(client)["token"]["thrown"]["error"], "invalid_client")


class Oauth4webapiPrivateKeyJwt(PrivateKeyJwt, KeyCase):
    program = "oauth4webapi.mjs"

    def test_a_resource_server_of_the_library(self):
        result = self.life(self.by_key("signer", self.signing_key.key))
        self.assertEqual(result["validated"], self.claims_of(result["token"]))

    def test_the_audience(self):
        """7523bis-3-1, 7523bis-3-2: what older libraries send is refused, by whatever name they call us."""
        key = self.signing_key.key
        self.assertIn("access_token", self.life(self.by_key("signer", key, audience=[self.issuer]))["token"])
        for audience in (f"{self.issuer}/oauth2/token", f"{self.issuer}/", self.alias, [self.issuer, f"{self.issuer}/oauth2/token"], API):
            with self.subTest(audience):
                thrown = self.life(self.by_key("signer", key, audience=audience))["token"]["thrown"]
                self.assertEqual((thrown["error"], thrown["status"]), ("invalid_client", 400))


class OpenidClientPrivateKeyJwt(PrivateKeyJwt, KeyCase):
    program = "openid-client.mjs"


class DpopCase(NodeCase):
    nonce = "off"

    @classmethod
    def configure(cls, config):
        super().configure(config)
        cls.add_signing_clients(config)
        config["dpop"] = {"nonce": cls.nonce}
        subject = {"tls_client_auth_subject_dn": "CN=etl-01,O=Partner Corp,C=GB"}
        config["clients"] += [
            foreign.signing_client("proven", jwks=cls.jwks_of(cls.signing_key), dpop_bound_access_tokens=True),
            pki_client("narrow", sender_constraint="dpop", **subject),
            pki_client("unwanted", sender_constraint="mtls", **subject),
        ]

    def proven(self):
        return self.by_key("proven", self.signing_key.key)

    def refused_posts(self, result):
        """Requests that were answered 400."""
        return [request for request in result["requests"] if request["status"] == 400]


class Dpop(Libraries):
    """RFC 9449: proofs as the libraries make them."""

    def test_with_an_assertion(self):
        """9449-5-1, 9449-6.2-1: DPoP alone, with keys of two kinds."""
        for alg in ("ES256", "PS256", "Ed25519"):
            with self.subTest(alg):
                result = self.life(self.proven(), dpop=alg, resource_server=self.gateway())
                self.assert_life(result, "proven", {"jkt": result["jkt"]}, "dpop")
                self.assert_signed_introspection(result)

    def test_with_a_certificate(self):
        """DPoP+mTLS-1, 9449-4.3-11: at the alias, whose URL the proof names; the token is bound to both."""
        result = self.life(self.by_certificate("etl", self.etl), dpop="ES256")
        self.assert_life(result, "etl", {"x5t#S256": self.etl.x5t(), "jkt": result["jkt"]}, "dpop")

    def test_narrowed_to_the_proof(self):
        result = self.life(self.by_certificate("narrow", self.etl), dpop="ES256")
        self.assert_life(result, "narrow", {"jkt": result["jkt"]}, "dpop")

    def test_a_proof_that_is_missing(self):
        """9449-5.2-1: no unbound token in its place."""
        for client in (self.proven(), self.by_certificate("narrow", self.etl)):
            self.assertIn(self.life(client)["token"]["thrown"]["error"], ("invalid_request", "invalid_dpop_proof"))

    def test_a_proof_that_is_not_wanted(self):
        """Never passed over: the library would take the token for one of another kind."""
        result = self.life(self.by_certificate("unwanted", self.etl), dpop="ES256")
        self.assertEqual(result["token"]["thrown"]["error"], "invalid_request")


class Oauth4webapiDpop(Dpop, DpopCase):
    program = "oauth4webapi.mjs"

    def test_a_resource_server_of_the_library(self):
        """9449-7-1: it accepts the token with a proof of the key, and with no other; of two members of cnf it accepts none."""
        result = self.life(self.proven(), dpop="ES256")
        self.assertEqual(result["validated"], self.claims_of(result["token"]))
        self.assertIn("thrown", result["other_proof"])
        narrow = self.life(self.by_certificate("narrow", self.etl), dpop="ES256")
        self.assertEqual(narrow["validated"], self.claims_of(narrow["token"]))
        both = self.life(self.by_certificate("etl", self.etl), dpop="ES256")["validated"]
        self.assertEqual(both["thrown"]["code"], "OAUTH_UNSUPPORTED_OPERATION", both)


class OpenidClientDpop(Dpop, DpopCase):
    program = "openid-client.mjs"


class Nonce(Libraries):
    """RFC 9449 section 8: the library hears of the nonce, sends it, and keeps it."""

    def test_asked_once(self):
        """9449-8-1, 9449-8-3: at the issuer and at the alias; the second token needs no second refusal."""
        for client_id, client in (("proven", self.proven()), ("narrow", self.by_certificate("narrow", self.etl))):
            with self.subTest(client_id):
                result = self.life(client, dpop="ES256")
                self.assert_life(result, client_id, {"jkt": result["jkt"]}, "dpop")
                refused = self.refused_posts(result)
                self.assertEqual(len(refused), 1, result["requests"])
                self.assertTrue(refused[0]["nonce"])


class Oauth4webapiNonce(Nonce, DpopCase):
    program = "oauth4webapi.mjs"
    nonce = "on"


class OpenidClientNonce(Nonce, DpopCase):
    program = "openid-client.mjs"
    nonce = "on"


if __name__ == "__main__":
    foreign.main()
