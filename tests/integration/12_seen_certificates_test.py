"""The certificate with which each client came last: kept off the path of requests, shown before it ends."""

import json
import unittest

from support.cases import ETL_SUBJECT, TOKEN, OwnDaemonCase, grant
from support.daemon import eventually, run
from support.pki import DAY, now


class Seen(OwnDaemonCase):
    def show(self, daemon, client_id="etl"):
        done = run("client", "show", client_id, "--config", daemon.config_path, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout).get("last_seen_certificate")

    def test_is_shown_and_follows_a_renewal(self):
        daemon, curl = self.start()
        self.assertIsNone(self.show(daemon))
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        eventually(lambda: self.show(daemon) is not None, what="the first certificate")
        first = self.show(daemon)
        self.assertEqual(first["x5t#S256"], self.etl.x5t())
        self.assertEqual(first["first_seen"], first["last_seen"])

        renewed = self.pki.leaf(*ETL_SUBJECT, issuer=self.partner_ca)

        def is_renewed():
            self.assert_granted(curl(TOKEN, cert=renewed, form=grant()), renewed)
            return self.show(daemon)["x5t#S256"] == renewed.x5t()

        eventually(is_renewed, what="the renewed certificate")
        daemon.stop()
        # What was noted outlives the daemon.
        self.assertEqual(self.show(daemon)["x5t#S256"], renewed.x5t())

    def test_one_that_ends_soon_is_named(self):
        config = self.base_config()
        daemon, curl = self.start(config)
        short = self.pki.leaf(*ETL_SUBJECT, issuer=self.partner_ca, not_after=now() + 10 * DAY)
        self.assert_granted(curl(TOKEN, cert=short, form=grant()), short)
        eventually(lambda: self.show(daemon) is not None, what="the certificate")
        listed = run("client", "list", "--expiring", "30d", "--config", daemon.config_path, "--json")
        self.assertEqual([entry["client_id"] for entry in json.loads(listed.stdout)["clients"]], ["etl"])
        listed = run("client", "list", "--expiring", "5d", "--config", daemon.config_path, "--json")
        self.assertEqual(json.loads(listed.stdout)["clients"], [])
        checked = run("check", "--config", daemon.config_path)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertIn('the certificate of client "etl"', checked.stderr)
        daemon.stop()
        daemon.start()
        event = daemon.log.wait("certificate_ends")
        self.assertIn('client "etl"', event["detail"])
        self.assertEqual(curl.metrics()[("certbound_client_certificates_ending", frozenset())], 1)
        daemon.stop()

    def test_a_wrong_duration_is_wrong_usage(self):
        daemon, _ = self.start()
        done = run("client", "list", "--expiring", "soon", "--config", daemon.config_path)
        self.assertEqual(done.returncode, 2)
        self.assertIn("30d", done.stderr)
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
