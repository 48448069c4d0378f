"""What went wrong in other servers and must not here (lessons.md section 3). Rows that stand elsewhere:

CVE-2024-10039 headers: 52; CVE-2021-44532 and CVE-2022-21656 SAN types: 50; CVE-2026-22747 rendered names: 53; CVE-2025-23419
resumption: 20 and 22; CVE-2026-27586 trust store that fails open: 10 and 11; CVE-2026-32280 chain building: 21 and here."""

import time
import unittest

from support.cases import ETL_DN, ETL_SUBJECT, API, DaemonCase, OwnDaemonCase, pki_client, self_signed_client
from support.daemon import PATIENCE


class Identity(DaemonCase):
    @classmethod
    def configure(cls, config):
        cls.mallory = cls.pki.leaf("C=GB", "O=Partner Corp", "CN=mallory", issuer=cls.partner_ca)
        config["clients"].append(pki_client("mallory", tls_client_auth_subject_dn="CN=mallory,O=Partner Corp,C=GB"))

    def test_a_victims_certificate_appended(self):
        """CVE-2023-2422: identity comes from the leaf whose key signed, wherever the victim's certificate stands behind it."""
        for chain in ([self.etl], [self.partner_ca, self.etl], [self.etl, self.partner_ca], [self.etl, self.etl, self.etl]):
            both = self.mallory.with_chain(*chain)
            self.assert_refused_because(self.token(both, "etl"), "subject_mismatch")
            self.assert_granted(self.token(both, "mallory"), self.mallory)

    def test_the_same_extra_certificate_binds_nothing(self):
        """8705-3-1: the token is bound to the leaf, not to what came with it."""
        claims = self.assert_granted(self.token(self.etl.with_chain(self.mallory)), self.etl)
        self.assertNotEqual(claims["cnf"]["x5t#S256"], self.mallory.x5t())

    def test_a_leaf_alone_of_a_ca_is_not_self_signed(self):
        """spring-authorization-server 2332: a chain of one is still the PKI method's, since the registration says so."""
        self.assert_granted(self.token(self.etl), self.etl)


class WildcardNames(DaemonCase):
    @classmethod
    def configure(cls, config):
        config["clients"].append(pki_client("dns", tls_client_auth_san_dns="a.partner.example"))

    def test_a_wildcard_of_the_certificate_satisfies_nothing(self):
        """CVE-2025-61727, CVE-2026-27138, 8705-7.5-1."""
        for name in ("*.partner.example", "*", "a.*.example", "a.partner.example.", "xa.partner.example", "partner.example"):
            cert = self.pki.leaf("CN=x", issuer=self.partner_ca, san=[f"DNS:{name}"])
            self.assert_refused_because(self.token(cert, "dns"), "subject_mismatch")

    def test_empty_and_broken_names(self):
        """CVE-2026-27138: an empty dNSName, one with a NUL, one with bytes that are no IA5String."""
        for new in (b"a.partner.exampl\0", b"a.partner.exampl\xff", b"\0" * 17, b"a.partner\0example", b"A.PARTNER.EXAMPLX"):
            cert = self.pki.leaf("CN=x", issuer=self.partner_ca, san=["DNS:a.partner.examplq"])
            self.assert_refused(self.token(self.pki.patched(cert, b"a.partner.examplq", new), "dns"))

    def test_a_uri_that_hides_a_second_name(self):
        """CVE-2021-44532: SANs are never made into one text and split again."""
        cert = self.pki.leaf("CN=x", issuer=self.partner_ca, san=["URI:https://x/, DNS:a.partner.example"])
        self.assert_refused_because(self.token(cert, "dns"), "subject_mismatch")


class Chains(DaemonCase):
    def test_path_building_is_bounded(self):
        """CVE-2026-32280: many CAs of one name and of other keys, sent by the client, cost nothing worth mentioning."""
        twins = [self.pki.ca("CN=Twin") for _ in range(5)]
        leaf = self.pki.leaf(*ETL_SUBJECT, issuer=twins[0])
        started = time.monotonic()
        for _ in range(10):
            response = self.curl("/oauth2/token", cert=leaf.with_chain(*twins), form={"grant_type": "client_credentials", "client_id": "etl"}, check=False)
            if response.exit_code == 0:
                self.assert_refused(response)
        self.assertLess(time.monotonic() - started, 10 * PATIENCE)
        self.assert_granted(self.token(self.etl), self.etl)

    def test_a_cycle_of_cas_ends(self):
        """CVE-2026-32280: two CAs that certify each other."""
        first, second = self.pki.ca("CN=First"), self.pki.ca("CN=Second")
        first_by_second = self.pki.ca("CN=First", issuer=second, key=first.key)
        second_by_first = self.pki.ca("CN=Second", issuer=first, key=second.key)
        leaf = self.pki.leaf(*ETL_SUBJECT, issuer=first)
        self.assert_refused(self.token(leaf.with_chain(first_by_second, second_by_first)))
        self.assert_granted(self.token(self.etl), self.etl)

    def test_a_cross_signed_intermediate_is_found(self):
        """A CA that two roots certify; what leads elsewhere and comes after it does no harm."""
        stranger = self.pki.ca("CN=Stranger Root")
        sub = self.pki.ca("CN=Cross", issuer=stranger)
        cross = self.pki.ca("CN=Cross", issuer=self.partner_ca, key=sub.key)
        leaf = self.pki.leaf(*ETL_SUBJECT, issuer=sub)
        self.assert_granted(self.token(leaf.with_chain(cross)), leaf)
        again = self.pki.leaf(*ETL_SUBJECT, issuer=sub)  # another leaf, so that nothing is remembered of it
        self.assert_granted(self.token(again.with_chain(cross, sub)), again)


