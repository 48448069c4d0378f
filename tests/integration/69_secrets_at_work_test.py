"""Clients that authenticate by a secret, with the real daemon: RFC 6749 section 2.3.1, and how they move to certificates."""

import base64
import json
import unittest
import urllib.parse

from support import tokens
from support.cases import API, METADATA, TOKEN, OwnDaemonCase, self_signed_client
from support.client import form_request
from support.daemon import eventually, run

INTROSPECT = "/oauth2/introspect"


def secret_client(client_id="legacy", *, method="client_secret_basic", **members):
    return {"client_id": client_id, "token_endpoint_auth_method": method, "scope": "orders.read", "resources": [API], **members}


def basic(client_id, secret):
    """Both halves form-encoded, as the RFC has it."""
    text = f"{urllib.parse.quote_plus(client_id)}:{urllib.parse.quote_plus(secret)}"
    return "Authorization: Basic " + base64.b64encode(text.encode()).decode()


class Secrets(OwnDaemonCase):
    @classmethod
    def base_config(cls):
        config = super().base_config()
        config["client_secrets"] = "allowed"
        config["clients"] += [
            secret_client(certificate_binding="when_presented"),
            secret_client("posting", method="client_secret_post"),
            secret_client("a:b %c+d"),
        ]
        return config

    def new(self, daemon, client_id="legacy", *options):
        done = run("client", "secret", "new", client_id, "--json", *options, "--config", daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        made = json.loads(done.stdout)
        return made["client_secret"], made["id"]

    def ask(self, curl, client_id, secret, cert=None, **more):
        return curl(TOKEN, cert=cert, form={"grant_type": "client_credentials", **more}, headers=[basic(client_id, secret)])

    def assert_wrong(self, daemon, response, reason, status=401):
        request_id = self.assert_error(response, "invalid_client", status)
        self.assertEqual(daemon.audit_record(request_id)["reason"], reason)

    def test_two_secrets_for_a_rotation(self):
        """Issue 5, 2: both are good; one that is removed is refused by every worker at once, on connections that are open too."""
        daemon, curl = self.start({**self.base_config(), "workers": 3})
        first, number = self.new(daemon)
        self.assertEqual(self.ask(curl, "legacy", first).status, 200)
        second, _ = self.new(daemon)
        connections = [self.tls(daemon) for _ in range(12)]
        request = {secret: form_request({"grant_type": "client_credentials"}, headers=[basic("legacy", secret)]) for secret in (first, second)}
        statuses = lambda secret: [(peer.send(request[secret]), peer.receive())[1].status for peer in connections]  # noqa: E731
        self.assertEqual(statuses(first) + statuses(second), [200] * 24)
        done = run("client", "secret", "remove", "legacy", str(number), "--config", daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(statuses(first), [401] * 12)
        self.assertEqual(statuses(second), [200] * 12)
        self.assertEqual(self.ask(curl, "legacy", second).status, 200)

    def test_an_end(self):
        daemon, curl = self.start()
        secret, _ = self.new(daemon, "legacy", "--expires", "2s")
        eventually(lambda: self.ask(curl, "legacy", secret).status == 401, what="the secret expires")
        self.assert_wrong(daemon, self.ask(curl, "legacy", secret), "secret_expired")

    def test_header_and_body(self):
        """6749-2.3.1-1, 5.2-2: the registered way only; a challenge where the header was used."""
        daemon, curl = self.start()
        legacy, _ = self.new(daemon)
        posting, _ = self.new(daemon, "posting")
        odd, _ = self.new(daemon, "a:b %c+d")
        self.assertEqual(self.ask(curl, "a:b %c+d", odd).status, 200)
        form = {"grant_type": "client_credentials", "client_id": "posting", "client_secret": posting}
        response = curl(TOKEN, form=form)
        self.assertEqual(response.status, 200)
        self.assertNotIn("cnf", tokens.decode(response.json()["access_token"])[1])
        self.assert_wrong(daemon, self.ask(curl, "posting", posting), "method_mismatch")
        self.assert_wrong(daemon, curl(TOKEN, form={**form, "client_id": "legacy", "client_secret": legacy}), "method_mismatch", 400)
        for secret in (posting, legacy + "A", legacy[:-1], "", legacy.swapcase()):
            response = self.ask(curl, "legacy", secret)
            self.assert_wrong(daemon, response, "secret_wrong")
            self.assertEqual(response.header("WWW-Authenticate"), 'Basic realm="certbound"')
        self.assert_wrong(daemon, curl(TOKEN, form={"grant_type": "client_credentials", "client_id": "legacy"}), "secret_missing", 400)
        in_url = curl(f"{TOKEN}?client_id=posting&client_secret={posting}", form={"grant_type": "client_credentials"})
        self.assert_error(in_url, "invalid_request")

    def test_two_credentials(self):
        """6749-2.3-1."""
        daemon, curl = self.start()
        secret, _ = self.new(daemon)
        response = self.ask(curl, "legacy", secret, client_secret=secret)
        self.assertEqual(daemon.audit_record(self.assert_error(response, "invalid_request"))["reason"], "several_credentials")

    def test_on_the_way_to_certificates(self):
        """Issue 5, outcome: bound where a certificate comes, seen by the operator, then another method, and no secret left."""
        config = self.base_config()
        daemon, curl = self.start(config)
        secret, _ = self.new(daemon)
        self.assertNotIn("cnf", tokens.decode(self.ask(curl, "legacy", secret).json()["access_token"])[1])
        own = self.pki.leaf("CN=legacy")
        bound = self.ask(curl, "legacy", secret, cert=own)
        self.assertEqual(tokens.decode(bound.json()["access_token"])[1]["cnf"], {"x5t#S256": own.x5t()})
        listed = run("client", "list", "--method", "client_secret_basic", "--json", "--config", daemon.config_path)
        self.assertEqual({client["client_id"] for client in json.loads(listed.stdout)["clients"]}, {"legacy", "a:b %c+d"})
        moved = [client for client in config["clients"] if client["client_id"] != "legacy"]
        moved.append(self_signed_client("legacy", certificates=[own.certificate]))
        daemon.reload({**daemon.config, "clients": moved})
        self.assert_wrong(daemon, self.ask(curl, "legacy", secret), "method_mismatch")
        response = curl(TOKEN, cert=own, form={"grant_type": "client_credentials", "client_id": "legacy"})
        self.assertEqual(response.status, 200)
        daemon.reload({**daemon.config, "clients": config["clients"]})
        self.assert_wrong(daemon, self.ask(curl, "legacy", secret), "secret_wrong")

    def test_introspection_and_metadata(self):
        """8705-2-9: at every endpoint where clients authenticate, and in the metadata where it is allowed."""
        config = self.base_config()
        config["resources"][0]["introspection_clients"] = ["legacy"]
        daemon, curl = self.start(config)
        secret, _ = self.new(daemon)
        token = self.ask(curl, "legacy", secret).json()["access_token"]
        answer = curl(INTROSPECT, form={"token": token}, headers=[basic("legacy", secret)])
        self.assertTrue(answer.json()["active"])
        self.assert_error(curl(INTROSPECT, form={"token": token}, headers=[basic("legacy", "x" * 43)]), "invalid_client", 401)
        methods = curl(METADATA).json()["token_endpoint_auth_methods_supported"]
        self.assertTrue({"client_secret_basic", "client_secret_post"} <= set(methods))
        self.assertNotIn(secret, daemon.log.text())
        self.assertNotIn(secret, json.dumps(daemon.audit_records()))


if __name__ == "__main__":
    unittest.main()
