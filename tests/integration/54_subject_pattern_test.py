"""tls_client_auth_subject_dn_pattern: one registration for every workload of a partner (product.md section 5 rule 3, conformance.md D14)."""

import json
import unittest

from support.cases import TOKEN, DaemonCase, OwnDaemonCase, grant, pki_client
from support.daemon import run

PATTERN = "CN=*.partner-corp.com,O=Partner Corp,C=GB"


class Patterns(DaemonCase):
    """A partner with a pattern and plain clients beside it, and a rival with the same pattern and a CA of its own."""

    @classmethod
    def configure(cls, config):
        cls.rival_ca = cls.pki.ca("C=GB", "O=Partner Corp", "CN=Partner Root")
        config["trust_stores"]["rival"] = {"anchors": [cls.rival_ca.certificate]}
        config["clients"] += [
            pki_client("fleet", tls_client_auth_subject_dn_pattern=PATTERN),
            pki_client("rival", tls_client_auth_subject_dn_pattern=PATTERN, trust_store="rival"),
            pki_client("anybody", tls_client_auth_subject_dn_pattern="CN=etl+OU=*,O=*"),
            pki_client("star", tls_client_auth_subject_dn="CN=*.partner-corp.com,O=Partner Corp,C=GB"),
        ]

    def leaf(self, common_name, issuer=None):
        return self.pki.leaf("C=GB", "O=Partner Corp", f"CN={common_name}", issuer=issuer or self.partner_ca)

    def test_any_workload_and_any_renewal(self):
        """The partner issues another name and nobody is asked."""
        for common_name in ("etl-01.partner-corp.com", "etl-02.partner-corp.com", "ETL-02.Partner-Corp.com", "xn--bcher-kva.partner-corp.com"):
            cert = self.leaf(common_name)
            self.assertEqual(self.assert_granted(self.token(cert, "fleet"), cert)["client_id"], "fleet")
        cert = self.pki.leaf("O=Whoever", ("OU=Some Unit", "CN=etl"), issuer=self.partner_ca)
        self.assert_granted(self.token(cert, "anybody"), cert)

    def test_what_one_label_is_not(self):
        for common_name in ("partner-corp.com", "a.b.partner-corp.com", "*.partner-corp.com", "a_b.partner-corp.com", "-.partner-corp.com",
                            "a.partner-corp.com.evil.example", "a.evilpartner-corp.com", "apartner-corp.com", "a.partner-corp.com,O=x"):  # fmt: skip
            with self.subTest(common_name):
                self.assert_refused_because(self.token(self.leaf(common_name), "fleet"), "subject_mismatch")

    def test_the_structure_is_the_patterns(self):
        """No RDN more or less, none in another order, and no subjectAltName in the place of the CN."""
        name = "CN=a.partner-corp.com"
        for subject in (["O=Partner Corp", name], ["C=GB", "O=Partner Corp", "OU=x", name], ["C=GB", ("O=Partner Corp", name)],
                        ["C=GB", "O=Other Corp", name], ["C=GB", "O=Partner Corp", name, name]):  # fmt: skip
            self.assert_refused_because(self.token(self.pki.leaf(*subject, issuer=self.partner_ca), "fleet"), "subject_mismatch")
        reversed_order = self.pki.leaf(name, "O=Partner Corp", "C=GB", issuer=self.partner_ca)
        self.assert_refused_because(self.token(reversed_order, "fleet"), "subject_order_differs")
        in_san = self.pki.leaf("C=GB", "O=Partner Corp", "CN=a", san=["DNS:a.partner-corp.com"], issuer=self.partner_ca)
        self.assert_refused_because(self.token(in_san, "fleet"), "subject_mismatch")

    def test_another_partners_ca_never_counts(self):
        """product.md section 5 rule 2: the pattern holds within the client's own trust store."""
        own, foreign = self.leaf("a.partner-corp.com"), self.leaf("a.partner-corp.com", self.rival_ca)
        self.assert_granted(self.token(own, "fleet"), own)
        self.assert_granted(self.token(foreign, "rival"), foreign)
        for cert, client_id in ((foreign, "fleet"), (own, "rival")):
            self.assert_refused_because(self.token(cert, client_id), "anchor_not_for_client", "issuer_missing", "bad_signature")

    def test_a_star_is_a_character_in_the_other_fields(self):
        """8705-7.5-1."""
        self.assert_refused_because(self.token(self.leaf("a.partner-corp.com"), "star"), "subject_mismatch")
        cert = self.leaf("*.partner-corp.com")
        self.assert_granted(self.token(cert, "star"), cert)

    def test_show_and_explain(self):
        config = ("--config", self.daemon.config_path)
        shown = run("client", "show", "fleet", "--json", *config)
        self.assertEqual(json.loads(shown.stdout)["tls_client_auth_subject_dn_pattern"], PATTERN)
        listed = run("client", "list", *config)
        self.assertIn(PATTERN, listed.stdout)

        done = run("client", "explain", "fleet", "--cert", self.leaf("etl-07.partner-corp.com").certificate, *config)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(PATTERN, done.stdout)
        self.assertIn("CN=*.partner-corp.com is met by CN=etl-07.partner-corp.com", done.stdout)
        done = run("client", "explain", "fleet", "--cert", self.leaf("a.b.partner-corp.com").certificate, *config)
        self.assertEqual(done.returncode, 1)
        self.assertIn("exactly one label", done.stdout)


class Overlaps(OwnDaemonCase):
    def test_an_overlap_is_an_error_at_start_and_changes_nothing_at_reload(self):
        """Both clients and a subject are named."""
        config = self.base_config()
        config["clients"].append(pki_client("fleet", tls_client_auth_subject_dn_pattern="CN=*.partner-corp.com,O=Partner Corp,C=GB"))
        daemon, curl = self.start(config)
        cert = self.pki.leaf("C=GB", "O=Partner Corp", "CN=a.partner-corp.com", issuer=self.partner_ca)
        self.assert_granted(curl(TOKEN, cert=cert, form=grant("fleet")), cert)

        config["clients"].append(pki_client("all", tls_client_auth_subject_dn_pattern="CN=*,O=Partner Corp,C=GB"))
        event = daemon.reload(config, expect="reload_failed")
        self.assertIn("tls_client_auth_subject_dn_pattern", str(event) + daemon.log.text())
        self.assert_granted(curl(TOKEN, cert=cert, form=grant("fleet")), cert)
        self.assert_refused(curl(TOKEN, cert=cert, form=grant("all")))

        done = run("check", "--config", daemon.config_path)
        self.assertEqual(done.returncode, 1)
        self.assertIn('(all): tls_client_auth_subject_dn_pattern: a certificate with the subject "CN=a.partner-corp.com,O=Partner Corp,C=GB" '
                      'authenticates client "fleet"', done.stderr)  # fmt: skip
        self.assertIn('"CN=etl-01,O=Partner Corp,C=GB" authenticates client "etl"', done.stderr)
        daemon.stop()
        self.assertEqual(run("serve", "--config", daemon.config_path).returncode, 78)


if __name__ == "__main__":
    unittest.main()
