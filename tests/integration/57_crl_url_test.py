"""CRLs by URL (product.md section 3, trust_stores.*.revocation; section 5 rule 6)."""

import os
import time
import unittest

from support.cases import ETL_SUBJECT, TOKEN, OwnDaemonCase, grant
from support.client import form_request
from support.daemon import eventually, run
from support.origin import Origin, flood, hang, serve, status
from support.pki import DAY, now

LIST = "/partner.crl"


class CrlUrl(OwnDaemonCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.revoked = cls.pki.leaf(*ETL_SUBJECT, issuer=cls.partner_ca)
        cls.foreign_ca = cls.pki.ca("C=GB", "O=Partner Corp", "CN=Partner Root")  # the same name, another key

    def setUp(self):
        self.origin = Origin()
        self.addCleanup(self.origin.stop)

    def config(self, mode="require"):
        config = self.base_config()
        config["fetch"] = {"allow": [f"127.0.0.1:{self.origin.port}"]}
        config["trust_stores"]["partner"]["revocation"] = {"mode": mode, "crls": [self.origin.url(LIST)]}
        return config

    def publish(self, *revoked, issuer=None, **options):
        with open(self.pki.crl(issuer or self.partner_ca, *revoked, **options), "rb") as file:
            self.origin.answers[LIST] = serve(file.read(), "application/pkix-crl")

    def ask(self, curl, cert):
        return curl(TOKEN, cert=cert, form=grant())

    def assert_reason(self, daemon, response, reason):
        request_id = self.assert_refused(response)
        self.assertEqual(daemon.log.wait("client_refused", request_id=request_id)["reason"], reason)

    def start_with_list(self, mode="require"):
        self.publish(number="05")
        daemon, curl = self.start(self.config(mode))
        daemon.log.wait("crl_fetched", trust_store="partner")
        return daemon, curl

    def refused_list(self, daemon):
        """Asks again; what comes is refused."""
        mark = daemon.log.mark()
        daemon.reload()
        return daemon.log.wait("fetch_rejected", after=mark)["detail"]

    def test_a_revocation_reaches_a_connection_that_is_kept(self):
        """No further token within 2 s of the list's arrival."""
        daemon, _ = self.start_with_list()
        kept, other = self.tls(daemon, self.revoked), self.tls(daemon, self.etl)
        for connection, cert in ((kept, self.revoked), (other, self.etl)):
            connection.send(form_request(grant()))
            self.assert_granted(connection.receive(), cert)
        self.publish(self.revoked, number="06")
        asked = self.origin.count(LIST)
        daemon.reload()  # asks for it now
        self.origin.wait_asked(LIST, asked + 1)
        begin = time.monotonic()

        def is_refused():
            kept.send(form_request(grant()))
            return kept.receive().status == 400

        eventually(is_refused, within=2, what="the refusal")
        print(f"from the request for the CRL to the first refusal: {time.monotonic() - begin:.3f} s")
        self.assertLess(time.monotonic() - begin, 2)
        other.send(form_request(grant()))
        self.assert_granted(other.receive(), self.etl)
        daemon.stop()

    def test_nothing_yet(self):
        """require refuses until the list is there, soft_fail accepts, logs and counts."""
        self.origin.answers[LIST] = status(503)
        daemon, curl = self.start(self.config())
        daemon.log.wait("fetch_failed", reason="status")
        self.assert_reason(daemon, self.ask(curl, self.etl), "revocation_unknown")
        self.publish()
        daemon.reload()
        daemon.log.wait("crl_fetched")
        self.assert_granted(self.ask(curl, self.etl), self.etl)
        daemon.stop()
        self.origin.answers[LIST] = status(503)
        daemon, curl = self.start(self.config("soft_fail"))
        daemon.log.wait("fetch_failed", reason="status")
        self.assert_granted(self.ask(curl, self.etl), self.etl)
        daemon.log.wait("revocation_unknown", trust_store="partner")
        daemon.stop()

    def test_a_bad_list_changes_nothing(self):
        """Of another CA of that name, garbage, past, older: refused, logged, counted; the last good one holds."""
        self.publish(self.revoked, number="05")
        daemon, curl = self.start(self.config())
        daemon.log.wait("crl_fetched", trust_store="partner")
        self.publish(issuer=self.foreign_ca, number="06")
        self.assertIn("signature", self.refused_list(daemon))
        self.origin.answers[LIST] = serve(b"<html>Sign in</html>", "text/html")
        self.refused_list(daemon)
        self.publish(number="06", this_update=now() - 2 * DAY, next_update=now() - DAY)
        self.assertIn("is past", self.refused_list(daemon))
        self.publish(number="04")
        self.assertIn("older", self.refused_list(daemon))
        self.publish(number="06", this_update=now() - DAY)
        self.assertIn("older", self.refused_list(daemon))
        self.assert_reason(daemon, self.ask(curl, self.revoked), "certificate_revoked")
        self.assert_granted(self.ask(curl, self.etl), self.etl)
        metrics = curl.metrics()
        self.assertEqual(metrics[("certbound_crl_rejected_total", frozenset())], 5)
        dates = [dict(labels) for (name, labels) in metrics if name == "certbound_crl_next_update_seconds"]
        self.assertEqual([label["name"] for label in dates], [f"partner: {self.origin.url(LIST)}"])
        daemon.stop()

    def test_a_start_while_the_endpoint_is_down(self):
        """The last good list is kept: require serves, and refuses what was revoked."""
        self.publish(self.revoked)
        daemon, curl = self.start(self.config())
        daemon.log.wait("crl_fetched")
        self.assert_granted(self.ask(curl, self.etl), self.etl)
        daemon.stop()
        self.origin.stop()
        daemon.start()
        self.assert_granted(self.ask(curl, self.etl), self.etl)
        self.assert_reason(daemon, self.ask(curl, self.revoked), "certificate_revoked")
        done = run("client", "explain", "etl", "--cert", self.revoked.certificate, "--config", daemon.config_path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("certificate_revoked", done.stdout)
        daemon.reload()
        self.assert_granted(self.ask(curl, self.etl), self.etl)
        daemon.stop()

    def test_a_copy_of_other_authorities_is_worth_nothing(self):
        """After a change of the anchors what was kept is verified again."""
        daemon, curl = self.start_with_list()
        self.assert_granted(self.ask(curl, self.etl), self.etl)
        config = self.config()
        config["state_dir"] = daemon.config["state_dir"]
        config["trust_stores"]["partner"]["anchors"] = [self.foreign_ca.certificate]
        own = self.pki.leaf(*ETL_SUBJECT, issuer=self.foreign_ca)
        self.publish(issuer=self.foreign_ca)
        mark = daemon.log.mark()
        daemon.reload(config)
        daemon.log.wait("fetched_copy_ignored", after=mark)
        daemon.log.wait("crl_fetched", after=mark)
        self.assert_granted(self.ask(curl, own), own)
        daemon.stop()

    def test_a_damaged_copy_is_ignored(self):
        daemon, curl = self.start_with_list()
        daemon.stop()
        folder = os.path.join(daemon.state_dir, "fetched")
        name = next(name for name in os.listdir(folder) if name.endswith(".copy"))
        with open(os.path.join(folder, name), "r+b") as file:
            file.seek(-1, os.SEEK_END)
            file.write(b"!")
        self.origin.answers[LIST] = status(503)
        daemon.start()
        daemon.log.wait("fetched_copy_ignored")
        self.assert_reason(daemon, self.ask(curl, self.etl), "revocation_unknown")
        daemon.stop()

    def test_hostile_servers(self):
        """Silence, a redirect, more than is read: the daemon serves with what it has."""
        daemon, curl = self.start_with_list()
        for answer, reason in ((status(301, Location="http://127.0.0.1/"), "redirected"), (flood("application/pkix-crl"), None)):
            self.origin.answers[LIST] = answer
            mark = daemon.log.mark()
            daemon.reload()
            if reason:
                daemon.log.wait("fetch_failed", reason=reason, after=mark)
            else:
                daemon.log.wait("fetch_rejected", after=mark, within=60)
            self.assert_granted(self.ask(curl, self.etl), self.etl)
        self.origin.answers[LIST] = hang
        asked = self.origin.count(LIST)
        daemon.reload()
        self.origin.wait_asked(LIST, asked + 1)
        self.assert_granted(self.ask(curl, self.etl), self.etl)
        daemon.stop()  # in time, although an answer is waited for

    def test_check_says_who_fetches(self):
        daemon = self.make_daemon(self.config())
        done = run("check", "--config", daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("trust_stores.partner.revocation.crls[0]", done.stdout)
        self.assertIn("the running server fetches it", done.stdout)
        self.assertEqual(self.origin.asked, [])


if __name__ == "__main__":
    unittest.main()
