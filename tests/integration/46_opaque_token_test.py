"""Opaque tokens, and what a resource says of its tokens (conformance.md sections 6 and 13)."""

import base64
import json
import unittest

from support.cases import API, JWKS, OTHER_API, OwnDaemonCase, grant, pki_client
from support.client import Curl
from support.daemon import run

INTROSPECT = "/oauth2/introspect"
INACTIVE = b'{"active":false}'


class Opaque(OwnDaemonCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.orders_api = cls.pki.leaf("CN=orders-api", issuer=cls.partner_ca)

    def configuration(self, **orders):
        config = self.base_config()
        config["resources"][0].update({"token_format": "opaque", "introspection_clients": ["orders-api"], **orders})
        config["resources"][1]["introspection_clients"] = ["orders-api"]
        config["clients"] += [
            pki_client("orders-api", tls_client_auth_subject_dn="CN=orders-api"),
            pki_client("both", tls_client_auth_subject_dn="CN=etl-01,O=Partner Corp,C=GB", scope="orders.read stock.read",
                       resources=[API, OTHER_API]),
        ]  # fmt: skip
        return config

    def token(self, curl, client_id="etl", **parameters):
        response = curl("/oauth2/token", cert=self.etl, form=grant(client_id, **parameters))
        self.assertEqual(response.status, 200, response)
        return response.json()

    def introspect(self, curl, token):
        return curl(INTROSPECT, cert=self.orders_api, form={"client_id": "orders-api", "token": token})

    def test_it_is_sealed(self):
        """Product section 6, 8705-3.2-1, 7662-2.2-3: nothing to read without our key; introspection says all that a JWT would."""
        daemon, curl = self.start(self.configuration())
        answer = self.token(curl)
        token = answer["access_token"]
        parts = token.split(".")
        self.assertEqual((len(parts), parts[1]), (5, ""))
        self.assertLess(len(token), 500)
        header = json.loads(base64.urlsafe_b64decode(parts[0] + "=="))
        self.assertEqual((header["alg"], header["enc"]), ("dir", "A256GCM"))
        self.assertNotIn(header["kid"], curl(JWKS).body.decode())
        claims = self.introspect(curl, token).json()
        self.assertEqual(set(claims), {"active", "token_type", "iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope", "cnf"})
        self.assertEqual(claims["cnf"], {"x5t#S256": self.etl.x5t()})
        self.assertEqual((claims["client_id"], claims["scope"], claims["aud"]), ("etl", "orders.read orders.write", API))
        self.assertEqual(claims["exp"] - claims["iat"], answer["expires_in"])
        flipped = parts[3][:-8] + ("A" if parts[3][-8] != "A" else "B") + parts[3][-7:]
        for other in (".".join([*parts[:3], flipped, parts[4]]), token[:-1], token + ".", ".".join(parts[:4])):
            self.assertEqual(self.introspect(curl, other).body, INACTIVE)
        daemon.stop()

    def test_it_is_revoked(self):
        """7009-2-1: as a JWT is."""
        daemon, curl = self.start(self.configuration())
        token = self.token(curl)["access_token"]
        self.assertTrue(self.introspect(curl, token).json()["active"])
        self.assertEqual(curl("/oauth2/revoke", cert=self.etl, form={"client_id": "etl", "token": token}).status, 200)
        self.assertEqual(self.introspect(curl, token).body, INACTIVE)
        daemon.stop()

    def test_no_row_and_no_restart_matters(self):
        """Issue 4, 2: the key is stored, not the token; it outlives a restart and a change of the format."""
        daemon, curl = self.start(self.configuration())
        token = self.token(curl)["access_token"]
        daemon.stop()
        daemon.start()
        curl = Curl(daemon, self.server_ca)
        self.assertTrue(self.introspect(curl, token).json()["active"])
        daemon.reload(self.configured_like(daemon, token_format="jwt"))
        self.assertTrue(self.introspect(curl, token).json()["active"])
        self.assertEqual(len(self.token(curl)["access_token"].split(".")), 3)
        daemon.stop()

    def configured_like(self, daemon, **orders):
        config = self.configuration(**orders)
        config["state_dir"] = daemon.config["state_dir"]
        return config

    def test_every_start_seals_with_a_key_of_its_own(self):
        """docs/adr/0026: tokens of one worker share a salt, and no two have a nonce; after a restart it is another."""
        daemon, curl = self.start({**self.configuration(), "workers": 1})
        seen = []
        for _ in range(2):
            tokens = [self.token(curl)["access_token"] for _ in range(4)]
            kids = {json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"] for token in tokens}
            nonces = [base64.urlsafe_b64decode(token.split(".")[2]) for token in tokens]
            self.assertEqual(len(kids), 1)
            self.assertEqual([nonce[:4] for nonce in nonces], [number.to_bytes(4, "big") for number in range(4)])
            self.assertTrue(all(self.introspect(curl, token).json()["active"] for token in tokens + seen))
            seen, before = tokens, kids if not seen else before
            daemon.stop()
            daemon.start()
            curl = Curl(daemon, self.server_ca)
        self.assertNotEqual(kids, before)
        self.assertEqual({kid.split(".")[0] for kid in kids}, {kid.split(".")[0] for kid in before})
        daemon.stop()

    def test_somebody_should_be_able_to_read_them(self):
        """`check` and the start warn where neither a client may introspect nor a verifier has the audience."""
        config = self.configuration(introspection_clients=[])
        daemon = self.make_daemon(config)
        done = run("check", "--config", daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("warning: resources[0].token_format: nobody can read these tokens", done.stderr)
        daemon.start()
        self.assertIn("nobody can read", daemon.log.wait("configuration_problem")["detail"])
        daemon.stop()
        config["verifiers"] = [{"address": f"unix:{self.folder}/read.sock", "audience": API}]
        done = run("check", "--config", self.pki.write("read.yaml", json.dumps(config)))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("nobody can read", done.stderr)

    def test_several_resources(self):
        """8707-2-2, 9068-5-1: one format for all or invalid_target; the shortest lifetime."""
        daemon, curl = self.start(self.configuration(lifetime="60s"))
        form = [("grant_type", "client_credentials"), ("client_id", "both"), ("resource", OTHER_API), ("resource", API)]
        self.assert_error(curl("/oauth2/token", cert=self.etl, form=form), "invalid_target")
        self.assertEqual(self.token(curl, "both", resource=API)["expires_in"], 60)
        self.assertEqual(self.token(curl, "both", resource=OTHER_API)["expires_in"], 300)
        daemon.reload(self.configured_like(daemon, lifetime="60s", token_format="jwt"))
        response = curl("/oauth2/token", cert=self.etl, form=form)
        self.assertEqual(response.json()["expires_in"], 60)
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
