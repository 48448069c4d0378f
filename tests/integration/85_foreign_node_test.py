"""oauth4webapi and openid-client against the daemon: they find everything in the metadata, and check what they get (docs/adr/0032)."""

from support import foreign
from support.cases import API


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


if __name__ == "__main__":
    foreign.main()
