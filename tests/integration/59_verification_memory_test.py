"""What was verified is remembered, and a reload, a new CRL, an expiry and the removal of an anchor each end that at once, also on a
connection that is kept (product.md section 5 rule 6)."""

import datetime
import os
import shutil
import threading
import unittest

from support.cases import ETL_SUBJECT, OwnDaemonCase, grant
from support.client import form_request
from support.daemon import eventually
from support.origin import Origin, held, serve
from support.pki import now

SOON = datetime.timedelta(seconds=5)


def open_bytes(path):
    with open(path, "rb") as file:
        return file.read()


class Memory(OwnDaemonCase):
    def begin(self, cert, config=None, event="ready", **trust_store):
        """A daemon of one worker, once it has logged `event`; a connection that is kept, and a verdict that is remembered."""
        config = config or self.base_config()
        config["workers"] = 1
        config["trust_stores"]["partner"].update(trust_store)
        self.daemon, self.curl = self.start(config)
        self.daemon.log.wait(event)
        self.kept = self.tls(self.daemon, cert)
        self.assertEqual(self.ask(), (200, False))
        self.assertEqual(self.ask(), (200, True))
        return config

    def remembered(self):
        return self.curl.metrics()[("certbound_chain_verifications_remembered_total", frozenset())]

    def ask(self):
        """Status on the kept connection, and whether it was answered from memory."""
        before = self.remembered()
        self.kept.send(form_request(grant()))
        self.response = self.kept.receive()
        return self.response.status, self.remembered() > before

    def assert_ended(self, reason):
        """The last answer was a refusal for that reason."""
        request_id = self.assert_refused(self.response)
        self.assertEqual(self.daemon.audit_record(request_id)["reason"], reason)
        self.daemon.stop()

    def test_a_reload_ends_it(self):
        """Also one that changes nothing."""
        self.begin(self.etl)
        self.daemon.reload()
        self.assertEqual(self.ask(), (200, False))
        self.assertEqual(self.ask(), (200, True))
        self.daemon.stop()

    def test_a_reload_that_fails_does_not(self):
        self.begin(self.etl)
        self.daemon.reload("[]", expect="reload_failed")
        self.assertEqual(self.ask(), (200, True))
        self.daemon.stop()

    def test_a_crl_that_arrives_ends_it(self):
        path = os.path.join(self.folder, "memory.crl")
        shutil.copy(self.pki.crl(self.partner_ca), path)
        self.begin(self.etl, revocation={"mode": "require", "crls": [path]})
        shutil.copy(self.pki.crl(self.partner_ca, self.etl), path)
        self.daemon.reload()
        self.assertEqual(self.ask(), (400, False))
        self.assert_ended("certificate_revoked")

    def test_a_crl_that_is_fetched_ends_it(self):
        """No reload, no new connection: the list of a URL arrives."""
        origin, release, path = Origin(), threading.Event(), "/partner.crl"
        self.addCleanup(origin.stop)
        before, after = (open_bytes(self.pki.crl(self.partner_ca, *revoked, number=number)) for number, revoked in (("05", []), ("06", [self.etl])))
        origin.answers[path] = serve(before, "application/pkix-crl")
        config = self.base_config()
        config["fetch"] = {"allow": [f"127.0.0.1:{origin.port}"]}
        self.begin(self.etl, config, "crl_fetched", revocation={"mode": "require", "crls": [origin.url(path)]})
        origin.answers[path] = held(release, serve(after, "application/pkix-crl"))
        self.daemon.reload()  # asks for it
        origin.wait_asked(path, 2)
        self.assertEqual(self.ask(), (200, False))
        self.assertEqual(self.ask(), (200, True))
        release.set()
        eventually(lambda: self.ask()[0] == 400, within=2, what="the refusal")
        self.assert_ended("certificate_revoked")

    def test_the_removal_of_the_anchor_ends_it(self):
        config = self.begin(self.etl)
        config["trust_stores"]["partner"]["anchors"] = [self.pki.ca("CN=Another").certificate]
        self.daemon.reload(config)
        self.assertEqual(self.ask(), (400, False))
        self.assert_ended("issuer_missing")

    def assert_ends_at(self, end):
        """No reload, no new connection: the second comes, and the verdict is gone."""
        eventually(lambda: self.ask()[0] == 400, within=20, what="the end")
        self.assertGreaterEqual(now(), end)
        self.assertLess(now() - end, datetime.timedelta(seconds=3))
        self.assert_ended("certificate_expired")

    def test_the_certificates_expiry_ends_it(self):
        end = now() + SOON
        self.begin(self.pki.leaf(*ETL_SUBJECT, issuer=self.partner_ca, not_after=end))
        self.assert_ends_at(end)

    def test_an_issuers_expiry_ends_it(self):
        end = now() + SOON
        sub = self.pki.ca("CN=Brief", issuer=self.partner_ca, not_after=end)
        self.begin(self.pki.leaf(*ETL_SUBJECT, issuer=sub), intermediates=[sub.certificate])
        self.assert_ends_at(end)


if __name__ == "__main__":
    unittest.main()
