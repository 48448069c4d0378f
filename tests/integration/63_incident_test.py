"""Questions of an incident: what `audit show`, `client show` and `client explain` know of denials, keys and ends (product.md section 7)."""

import json
import os
import sqlite3
import time
import unittest

from support import tokens
from support.cases import JWKS, OTHER_API, TOKEN, OwnDaemonCase, add_introspecting_clients, grant, pki_client, self_signed_client
from support.client import Curl
from support.daemon import eventually, run


class IncidentCase(OwnDaemonCase):
    def show(self, daemon, *arguments, status=0):
        """The records of issued tokens, by jti."""
        done = run("audit", "show", "--config", daemon.config_path, "--json", *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return {record["jti"]: record for record in json.loads(done.stdout)["records"] if "alive" in record}

    def text(self, daemon, *arguments):
        done = run("audit", "show", "--config", daemon.config_path, *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def deny(self, daemon, *arguments, reason="laptop lost"):
        until = str(int(time.time()) + 3600)
        done = run("deny", "add", "--config", daemon.config_path, "--json", "--reason", reason, "--until", until, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def a_token(self, curl, cert=None, client_id="etl"):
        response = curl(TOKEN, cert=cert or self.etl, form=grant(client_id))
        self.assertEqual(response.status, 200, response)
        return response.json()["access_token"]

    def pass_second(self):
        """A token of the very second in which the keys are looked at may be of a key that was made in it."""
        end = int(time.time()) + 1
        eventually(lambda: time.time() >= end, what="the next second")

    def jti(self, curl, **options):
        return tokens.decode(self.a_token(curl, **options))[1]["jti"]


class Tokens(IncidentCase):
    def test_denied_ones_are_not_alive(self):
        """Issue 4, 8: are they still alive. The denial is named, with its reason."""
        daemon, curl = self.start()
        token = self.a_token(curl)
        first, second, third = tokens.decode(token)[1]["jti"], self.jti(curl), self.jti(curl)
        denial = self.deny(daemon, "--jti", second)
        found = self.show(daemon, "--thumbprint", self.etl.x5t())
        self.assertEqual({jti: record["alive"] for jti, record in found.items()}, {first: True, second: False, third: True})
        self.assertEqual(found[second]["status"], {"state": "denied", "denial": denial})
        self.assertEqual(found[first]["status"], {"state": "active", "key_state": "active"})
        lines = self.text(daemon, "--client", "etl").splitlines()
        self.assertIn(" alive until ", lines[0])
        self.assertIn(f" denied (denial {denial['id']} of jti {second} since {denial['created_at']} until {denial['until']}: laptop lost) ends ", lines[1])

        self.assertEqual(run("deny", "remove", str(denial["id"]), "--config", daemon.config_path).returncode, 0)
        self.assertTrue(self.show(daemon, "--jti", second)[second]["alive"])
        issued = tokens.decode(token)[1]["iat"]
        self.pass_second()
        for arguments in (("--client", "etl"), ("--thumbprint", self.etl.x5t()), ("--issued-before", str(issued + 1))):
            denial = self.deny(daemon, *arguments)
            state = self.show(daemon, "--jti", first)[first]["status"]
            self.assertEqual((state["state"], state["denial"]), ("denied", denial))
            self.assertEqual(run("deny", "remove", str(denial["id"]), "--config", daemon.config_path).returncode, 0)
        daemon.stop()
        # Also while no server runs.
        self.assertTrue(self.show(daemon, "--jti", first)[first]["alive"])

    def test_keys(self):
        """Which tokens a key signed; that it is retired; that it is gone."""
        config = self.base_config()
        config["resources"][1]["token_format"] = "opaque"
        add_introspecting_clients(self, config)
        config["clients"].append(pki_client("stock", tls_client_auth_subject_dn="CN=stock", scope="stock.read", resources=[OTHER_API]))
        stock = self.pki.leaf("CN=stock", issuer=self.partner_ca)
        daemon, curl = self.start(config)
        token = self.a_token(curl)
        kid, jti = tokens.decode(token)[0]["kid"], tokens.decode(token)[1]["jti"]
        self.a_token(curl, cert=stock, client_id="stock")
        self.assertEqual(run("keys", "rotate", "--now", "--config", daemon.config_path).returncode, 0)
        after = self.jti(curl)
        self.assertEqual(set(self.show(daemon, "--kid", kid)), {jti})
        self.assertEqual(self.show(daemon, "--jti", jti)[jti]["status"], {"state": "active", "key_state": "retired"})
        self.assertIn("(its key is retired)", self.text(daemon, "--jti", jti))
        (sealed,) = self.show(daemon, "--client", "stock").values()
        self.assertEqual(sealed["status"], {"state": "active", "key_state": "retired"})
        self.assertTrue(self.is_active(curl, token))
        keys = {key["kid"]: key["algorithm"] for key in json.loads(run("keys", "list", "--json", "--config", daemon.config_path).stdout)}
        self.assertEqual(keys[sealed["kid"]], "A256GCM")
        daemon.stop()
        database = sqlite3.connect(os.path.join(daemon.config["state_dir"], "certbound.db"))
        with database:
            database.execute("DELETE FROM token_key WHERE kid = ?", (kid,))
        database.close()
        self.pass_second()
        record = self.show(daemon, "--jti", jti)[jti]
        self.assertEqual((record["alive"], record["status"]["state"]), (False, "key_removed"))
        self.assertIn("not verifiable (key " + kid, self.text(daemon, "--jti", jti))
        self.assertTrue(self.show(daemon, "--jti", after)[after]["alive"])
        # The emergency of docs/OPERATIONS.md: nobody can verify it from here on.
        daemon.start()
        curl = Curl(daemon, self.server_ca)
        self.assertNotIn(kid, curl(JWKS).body.decode())
        self.assertFalse(self.is_active(curl, token))
        daemon.stop()

    def is_active(self, curl, token):
        response = curl("/oauth2/introspect", cert=self.orders_api, form={"client_id": "orders-api", "token": token})
        self.assertEqual(response.status, 200, response)
        return response.json()["active"]

    def test_it_says_where_it_does_not_know(self):
        """Without the registry nothing is called alive."""
        daemon, curl = self.start()
        jti = self.jti(curl)
        daemon.stop()
        log = daemon.audit_path()
        nowhere = {"CERTBOUND_CONFIG": os.path.join(self.folder, "missing.yaml")}
        for arguments in (("--config", nowhere["CERTBOUND_CONFIG"]), ()):
            done = run("audit", "show", log, "--jti", jti, "--json", *arguments, environment=nowhere)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("it is not known whether they are alive", done.stderr)
            (record,) = json.loads(done.stdout)["records"]
            self.assertEqual((record["alive"], record["status"]["state"]), (None, "unknown"))
            self.assertIn("names no state directory", record["status"]["detail"])
        database = os.path.join(daemon.config["state_dir"], "certbound.db")
        os.rename(database, database + ".away")
        record = self.show(daemon, "--jti", jti)[jti]
        self.assertEqual((record["alive"], record["status"]["state"]), (None, "unknown"))
        line = self.text(daemon, "--jti", jti)
        self.assertIn("not known whether alive", line)
        self.assertNotIn(" alive until ", line)
        os.rename(database + ".away", database)
        # Files that are named, with the configuration of their server.
        self.assertTrue(self.show(daemon, log, "--jti", jti)[jti]["alive"])

    def test_another_servers_registry_knows_nothing_of_a_token(self):
        daemon, curl = self.start()
        jti = self.jti(curl)
        other, _ = self.start()
        self.pass_second()
        record = self.show(other, daemon.audit_path(), "--jti", jti)[jti]
        self.assertEqual((record["alive"], record["status"]["state"]), (False, "key_removed"))
        other.stop()
        daemon.stop()


class Clients(IncidentCase):
    def setUp(self):
        super().setUp()
        config = self.base_config()
        self.own = self.pki.leaf("CN=own")
        config["clients"].append(self_signed_client("batch", certificates=[self.own.certificate]))
        self.daemon, self.curl = self.start(config)

    def client(self, verb, client_id, *arguments, status=0):
        done = run("client", verb, client_id, *arguments, "--config", self.daemon.config_path)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def denials(self, client_id):
        return json.loads(self.client("show", client_id, "--json"))["denials"]

    def test_show_names_the_denials_of_a_client(self):
        self.assertEqual(self.denials("etl"), [])
        self.assertNotIn("denied:", self.client("show", "etl"))
        self.a_token(self.curl)
        older = self.deny(self.daemon, "--client", "etl", "--issued-before", str(int(time.time())), reason="key exchanged")
        by_thumbprint = self.deny(self.daemon, "--thumbprint", self.etl.x5t())
        self.deny(self.daemon, "--client", "other")
        self.deny(self.daemon, "--jti", "j-1")
        self.assertEqual(self.denials("etl"), [older, by_thumbprint], "the certificate is the one that it came with last")
        text = self.client("show", "etl").splitlines()
        self.assertEqual(text[0], f"denied: denial {older['id']} of client etl, only tokens issued before {older['issued_before']}, "
                         f"since {older['created_at']} until {older['until']}: key exchanged")  # fmt: skip
        self.assertTrue(text[1].startswith(f"denied: denial {by_thumbprint['id']} of thumbprint {self.etl.x5t()} since "), text[1])
        registered = self.deny(self.daemon, "--thumbprint", self.own.x5t())
        self.assertEqual(self.denials("batch"), [registered], "it is registered with it, and never came")

    def test_explain_names_the_denial(self):
        cert = ("--cert", self.etl.certificate)
        self.assertIn("[ok]   denial", self.client("explain", "etl", *cert))
        older = self.deny(self.daemon, "--client", "etl", "--issued-before", str(int(time.time())))
        text = self.client("explain", "etl", *cert)
        self.assertIn(f"denial {older['id']} of client etl, only tokens issued before", text)
        self.a_token(self.curl)
        denial = self.deny(self.daemon, "--client", "etl")
        text = self.client("explain", "etl", *cert, status=1)
        self.assertIn("[FAIL] denial", text)
        self.assertIn(f"denial {denial['id']} of client etl since {denial['created_at']} until {denial['until']}: laptop lost", text)
        self.assertIn("refused: client_denied", text)
        refused = self.curl(TOKEN, cert=self.etl, form=grant())
        self.assertEqual(refused.status, 400, refused)
        self.assertEqual(run("deny", "remove", str(denial["id"]), "--config", self.daemon.config_path).returncode, 0)
        self.deny(self.daemon, "--thumbprint", self.etl.x5t())
        found = json.loads(self.client("explain", "etl", *cert, "--json", status=1))
        self.assertEqual((found["accepted"], found["reason"]), (False, "certificate_denied"))
        (step,) = [step for step in found["steps"] if step["step"] == "denial"]
        self.assertIn(self.etl.x5t(), step["presented"])
        renewed = self.pki.leaf("C=GB", "O=Partner Corp", "CN=etl-01", issuer=self.partner_ca)
        self.client("explain", "etl", "--cert", renewed.certificate)


if __name__ == "__main__":
    unittest.main()