class Registrations(OwnDaemonCase):
    def refused(self, change, *words):
        config = self.base_config()
        change(config)
        daemon = self.make_daemon(config)
        daemon.spawn()
        self.assertEqual(daemon.wait_exit(), 78, daemon.log.tail())
        for word in words:
            self.assertIn(word, daemon.log.text())

    def test_a_misspelled_option_is_no_option(self):
        """keycloak 15872: a misspelled key switched binding off; here it is an error that names the right one."""
        self.refused(
            lambda config: config["clients"][0].update(tls_client_certificate_bound_acces_tokens=True),
            "tls_client_certificate_bound_acces_tokens", "did you mean tls_client_certificate_bound_access_tokens",
        )  # fmt: skip

    def test_a_client_without_a_trust_store(self):
        """AthenZ, keycloak 33273: an unset restriction is not "no restriction"."""
        self.refused(lambda config: config["clients"][0].pop("trust_store"), "trust_store", "etl")
        self.refused(lambda config: config["clients"][0].update(trust_store="nowhere"), "nowhere")

    def test_sha1_thumbprints(self):
        """WSO2, Duende: SHA-256 only."""
        jwks = {"keys": [{"kty": "EC", "crv": "P-256", "x5t": "T8Qp8fPmVYqb9iHyzQUaAbxBedY"}]}
        self.refused(lambda config: config["clients"].append(self_signed_client("sha1", jwks=jwks)), "sha1")

    def test_fields_of_the_other_method(self):
        """8705-2.1.2-8: never half-applied."""
        cert = self.pki.leaf("CN=a")
        self.refused(
            lambda config: config["clients"].append(
                self_signed_client("mixed", certificates=[cert.certificate], tls_client_auth_san_dns="a.example")
            ),
            "tls_client_auth_san_dns",
        )
        self.refused(lambda config: config["clients"][0].update(certificates=[cert.certificate]), "certificates")

    def test_methods_that_are_not_there(self):
        for method in ("none", "client_secret_basic", "private_key_jwt", "TLS_CLIENT_AUTH", ""):
            self.refused(lambda config, method=method: config["clients"][0].update(token_endpoint_auth_method=method), "token_endpoint_auth_method")

    def test_an_issuer_that_is_no_issuer(self):
        """8414-2-1: https, no query, no fragment."""
        for issuer in ("http://localhost:8443", "https://localhost/?a", "https://localhost/#a", "localhost", "https://", "https://a b/"):
            self.refused(lambda config, issuer=issuer: config.update(issuer=issuer), "issuer")

    def test_one_certificate_for_two_clients_is_warned_about(self):
        """product.md section 5 rule 7, uaa 3972: two registrations that one certificate satisfies."""
        config = self.base_config()
        config["clients"].append(pki_client("again", tls_client_auth_subject_dn=ETL_DN, resources=[API]))
        daemon, _ = self.start(config)
        daemon.stop()
        warnings = [event for event in daemon.log.events() if event["level"] == "warning"]
        self.assertTrue(any("again" in str(event) and "etl" in str(event) for event in warnings), daemon.log.tail())

    def test_a_registered_certificate_that_meets_a_subject_is_warned_about(self):
        """The same rule across the two methods: the partner's CA issued what another client is registered by."""
        config = self.base_config()
        config["clients"].append(self_signed_client("pinned", certificates=[self.etl.certificate]))
        daemon, curl = self.start(config)
        shared = curl.metrics()[("certbound_shared_client_credentials", frozenset())]
        daemon.stop()
        warnings = [event for event in daemon.log.events() if event["level"] == "warning"]
        self.assertTrue(any("clients.pinned" in str(event) and "etl" in str(event) for event in warnings), daemon.log.tail())
        self.assertEqual(shared, 1)


if __name__ == "__main__":
    unittest.main()
