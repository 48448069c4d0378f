"""Distinguished names through the whole daemon (conformance.md section 2). The tables themselves are unit tests; this shows that the
registered string, the certificate as openssl wrote it, and the comparison meet."""

import unittest

from support.cases import DaemonCase, pki_client

# client: (registered string, subject in DER order, must match)
CASES = {
    "case and blanks": ("CN=ETL-01,O=PARTNER   corp,C=gb", ["C=GB", "O=Partner Corp", "CN=etl-01"], True),  # cases 1 and 2
    "blanks around": ("CN=etl-01,O=Partner Corp,C=GB", ["C=GB", "O=  Partner Corp ", "CN=etl-01"], True),  # case 2
    "wrong way round": ("C=GB,O=Partner Corp,CN=etl-01", ["C=GB", "O=Partner Corp", "CN=etl-01"], False),  # case 4
    "a set of attributes": ("CN=J. Smith+OU=Sales,DC=example,DC=net", ["DC=net", "DC=example", ("OU=Sales", "CN=J.  Smith")], True),
    "a set is no sequence": ("OU=Sales,CN=J. Smith", [("OU=Sales", "CN=J. Smith")], False),  # case 6
    "a sequence is no set": ("OU=Sales+CN=J. Smith", ["OU=Sales", "CN=J. Smith"], False),  # DN-8
    "umlaut": ("CN=\u00e4rger", ["CN=\u00c4rger"], True),  # case 7
    "composed": ("CN=\\C3\\A9", ["CN=e\u0301"], True),  # case 8
    "fullwidth": ("CN=A", ["CN=\uff21"], True),  # case 9
    "sharp s": ("CN=strasse", ["CN=stra\u00dfe"], True),  # case 10
    "no-break space": ("CN=a b", ["CN=a\u00a0b"], True),  # case 11
    "dotted capital i": ("CN=i", ["CN=\u0130"], False),  # case 12
    "escapes": ('CN=James \\"Jim\\" Smith\\, III,O=x', ["O=x", 'CN=James "Jim" Smith, III'], True),  # case 14
    "hexadecimal value": ("2.5.4.97=#0C1050534447422D4643412D313233343536", ["organizationIdentifier=PSDGB-FCA-123456"], True),  # DN-4
    "dotted type": ("2.5.4.3=etl,2.5.4.10=x", ["O=x", "CN=etl"], True),  # DN-3
    "keyword in lower case": ("cn=etl,o=y", ["O=y", "CN=etl"], True),  # DN-2
    "a suffix": ("CN=etl", ["O=z", "CN=etl"], False),  # DN-7
    "a prefix": ("CN=etl,O=z2,C=GB", ["O=z2", "CN=etl"], False),  # DN-7
    "another type": ("OU=same", ["O=same"], False),  # DN-9
    "two common names": ("CN=admin", ["CN=admin", "CN=evil"], False),  # DN-22
    "two common names, other order": ("CN=admin", ["CN=evil", "CN=admin"], False),  # DN-22
    "an e-mail address": ("emailAddress=ops@x.example,CN=c", ["CN=c", "emailAddress=Ops@X.example"], True),  # case 18
    "a hash and a comma": ("O=Partner \\, Corp #1", ["O=Partner , Corp #1"], True),  # case 19
    "a star": ("CN=*.partner.example", ["CN=a.partner.example"], False),  # D14
}


class Names(DaemonCase):
    @classmethod
    def configure(cls, config):
        cls.ids = {}
        for number, (name, (registered, _, _)) in enumerate(CASES.items()):
            cls.ids[name] = f"client-{number}"
            config["clients"].append(pki_client(f"client-{number}", tls_client_auth_subject_dn=registered))
        config["clients"].append(pki_client("admin", tls_client_auth_subject_dn="CN=admin"))

    def test_the_table(self):
        """DN-1 to DN-4, DN-7 to DN-11, DN-22, table 2.2."""
        for name, client_id in self.ids.items():
            _, subject, must_match = CASES[name]
            with self.subTest(name):
                cert = self.pki.leaf(*subject, issuer=self.partner_ca)
                response = self.token(cert, client_id)
                if must_match:
                    self.assert_granted(response, cert)
                else:
                    self.assert_refused_because(response, "subject_mismatch", "subject_order_differs")

    def test_string_types_do_not_count(self):
        """DN-10, case 3: PrintableString and UTF8String compare equal."""
        printable = self.pki.leaf("C=GB", "O=Partner Corp", "CN=etl-01", issuer=self.partner_ca, string_mask="default")
        self.assertIn(b"\x13\x0cPartner Corp", printable.der())
        self.assertIn(b"\x0c\x0cPartner Corp", self.etl.der())
        self.assert_granted(self.token(printable), printable)
        self.assert_granted(self.token(self.etl), self.etl)

    def test_a_nul_in_a_name_never_matches(self):
        """8705-7.5-1, DN-19, case 13: refused before matching, in the subject as in a SAN."""
        placeholder = self.pki.leaf("CN=admin@evil", issuer=self.partner_ca)
        hidden = self.pki.patched(placeholder, b"admin@evil", b"admin\0evil")
        self.assert_refused_because(self.token(hidden, "admin"), "certificate_unusable", "subject_mismatch")
        trailing = self.pki.patched(self.pki.leaf("CN=admin@", issuer=self.partner_ca), b"admin@", b"admin\0")
        self.assert_refused_because(self.token(trailing, "admin"), "certificate_unusable", "subject_mismatch")

    def test_other_string_types_end_cleanly(self):
        """DN-12: a BMPString, a TeletexString, a value with octets that its type does not have: a match or a refusal, never a crash."""
        for tag in (b"\x1e", b"\x14", b"\x16", b"\x13"):
            cert = self.pki.patched(self.pki.leaf("CN=adminx", issuer=self.partner_ca), b"\x0c\x06adminx", tag + b"\x06a\xffm\x00nx")
            self.assert_refused(self.token(cert, "admin"))

    def test_a_crafted_value_is_no_second_attribute(self):
        """CVE-2026-22747, CVE-2026-47838: a name is never rendered and parsed again."""
        for value in ("admin,O=x", "x,CN=admin", "x/CN=admin", "admin+OU=x", "x\\,CN=admin", "CN=admin"):
            cert = self.pki.leaf(f"CN={value}", issuer=self.partner_ca)
            self.assert_refused_because(self.token(cert, "admin"), "subject_mismatch")

    def test_an_unassigned_code_point_never_matches(self):
        """DN-20: the preparation fails, so the comparison is undefined; undefined is no match."""
        cert = self.pki.leaf("CN=admin\u0378", issuer=self.partner_ca)
        self.assert_refused_because(self.token(cert, "admin"), "subject_mismatch")

    def test_an_empty_subject_never_matches(self):
        """DN-21."""
        cert = self.pki.leaf(issuer=self.partner_ca, san=["DNS:a.example"])
        self.assert_refused_because(self.token(cert, "admin"), "subject_mismatch")


if __name__ == "__main__":
    unittest.main()
