"""CRLs of `openssl ca -gencrl` in every mode, on a daemon and by the command line (product.md section 3, trust_stores.*.revocation)."""

import datetime
import json
import os
import shutil
import time
import unittest

from support.cases import ETL_DN, ETL_SUBJECT, TOKEN, OwnDaemonCase, PkiCase, grant
from support.client import form_request
from support.daemon import eventually, run
from support.pki import DAY, now, openssl

HOUR = DAY / 24


def revoking(config, mode, *crls):
    """The configuration with this revocation of the store `partner`."""
    config["trust_stores"]["partner"]["revocation"] = {"mode": mode, "crls": list(crls)}
    return config


class Modes(OwnDaemonCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.revoked = cls.pki.leaf(*ETL_SUBJECT, issuer=cls.partner_ca)
        cls.crl = cls.pki.crl(cls.partner_ca, cls.revoked)
        cls.expired = cls.pki.crl(cls.partner_ca, cls.revoked, this_update=now() - DAY, next_update=now() - HOUR)

    def ask(self, curl, cert):
        return curl(TOKEN, cert=cert, form=grant())

    def assert_reason(self, daemon, response, reason):
        request_id = self.assert_refused(response)
        self.assertEqual(daemon.log.wait("client_refused", request_id=request_id)["reason"], reason)
        self.assertEqual(daemon.audit_record(request_id)["reason"], reason)

    def test_require(self):
        """Good passes, revoked is refused; without a list that holds everybody is refused."""
        daemon, curl = self.start(revoking(self.base_config(), "require", self.crl))
        self.assert_granted(self.ask(curl, self.etl), self.etl)
        self.assert_reason(daemon, self.ask(curl, self.revoked), "certificate_revoked")
        daemon.reload(revoking(daemon.config, "require", self.expired))
        self.assert_reason(daemon, self.ask(curl, self.etl), "revocation_unknown")
        self.assert_reason(daemon, self.ask(curl, self.revoked), "certificate_revoked")
        problems = [event["detail"] for event in daemon.log.events("configuration_problem")]
        self.assertTrue(any("revocation.crls[0]" in problem and "is past" in problem for problem in problems), problems)
        daemon.stop()

    def test_soft_fail(self):
        """What is known to be revoked is refused, the rest is accepted, logged and counted."""
        daemon, curl = self.start(revoking(self.base_config(), "soft_fail", self.expired))
        for _ in range(2):
            self.assert_granted(self.ask(curl, self.etl), self.etl)
        self.assert_reason(daemon, self.ask(curl, self.revoked), "certificate_revoked")
        warning = daemon.log.wait("revocation_unknown", trust_store="partner")
        self.assertIn("is past", warning["detail"])
        self.assertEqual(curl.metrics()[("certbound_revocation_unknown_total", frozenset())] > 0, True)
        daemon.stop()

    def test_off(self):
        daemon, curl = self.start(revoking(self.base_config(), "off", self.crl))
        self.assert_granted(self.ask(curl, self.revoked), self.revoked)
        daemon.stop()

    def test_a_revoked_intermediate(self):
        sub = self.pki.ca("CN=Sub", issuer=self.partner_ca)
        below = self.pki.leaf(*ETL_SUBJECT, issuer=sub)
        config = self.base_config()
        config["trust_stores"]["partner"]["intermediates"] = [sub.certificate]
        daemon, curl = self.start(revoking(config, "require", self.crl, self.pki.crl(sub)))
        self.assert_granted(self.ask(curl, below), below)
        daemon.reload(revoking(config, "require", self.pki.crl(self.partner_ca, sub), self.pki.crl(sub)))
        self.assert_reason(daemon, self.ask(curl, below), "certificate_revoked")
        self.assert_granted(self.ask(curl, self.etl), self.etl)
        daemon.stop()

    def test_a_new_crl_ends_a_connection_that_is_kept(self):
        """Product rule 6: no further token within 2 s of the CRL's arrival, also where the verdict was remembered."""
        path = os.path.join(self.folder, "arriving.crl")
        shutil.copy(self.pki.crl(self.partner_ca), path)
        daemon, _ = self.start(revoking(self.base_config(), "require", path))
        kept, other = self.tls(daemon, self.revoked), self.tls(daemon, self.etl)
        for _ in range(3):
            for connection, cert in ((kept, self.revoked), (other, self.etl)):
                connection.send(form_request(grant()))
                self.assert_granted(connection.receive(), cert)
        begin = time.monotonic()
        shutil.copy(self.crl, path)
        daemon.reload()
        kept.send(form_request(grant()))
        self.assert_reason(daemon, kept.receive(), "certificate_revoked")
        print(f"from the CRL file's change to the first refusal: {time.monotonic() - begin:.3f} s")
        self.assertLess(time.monotonic() - begin, 2)
        other.send(form_request(grant()))
        self.assert_granted(other.receive(), self.etl)
        daemon.stop()

    def test_a_crl_ends_while_it_is_used(self):
        """nextUpdate ends what was remembered, and the log says so once."""
        end = now() + datetime.timedelta(seconds=4)
        brief = self.pki.crl(self.partner_ca, this_update=now() - HOUR, next_update=end)
        daemon, curl = self.start(revoking(self.base_config(), "require", brief))
        series = {name: value for (name, _), value in curl.metrics().items()}
        self.assertEqual(series["certbound_crl_next_update_seconds"], end.timestamp())
        kept = self.tls(daemon, self.etl)

        def is_granted():
            kept.send(form_request(grant()))
            return kept.receive().status == 200

        self.assertTrue(is_granted())
        eventually(lambda: not is_granted(), within=20, what="the end of the CRL")
        self.assertGreaterEqual(now(), end)
        self.assertIn("CN=Partner Root", daemon.log.wait("crl_expired")["issuer"])
        # Whatever wakes the main thread has it look at the dates again; a reload that fails changes nothing else.
        for _ in range(3):
            daemon.reload("{", expect="reload_failed")
        self.assertEqual(len(daemon.log.events("crl_expired")), 1)
        daemon.stop()

    def test_a_bad_crl_changes_nothing(self):
        """Missing, damaged, another CA's: an error at its line, at start as on reload."""
        path = os.path.join(self.folder, "changing.crl")
        shutil.copy(self.crl, path)
        daemon, curl = self.start(revoking(self.base_config(), "require", path))
        namesake = self.pki.ca("C=GB", "O=Partner Corp", "CN=Partner Root")
        with open(self.crl, "rb") as file:
            whole = file.read()
        with open(self.pki.crl(namesake), "rb") as file:
            foreign = file.read()
        for content in (b"", whole[: len(whole) // 2], foreign):
            with open(path, "wb") as file:
                file.write(content)
            mark = daemon.log.mark()
            daemon.reload(expect="reload_failed")
            problem = daemon.log.wait("configuration_problem", after=mark)["detail"]
            self.assertIn("trust_stores.partner.revocation.crls[0]", problem)
            self.assert_reason(daemon, self.ask(curl, self.revoked), "certificate_revoked")
            self.assert_granted(self.ask(curl, self.etl), self.etl)
            checked = run("check", "--config", daemon.config_path)
            self.assertEqual(checked.returncode, 1)
            self.assertRegex(checked.stderr, r":\d+:\d+: trust_stores.partner.revocation.crls\[0\]: ")
        daemon.stop()


class CommandLine(PkiCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.revoked = cls.pki.leaf(*ETL_SUBJECT, issuer=cls.partner_ca)
        cls.crl = cls.pki.crl(cls.partner_ca, cls.revoked, number="2A")

    def verify(self, cert, *arguments, status):
        done = run("cert", "verify", "--json", "--anchors", self.partner_ca.certificate, "--chain", cert.certificate, *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout) if done.stdout else done.stderr

    def test_cert_verify(self):
        """The CRL that a verdict rests on, or that none was looked at."""
        facts = self.verify(self.etl, "--crl", self.crl, status=0)
        self.assertEqual(facts["path"][0]["revocation"]["status"], "good")
        crl = facts["path"][0]["revocation"]["crl"]
        self.assertEqual((crl["issuer"], crl["number"], crl["entries"]), ("CN=Partner Root,O=Partner Corp,C=GB", "2a", 1))
        self.assertGreaterEqual(crl["age_seconds"], 3600)
        self.assertNotIn("revocation", facts["path"][1])
        self.assertEqual(self.verify(self.revoked, "--crl", self.crl, status=1)["reason"], "certificate_revoked")
        self.verify(self.revoked, "--crl", self.crl, "--revocation", "off", status=0)
        self.assertNotIn("revocation", self.verify(self.revoked, status=0)["path"][0])
        text = run("cert", "verify", "--anchors", self.partner_ca.certificate, "--chain", self.etl.certificate).stdout
        self.assertIn("revocation was not looked at", text)
        text = run("cert", "verify", "--anchors", self.partner_ca.certificate, "--chain", self.etl.certificate, "--crl", self.crl).stdout
        self.assertIn('not revoked by CRL 2a of "CN=Partner Root,O=Partner Corp,C=GB"', text)

    def test_cert_verify_modes(self):
        expired = self.pki.crl(self.partner_ca, this_update=now() - DAY, next_update=now() - HOUR)
        self.assertEqual(self.verify(self.etl, "--crl", expired, status=1)["reason"], "revocation_unknown")
        facts = self.verify(self.etl, "--crl", expired, "--revocation", "soft_fail", status=0)
        self.assertEqual(facts["path"][0]["revocation"]["status"], "unknown")
        self.assertEqual(self.verify(self.etl, "--revocation", "require", status=1)["reason"], "revocation_unknown")
        self.verify(self.etl, "--crl", expired, "--time", str(int((now() - 12 * HOUR).timestamp())), status=0)
        self.verify(self.etl, "--revocation", "hard", status=2)
        self.verify(self.etl, "--crl", os.path.join(self.folder, "gone.crl"), status=3)
        foreign = self.pki.crl(self.pki.ca("CN=Other"))
        self.assertIn("CN=Other", self.verify(self.etl, "--crl", foreign, status=1)["detail"])

    def test_cert_verify_takes_several_and_der(self):
        """Also the list of an intermediate that the chain brings."""
        sub = self.pki.ca("CN=Sub", issuer=self.partner_ca)
        below = self.pki.leaf("CN=below", issuer=sub)
        spared = self.pki.crl(sub)
        der = self.pki.write("sub.crl", openssl("crl", "-in", spared, "-outform", "DER"))
        chain = below.with_chain(sub)
        self.verify(chain, "--crl", self.crl, "--crl", der, status=0)
        self.assertEqual(self.verify(chain, "--crl", self.crl, status=1)["reason"], "revocation_unknown")
        self.assertEqual(self.verify(chain, "--crl", self.crl, "--crl", self.pki.crl(sub, below), status=1)["reason"], "certificate_revoked")
        both = os.path.join(self.folder, "both.crl")
        with open(both, "wb") as out:
            for path in (self.crl, spared):
                with open(path, "rb") as file:
                    out.write(file.read())
        self.verify(chain, "--crl", both, status=0)

    def test_lists_that_are_not_whole(self):
        """RFC 5280 section 5.2: a delta CRL, a partitioned and an indirect one."""
        for extension, word in (("2.5.29.27 = critical,DER:020101", "delta"),
                                ("issuingDistributionPoint = critical,@point\n[point]\nonlyuser = TRUE", "limits"),
                                ("issuingDistributionPoint = critical,@point\n[point]\nindirectCRL = TRUE", "indirect")):  # fmt: skip
            crl = self.pki.crl(self.partner_ca, extensions=extension)
            self.assertIn(word, self.verify(self.etl, "--crl", crl, status=1)["detail"])

    def test_client_explain(self):
        config = revoking(self.base_config(), "require", self.crl)
        path = self.pki.write("certbound.yaml", json.dumps(config))
        os.makedirs(config["state_dir"], mode=0o700, exist_ok=True)
        for cert, outcome, words in ((self.etl, "passed", "not revoked by CRL 2a"), (self.revoked, "failed", "is revoked by CRL 2a")):
            done = run("client", "explain", "etl", "--cert", cert.certificate, "--config", path, "--json")
            self.assertEqual(done.returncode, 0 if outcome == "passed" else 1, done.stderr)
            steps = {step["step"]: step for step in json.loads(done.stdout)["steps"]}
            self.assertEqual(steps["revocation"]["outcome"], outcome)
            self.assertIn(words, steps["revocation"]["presented"])
            self.assertEqual(steps["revocation"]["expected"], "mode require")
            self.assertIn(ETL_DN, steps["chain"]["presented"])


if __name__ == "__main__":
    unittest.main()
