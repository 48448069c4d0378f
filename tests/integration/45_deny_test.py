"""What the operator takes out of service: `certbound deny`, the deny feed, and certificates that are found revoked."""

import json
import os
import shutil
import signal
import sqlite3
import time
import unittest

from support import tokens
from support.cases import JWKS, DaemonCase, OwnDaemonCase, add_introspecting_clients, grant
from support.client import Curl, form_request
from support.daemon import eventually, run

FEED = "/oauth2/denied"
REVOKE = "/oauth2/revoke"
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
                self.assertIn(said, self.deny("add", *arguments, "--reason", "x", status=2))
        self.assertEqual(run("deny", "add", "--jti", "a").returncode, 2)
        self.assertIn("there is no denial 999999", self.deny("remove", "999999", status=1))
        self.deny("remove", "first", status=2)
        self.assertEqual(self.deny("list")["denials"], [])
        for end in ("2100-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
            self.assertEqual(self.add("--client", "other", "--until", end)["until"], end)
        self.assert_refused_because(self.token(self.other, "other"), "client_denied")

    def test_until_it_is_removed(self):
        """A client or a certificate is denied until the operator takes it back, and everybody hears that there is no end."""
        self.add("--client", "other", "--until", "2100-01-01T00:00:00Z")
        self.assertIsNone(self.add("--client", "other")["until"])
        self.assertIsNone(self.add("--thumbprint", self.other.x5t())["until"])
        self.assertIsNone(self.add("--client", "other", "--until", "2100-01-01T00:00:00Z")["until"])
        self.assertIsNotNone(self.add("--client", "other", "--issued-before", str(int(time.time())))["until"])
        self.assertEqual(len(self.deny("list")["denials"]), 3)
        eventually(lambda: len(self.feed_of(self.curl)["denied"]["client_id"]) == 2, what="the new feed")
        denied = self.feed_of(self.curl)["denied"]
        self.assertEqual([entry for entry in denied["client_id"] if "issued_before" not in entry], [{"client_id": "other"}])
        self.assertEqual(denied["x5t#S256"], [{"x5t#S256": self.other.x5t()}])

    def test_it_is_in_the_audit_log(self):
        """Product section 7: who denied what and why, in the chain; `audit show` finds what concerns a token."""
        token = self.a_token()
        _, claims, _ = tokens.decode(token)
        denials = [self.add("--jti", claims["jti"], reason="laptop \"lost\""), self.add("--client", "etl"),
                   self.add("--client", "other"), self.add("--thumbprint", self.etl.x5t())]  # fmt: skip
        self.deny("remove", str(denials[0]["id"]))
        records = [record for record in self.daemon.audit_lines() if record.get("record") == "denial"]
        added = next(record for record in records if record["denial"] == denials[0]["id"])
        self.assertEqual((added["action"], added["jti"], added["detail"]), ("added", claims["jti"], 'laptop "lost"'))
        self.assertEqual(added["uid"], os.geteuid())
        self.assertGreater(added["pid"], 1)
        self.assertEqual(run("audit", "verify", "--config", self.daemon.config_path).returncode, 0)

        def shown(*query):
            done = run("audit", "show", "--config", self.daemon.config_path, "--json", *query)
            self.assertEqual(done.returncode, 0, done.stderr)
            found = [record for record in json.loads(done.stdout)["records"] if record.get("record") == "denial"]
            mine = [denial["id"] for denial in denials]
            return [(mine.index(record["denial"]), record["action"]) for record in found if record["denial"] in mine]

        self.assertEqual(shown("--jti", claims["jti"]), [(0, "added"), (1, "added"), (3, "added"), (0, "removed")])
        self.assertEqual(shown("--client", "other"), [(2, "added")])
        self.assertEqual(shown("--thumbprint", self.etl.x5t()), [(1, "added"), (3, "added")])
        done = run("audit", "show", "--config", self.daemon.config_path, "--client", "other")
        self.assertRegex(done.stdout, r"denial \d+ added by user \d+ \(process \d+\): client other, until removed: test\n")

    def test_a_revocation_outlives_every_denial_of_an_operator(self):
        """RFC 7009 section 2.2: 200 is for good, whether an operator denied the token before it or after."""
        for name in ("--jti", "--client"):
            for is_denied_first in (True, False):
                with self.subTest(name, is_denied_first=is_denied_first):
                    token = self.a_token()
                    _, claims, _ = tokens.decode(token)
                    arguments = [name, claims["jti"] if name == "--jti" else "etl"]
                    if name == "--client":
                        arguments += ["--issued-before", str(claims["iat"] + 1)]
                        eventually(lambda later=claims["iat"] + 1: time.time() > later, what="the next second")
                    denial = self.add(*arguments) if is_denied_first else None
                    revoked = self.curl(REVOKE, cert=self.etl, form={"client_id": "etl", "token": token})
                    self.assertEqual(revoked.status, 200)
                    denial = denial or self.add(*arguments)
                    self.deny("remove", str(denial["id"]))
                    self.assertFalse(self.is_active(token))

    def test_a_revocation_is_in_the_audit_log(self):
        """Its own record, which names the denial that came of it."""
        token = self.a_token()
        _, claims, _ = tokens.decode(token)
        response = self.curl(REVOKE, cert=self.etl, form={"client_id": "etl", "token": token})
        self.assertEqual(response.status, 200)
        record = self.daemon.audit_record(response.header("X-Request-Id"))
        denial = next(denial for denial in self.deny("list")["denials"] if denial["id"] == record["denial"])
        self.assertEqual((denial["subject"], denial["origin"]), (claims["jti"], "client"))
        done = run("audit", "show", "--config", self.daemon.config_path, "--jti", claims["jti"])
        self.assertIn(f"revocation revoked denial {record['denial']} jti {claims['jti']}", done.stdout)

    def test_for_people(self):
        self.add("--client", "other", reason="left\nthe company")
        done = run("deny", "list", "--config", self.daemon.config_path)
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\A\d+\tclient\tother\tall\tuntil removed\tleft\\u?0*0?a?n?.*the company\n\Z")
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


class Bounds(Deny, OwnDaemonCase):
    """Nobody can make the feed fail: each origin has room of its own, and all of it fits into one feed."""

    def start_with(self, *, of_client=0, of_clients=0, of_server=0, of_operators=0, **changes):
        """A daemon that finds so many denials in its database, each as long in the feed as it can be."""
        config = self.base_config()
        add_introspecting_clients(self, config)
        config.update(changes)
        daemon, _ = self.start(config)
        daemon.stop()
        now = int(time.time())
        rows = [("jti", f"own-{i}", None, now + 900, "client", "etl") for i in range(of_client)]
        rows += [("jti", f"{i:022}", None, now + 900, "client", f"client-{i % 15}") for i in range(of_clients)]
        rows += [("thumbprint", f"{i:043}", now, now + 87000, "server", "") for i in range(of_server)]
        rows += [("client", '"' * 249 + f"{i:06}", now, 253402300799, "operator", "") for i in range(of_operators)]
        with sqlite3.connect(os.path.join(daemon.state_dir, "certbound.db")) as database:
            database.executemany(
                "INSERT INTO denial (kind, subject, issued_before, until, origin, revoked_by, reason, created_at) "
                f"VALUES (?, ?, ?, ?, ?, ?, 'test', {now})", rows)  # fmt: skip
        database.close()
        daemon.start()
        return daemon, Curl(daemon, self.server_ca)

    def revoke(self, curl, cert=None, client_id="etl"):
        token = curl("/oauth2/token", cert=cert or self.etl, form=grant(client_id)).json()["access_token"]
        return token, curl(REVOKE, cert=cert or self.etl, form={"client_id": client_id, "token": token})

    def test_one_client(self):
        """RFC 7009 section 2.2.1: what does not fit is 503 with Retry-After, the token as it was; the others go on."""
        daemon, curl = self.start_with(of_client=1999)
        token, response = self.revoke(curl)
        self.assertEqual(response.status, 200)
        self.assertFalse(self.is_active(token, curl))
        for _ in range(5):
            token, response = self.revoke(curl)
            request_id = self.assert_error(response, "temporarily_unavailable", 503)
            self.assertEqual(response.header("Retry-After"), "60")
            self.assertEqual(daemon.audit_record(request_id)["reason"], "denials_full")
            self.assertTrue(self.is_active(token, curl))
        self.assertEqual(len(daemon.log.events("denial_refused")), 1)
        metrics = curl.metrics()
        self.assertEqual(metrics[("certbound_denials_refused_total", frozenset({("origin", "client")}))], 5)
        self.assertEqual(metrics[("certbound_denials_by_origin", frozenset({("origin", "client")}))], 2000)
        token, response = self.revoke(curl, self.other, "other")
        self.assertEqual(response.status, 200)
        self.assertFalse(self.is_active(token, curl))
        self.add("--client", "etl", daemon=daemon)
        eventually(lambda: len(self.feed_of(curl)["denied"]["jti"]) == 2001, what="the new feed")
        daemon.stop()

    def test_all_at_once(self):
        """The fullest feed is made, served, and taken by verifiers; nothing more is stored, and all else is served."""
        crl = self.pki.crl(self.partner_ca)
        stores = {"partner": {"anchors": [self.partner_ca.certificate], "revocation": {"mode": "require", "crls": [crl]}}}
        daemon, curl = self.start_with(of_clients=30000, of_server=10000, of_operators=5000, trust_stores=stores)
        response = curl(FEED)
        self.assertEqual(response.status, 200)
        self.assertLess(len(response.body), 8 * 2**20)
        feed, jwks = self.pki.write("denied.jwt", response.body.decode()), self.pki.write("jwks.json", curl(JWKS).body.decode())
        token, refused = self.revoke(curl)
        self.assert_error(refused, "temporarily_unavailable", 503)
        verify = ("token", "verify", token, "--issuer", "https://localhost:8443", "--audience", "https://api.example.com",
                  "--cert", self.etl.certificate, "--jwks", jwks, "--denied")  # fmt: skip
        self.assertEqual(run(*verify, feed).returncode, 0)
        url = f"https://localhost:{daemon.port}{FEED}"
        done = run(*verify, url, "--jwks-ca", self.server_ca.certificate)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("5000 denials of operators are in force already", self.deny("add", "--client", "etl", "--reason", "x", daemon=daemon, status=1))
        self.assertNotIn("denial", [record.get("record") for record in daemon.audit_lines()])
        shutil.copy(self.pki.crl(self.partner_ca, self.etl, number="02"), crl)
        daemon.reload()
        request_id = self.assert_refused(curl("/oauth2/token", cert=self.etl, form=grant()))
        record = daemon.audit_record(request_id)
        self.assertIn("10000 denials of certificates that were found revoked are in force already", record["detail"])
        metrics = curl.metrics()
        for origin in ("client", "operator", "server"):
            self.assertEqual(metrics[("certbound_denials_refused_total", frozenset({("origin", origin)}))], 1)
        self.assertEqual(sum(metrics[("certbound_denials", frozenset({("kind", kind)}))] for kind in ("jti", "thumbprint", "client")), 45000)
        self.assertEqual(curl(FEED).status, 200)
        # One goes, one comes, and the feed says so.
        gone = next(denial for denial in self.deny("list", daemon=daemon)["denials"] if denial["origin"] == "operator")
        self.deny("remove", str(gone["id"]), daemon=daemon)
        self.add("--client", "new", daemon=daemon)
        eventually(lambda: {"client_id": "new"} in self.feed_of(curl)["denied"]["client_id"], what="the new feed", within=30)
        daemon.stop()

    def test_one_token_is_one_row(self):
        """However often and by how many connections at once it is revoked."""
        daemon, curl = self.start_with()
        token = curl("/oauth2/token", cert=self.etl, form=grant()).json()["access_token"]
        connections = [self.tls(daemon, self.etl) for _ in range(16)]
        for connection in connections:
            connection.send(form_request({"client_id": "etl", "token": token}, REVOKE))
        for connection in connections:
            self.assertEqual(connection.receive().status, 200)
        self.assertEqual(len(self.deny("list", daemon=daemon)["denials"]), 1)
        daemon.stop()


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
        self.assertEqual(len(denials), 1)
        self.assertEqual(denials[0]["origin"], "server")
        found = [record for record in daemon.audit_records() if record.get("denial") == denials[0]["id"]]
        self.assertEqual({(record["reason"], record["certificate"]["x5t#S256"]) for record in found},
                         {("certificate_revoked", victim.x5t())})  # fmt: skip
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
