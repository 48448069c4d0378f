"""What the operator takes out of service: `certbound deny`, the deny feed, and certificates that are found revoked."""

import json
import os
import shutil
import signal
import time
import unittest

from support import tokens
from support.cases import JWKS, DaemonCase, OwnDaemonCase, add_introspecting_clients, grant
from support.client import Curl, form_request
from support.daemon import eventually, run

FEED = "/oauth2/denied"
INTROSPECT = "/oauth2/introspect"
INACTIVE = b'{"active":false}'


class Deny:
    """The verbs against one daemon, and what became of a token."""

    def deny(self, verb, *arguments, daemon=None, status=0):
        done = run("deny", verb, "--config", (daemon or self.daemon).config_path, "--json", *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        return json.loads(done.stdout) if status == 0 else done.stderr

    def add(self, *arguments, reason="test", **options):
        return self.deny("add", *arguments, "--reason", reason, **options)

    def is_active(self, token, curl=None):
        form = {"client_id": "orders-api", "token": token}
        response = (curl or self.curl)(INTROSPECT, cert=self.orders_api, form=form)
        self.assertTrue(response.json()["active"] or response.body == INACTIVE, response)
        return response.json()["active"]

    def feed_of(self, curl):
        """Its payload, once the signature holds."""
        response = curl(FEED)
        self.assertEqual(response.status, 200, response)
        text = response.body.decode()
        self.assertTrue(tokens.has_valid_signature(text, curl(JWKS).json()))
        header, payload, _ = tokens.decode(text)
        self.assertEqual(header["typ"], "denied+jwt")
        return payload


class Verbs(Deny, DaemonCase):
    @classmethod
    def configure(cls, config):
        config["workers"] = 4
        add_introspecting_clients(cls, config)

    def tearDown(self):
        for denial in self.deny("list")["denials"]:
            self.deny("remove", str(denial["id"]))

    def a_token(self, cert=None, client_id="etl"):
        response = self.token(cert or self.etl, client_id)
        self.assertEqual(response.status, 200, response)
        return response.json()["access_token"]

    def test_by_jti(self):
        """Product section 6: that token and no other, on every worker when the verb returns; and back again."""
        token, sibling = self.a_token(), self.a_token()
        _, claims, _ = tokens.decode(token)
        connections = [self.tls(self.orders_api) for _ in range(16)]
        denial = self.add("--jti", claims["jti"], reason="laptop lost")
        self.assertEqual((denial["kind"], denial["subject"], denial["reason"]), ("jti", claims["jti"], "laptop lost"))
        for connection in connections:
            connection.send(form_request({"client_id": "orders-api", "token": token}, INTROSPECT))
            self.assertEqual(connection.receive().body, INACTIVE)
        self.assertTrue(self.is_active(sibling))
        self.assertEqual(self.deny("list")["denials"], [denial])
        self.assertEqual(self.deny("remove", str(denial["id"])), denial)
        self.assertTrue(self.is_active(token))

    def test_by_client(self):
        """docs/adr/0022: altogether, so it gets no new ones; the answer is that to any failure."""
        token, kept = self.a_token(self.other, "other"), self.a_token()
        self.add("--client", "other")
        self.assertFalse(self.is_active(token))
        self.assertTrue(self.is_active(kept))
        self.assert_refused_because(self.token(self.other, "other"), "client_denied")
        self.a_token()

    def test_by_thumbprint(self):
        token, kept = self.a_token(), self.a_token(self.other, "other")
        self.add("--thumbprint", self.etl.x5t())
        self.assertFalse(self.is_active(token))
        self.assertTrue(self.is_active(kept))
        self.assert_refused_because(self.token(self.etl), "certificate_denied")
        renewed = self.pki.leaf("C=GB", "O=Partner Corp", "CN=etl-01", issuer=self.partner_ca)
        self.assertTrue(self.is_active(self.a_token(renewed)))

    def test_older_ones_only(self):
        """lessons.md CVE-2026-8922: not-before reaches introspection, also for client_credentials; new tokens are issued."""
        token, other = self.a_token(), self.a_token(self.other, "other")
        _, claims, _ = tokens.decode(token)
        eventually(lambda: time.time() >= claims["iat"] + 2, what="the second after the token's")
        self.add("--client", "etl", "--issued-before", str(claims["iat"] + 1))
        self.assertFalse(self.is_active(token))
        self.assertTrue(self.is_active(other))
        self.assertTrue(self.is_active(self.a_token()))
        _, claims, _ = tokens.decode(other)
        self.add("--issued-before", str(claims["iat"] + 1))
        self.assertFalse(self.is_active(other))
        self.assertTrue(self.is_active(self.a_token()))

    def test_it_ends(self):
        """`--until`: from that second on the token is active again."""
        token = self.a_token()
        _, claims, _ = tokens.decode(token)
        end = int(time.time()) + 3
        self.add("--jti", claims["jti"], "--until", str(end))
        self.assertFalse(self.is_active(token))
        eventually(lambda: self.is_active(token), what="the end of the denial")
        self.assertGreaterEqual(time.time(), end)
        self.assertEqual(self.deny("list")["denials"], [])

    def test_what_makes_no_sense(self):
        """Product section 8: a clear error, exit 1, and nothing is denied."""
        later = str(int(time.time()) + 3600)
        for arguments, said in (
            ([], "name what to deny"),
            (["--jti", "a", "--client", "b"], "not several"),
            (["--jti", "a", "--issued-before", "1"], "a jti names one token"),
            (["--thumbprint", "abc"], "43 characters"),
            (["--thumbprint", self.etl.x5t().replace("-", "+")[:-1] + "="], "43 characters"),
            (["--client", "\u00e9"], "client_id"),
            (["--issued-before", later], "future"),
            (["--issued-before", "yesterday"], "issued_before"),
            (["--issued-before", "2020-01-01T00:00:00Z"], "alive any more"),
            (["--jti", "a", "--until", "2020-01-01T00:00:00Z"], "over already"),
            (["--jti", "a", "--until", "2100-01-01T00:00:00Z"], "nothing that it can match"),
        ):
            with self.subTest(arguments=arguments):
                self.assertIn(said, self.deny("add", *arguments, "--reason", "x", status=1))
        self.assertEqual(run("deny", "add", "--jti", "a").returncode, 2)
        self.assertIn("there is no denial 999999", self.deny("remove", "999999", status=1))
        self.deny("remove", "first", status=2)
        self.assertEqual(self.deny("list")["denials"], [])
        self.assertEqual(self.add("--client", "other", "--until", "2100-01-01T00:00:00Z")["until"], "2100-01-01T00:00:00Z")

    def test_for_people(self):
        self.add("--client", "other", reason="left\nthe company")
        done = run("deny", "list", "--config", self.daemon.config_path)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\A\d+\tclient\tother\tall\tuntil [0-9TZ:-]+\tleft\\u?0*0?a?n?.*the company\n\Z")
        self.daemon.log.wait("denial_added", subject="other")

    def test_the_feed(self):
        """Issue 4, 3: signed, short-lived, cacheable, by kind, without the reasons; new within seconds of a change."""
        self.add("--client", "other", "--issued-before", str(int(time.time()) - 10), reason="secret reason")
        self.add("--thumbprint", self.etl.x5t())
        eventually(lambda: len(self.feed_of(self.curl)["denied"]["x5t#S256"]) == 1, what="the new feed")
        response = self.curl(FEED)
        self.assertEqual(response.header("Content-Type"), "application/jwt")
        self.assertRegex(response.header("Cache-Control"), r"\Apublic, max-age=\d\d?\Z")
        again = self.curl(FEED, headers=[f"If-None-Match: {response.header('ETag')}"])
        self.assertEqual((again.status, again.body), (304, b""))
        payload = self.feed_of(self.curl)
        self.assertEqual(set(payload), {"iss", "iat", "exp", "denied"})
        self.assertEqual(payload["iss"], "https://localhost:8443")
        self.assertTrue(60 <= payload["exp"] - payload["iat"] <= 300)
        self.assertEqual(set(payload["denied"]), {"jti", "x5t#S256", "client_id", "issued_before"})
        self.assertEqual(payload["denied"]["x5t#S256"][0]["x5t#S256"], self.etl.x5t())
        self.assertEqual(set(payload["denied"]["client_id"][0]), {"client_id", "issued_before", "until"})
        self.assertNotIn("secret reason", str(payload))
        self.assertFalse(self.is_active(response.body.decode()))
        self.assertEqual(self.curl(FEED, method="HEAD").header("ETag"), response.header("ETag"))


class Life(Deny, OwnDaemonCase):
    def start_daemon(self, **changes):
        config = self.base_config()
        add_introspecting_clients(self, config)
        config.update(changes)
        return self.start(config)

    def test_it_survives_a_kill_and_a_reload(self):
        """Issue 4, 3: stored durably before the answer."""
        daemon, curl = self.start_daemon()
        token = curl("/oauth2/token", cert=self.etl, form=grant()).json()["access_token"]
        self.add("--client", "etl", daemon=daemon)
        os.kill(daemon.process.pid, signal.SIGKILL)
        daemon.kill()
        self.assertEqual(len(self.deny("list", daemon=daemon)["denials"]), 1)
        self.assertIn("no ", self.deny("add", "--client", "x", "--reason", "x", daemon=daemon, status=3))
        daemon.start()
        curl = Curl(daemon, self.server_ca)
        self.assertFalse(self.is_active(token, curl))
        daemon.reload()
        self.assertFalse(self.is_active(token, curl))
        self.assertEqual(len(self.feed_of(curl)["denied"]["client_id"]), 1)
        daemon.stop()

    def test_a_certificate_that_is_found_revoked(self):
        """lessons.md 13, issue 4, 3: tokens bound to it end, once it was seen; those of its successor don't."""
        crl = os.path.join(self.folder, "partner.crl")
        shutil.copy(self.pki.crl(self.partner_ca), crl)
        stores = {"partner": {"anchors": [self.partner_ca.certificate], "revocation": {"mode": "require", "crls": [crl]}}}
        daemon, curl = self.start_daemon(trust_stores=stores)
        victim = self.pki.leaf("C=GB", "O=Partner Corp", "CN=etl-01", issuer=self.partner_ca)
        token = curl("/oauth2/token", cert=victim, form=grant()).json()["access_token"]
        kept = curl("/oauth2/token", cert=self.etl, form=grant()).json()["access_token"]
        shutil.copy(self.pki.crl(self.partner_ca, victim, number="02"), crl)
        daemon.reload()
        self.assertTrue(self.is_active(token, curl))
        for _ in range(5):
            self.assert_refused(curl("/oauth2/token", cert=victim, form=grant()))
        eventually(lambda: not self.is_active(token, curl), what="the denial of the certificate")
        self.assertTrue(self.is_active(kept, curl))
        denials = self.deny("list", daemon=daemon)["denials"]
        self.assertEqual({(denial["kind"], denial["subject"]) for denial in denials}, {("thumbprint", victim.x5t())})
        self.assertLessEqual(len(denials), 2)
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
