"""Authlib and requests-oauthlib of Debian 12 against the daemon (docs/adr/0032)."""

from support import foreign
from support.cases import API


class MutualTls:
    """RFC 8705 with both libraries, neither of which knows the method by name. A subclass names the program."""

    program = ""

    def life(self, client, **members):
        return foreign.python(self.program, self.job(client, **members))

    def test_pki(self):
        result = self.life(self.by_certificate("etl", self.etl))
        self.assert_life(result, "etl", {"x5t#S256": self.etl.x5t()})
        self.assertEqual(result["x5t"], self.etl.x5t())

    def test_self_signed(self):
        result = self.life(self.by_certificate("batch", self.batch))
        self.assert_life(result, "batch", {"x5t#S256": self.batch.x5t()})

    def test_unbound(self):
        self.assert_life(self.life(self.by_certificate("unbound", self.etl)), "unbound", None)

    def test_a_resource(self):
        result = self.life(self.by_certificate("etl", self.etl), parameters={"scope": "orders.read", "resource": API})
        self.assert_life(result, "etl", {"x5t#S256": self.etl.x5t()})


class Authlib(MutualTls, foreign.ForeignCase):
    program = "authlib_client.py"

    def test_a_method_of_its_own(self):
        """As `none`, and registered with the library as what it is."""
        result = self.life({**self.by_certificate("etl", self.etl), "method": "tls_client_auth"})
        self.assert_life(result, "etl", {"x5t#S256": self.etl.x5t()})

    def test_the_library_verifies(self):
        """9068-2.1, 9701-5-1: the access token and the signed introspection, by the published keys."""
        result = self.life(self.by_certificate("etl", self.etl))
        self.assertEqual(result["verified"]["header"]["typ"], "at+jwt")
        self.assertEqual(result["introspected_as_jwt"]["type"], "application/token-introspection+jwt")
        self.assertEqual(result["introspected_as_jwt"]["answer"], result["introspected"]["answer"])

    def test_a_certificate_of_another(self):
        thrown = self.life(self.by_certificate("etl", self.orders_api))["token"]["thrown"]
        self.assertEqual((thrown["name"], thrown["error"]), ("OAuthError", "invalid_client"))


class RequestsOauthlib(MutualTls, foreign.ForeignCase):
    program = "requests_oauthlib_client.py"

    def test_a_certificate_of_another(self):
        thrown = self.life(self.by_certificate("etl", self.orders_api))["token"]["thrown"]
        self.assertEqual((thrown["name"], thrown["error"]), ("InvalidClientError", "invalid_client"))

    def test_the_default_is_a_second_credential(self):
        """Without include_client_id=True the library sends HTTP Basic with an empty secret: not what the client is registered for."""
        thrown = self.life({**self.by_certificate("etl", self.etl), "include_client_id": False})["token"]["thrown"]
        self.assertEqual(thrown["error"], "invalid_client")


class AuthlibPrivateKeyJwt(foreign.ForeignCase):
    @classmethod
    def configure(cls, config):
        super().configure(config)
        cls.add_signing_clients(config)

    def life(self, client, **members):
        return foreign.python("authlib_client.py", self.job(client, **members))

    def test_for_the_issuer(self):
        """7523bis-3-1, 7523-2.2-2: without client_id; introspection and revocation in the same way."""
        result = self.life(self.by_key("signer", self.signing_key.key), resource_server=self.gateway())
        self.assert_life(result, "signer", None)
        self.assert_life(self.life(self.by_key("rsa", self.rsa_key, "PS256")), "rsa", None)

    def test_with_a_certificate(self):
        """7523-mtls-1."""
        client = {**self.by_certificate("signer", self.batch), **self.by_key("signer", self.signing_key.key)}
        self.assert_life(self.life(client), "signer", {"x5t#S256": self.batch.x5t()})

    def test_as_the_library_does_it(self):
        """7523bis-3-1, 7523-3-2: for the token endpoint, for an hour, and both."""
        for assertion, reason in (("endpoint", "assertion_audience_wrong"), ("long", "assertion_lifetime_too_long"),
                                  ("default", "assertion_audience_wrong")):  # fmt: skip
            with self.subTest(assertion):
                mark = self.daemon.log.mark()
                thrown = self.life(self.by_key("signer", self.signing_key.key, assertion=assertion))["token"]["thrown"]
                self.assertEqual((thrown["name"], thrown["error"]), ("OAuthError", "invalid_client"))
                self.daemon.log.wait("client_refused", after=mark, reason=reason)


if __name__ == "__main__":
    foreign.main()
