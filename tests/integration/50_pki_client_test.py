"""tls_client_auth: the PKI method of RFC 8705 section 2.1 (conformance.md section 1.2)."""

import unittest

from support.cases import ETL_DN, ETL_SUBJECT, TOKEN, DaemonCase, OwnDaemonCase, grant, pki_client
from support.pki import DAY, now


class Chains(DaemonCase):
    """One client, one anchor: which chains lead to it."""

    @classmethod
    def configure(cls, config):
        pki, root = cls.pki, cls.partner_ca
        cls.sub = pki.ca("CN=Sub", issuer=root)
        cls.stored_sub = pki.ca("CN=Stored Sub", issuer=root)
        config["trust_stores"]["partner"]["intermediates"] = [cls.stored_sub.certificate]

    def leaf(self, **options):
        return self.pki.leaf(*ETL_SUBJECT, **{"issuer": self.partner_ca, **options})

    def test_a_good_chain(self):
        """8705-2.1-2, 8705-2.1-7: valid, and the registered subject; a renewed certificate needs no change of the registration."""
        self.assert_granted(self.token(self.etl), self.etl)
        renewed = self.leaf()
        self.assert_granted(self.token(renewed), renewed)

    def test_an_unknown_ca(self):
        """8705-2.1-1: the same subject, another issuer; also one of the same name."""
        for other in (self.pki.ca("CN=Unknown"), self.pki.ca("C=GB", "O=Partner Corp", "CN=Partner Root")):
            response = self.token(self.leaf(issuer=other))
            self.assert_refused_because(response, "anchor_not_for_client", "issuer_missing", "bad_signature")

    def test_a_self_signed_certificate_of_the_registered_name(self):
        """8705-2.1-8, spring-authorization-server 2332: the method is the registration's, whatever the chain looks like."""
        own = self.pki.leaf(*ETL_SUBJECT)
        self.assert_refused_because(self.token(own), "anchor_not_for_client", "issuer_missing")

    def test_intermediates(self):
        """8705-2.1-15: from the handshake or from the store; missing: refused, and the reason says so."""
        sent = self.leaf(issuer=self.sub)
        self.assert_granted(self.token(sent.with_chain(self.sub)), sent)
        self.assert_refused_because(self.token(self.leaf(issuer=self.sub)), "issuer_missing")
        stored = self.leaf(issuer=self.stored_sub)
        self.assert_granted(self.token(stored), stored)
        self.assert_granted(self.token(stored.with_chain(self.stored_sub, self.partner_ca)), stored)

    def test_a_root_that_the_client_sends_is_no_anchor(self):
        """8705-2.1-15."""
        own_root = self.pki.ca("CN=Own Root")
        own = self.leaf(issuer=own_root)
        self.assert_refused_because(self.token(own.with_chain(own_root)), "anchor_not_for_client", "issuer_missing")
        own_sub = self.pki.ca("CN=Own Sub", issuer=own_root)
        deep = self.leaf(issuer=own_sub)
        self.assert_refused_because(self.token(deep.with_chain(own_sub, own_root)), "anchor_not_for_client", "issuer_missing")

    def test_validity_periods(self):
        """8705-2.1-9: expired leaf, leaf of the future, expired intermediate."""
        self.assert_refused_because(self.token(self.leaf(not_before=now() - 9 * DAY, not_after=now() - DAY)), "certificate_expired")
        self.assert_refused_because(self.token(self.leaf(not_before=now() + DAY)), "certificate_not_yet_valid")
        expired_sub = self.pki.ca("CN=Old Sub", issuer=self.partner_ca, not_before=now() - 9 * DAY, not_after=now() - DAY)
        below = self.leaf(issuer=expired_sub)
        self.assert_refused_because(self.token(below.with_chain(expired_sub)), "certificate_expired")

    def test_basic_constraints(self):
        """8705-2.1-10: a leaf that issues, and a path longer than pathLenConstraint."""
        below_leaf = self.leaf(issuer=self.etl)
        self.assert_refused_because(self.token(below_leaf.with_chain(self.etl)), "ca_invalid")
        short = self.pki.ca("CN=Short", issuer=self.partner_ca, pathlen=0)
        shorter = self.pki.ca("CN=Shorter", issuer=short)
        below = self.leaf(issuer=shorter)
        self.assert_refused_because(self.token(below.with_chain(shorter, short)), "ca_invalid")
        at_bound = self.leaf(issuer=short)
        self.assert_granted(self.token(at_bound.with_chain(short)), at_bound)

    def test_name_constraints(self):
        """8705-2.1-11."""
        constrained = self.pki.ca("CN=Constrained", issuer=self.partner_ca, name_constraints="permitted;DNS:partner.example")
        inside = self.leaf(issuer=constrained, san=["DNS:a.partner.example"])
        self.assert_granted(self.token(inside.with_chain(constrained)), inside)
        outside = self.leaf(issuer=constrained, san=["DNS:other.example"])
        self.assert_refused_because(self.token(outside.with_chain(constrained)), "name_constraints_violated")

    def test_extended_key_usage(self):
        """8705-2.1-12: clientAuth, any or none; serverAuth alone is refused."""
        for eku in ("clientAuth", "serverAuth,clientAuth", "anyExtendedKeyUsage", None):
            with self.subTest(eku=eku):
                cert = self.leaf(eku=eku)
                self.assert_granted(self.token(cert), cert)
        for eku in ("serverAuth", "codeSigning", "emailProtection"):
            with self.subTest(eku=eku):
                self.assert_refused_because(self.token(self.leaf(eku=eku)), "wrong_purpose")

    def test_an_unknown_critical_extension(self):
        """8705-2.1-13; the same extension is no obstacle where it is not critical."""
        critical = self.leaf(extra=[("1.2.3.4.5", "critical,ASN1:UTF8String:x")])
        self.assert_refused_because(self.token(critical), "unsupported_critical_extension")
        harmless = self.leaf(extra=[("1.2.3.4.5", "ASN1:UTF8String:x")])
        self.assert_granted(self.token(harmless), harmless)

    def test_weak_links(self):
        """8705-2.1-14: an intermediate signed with SHA-1, or with a key of 1024 bits."""
        sha1 = self.pki.ca("CN=SHA-1 Sub", issuer=self.partner_ca, digest="sha1")
        below = self.leaf(issuer=sha1)
        self.assert_refused_because(self.weak_token(below.with_chain(sha1)), "weak_signature")
        weak = self.pki.ca("CN=Weak Sub", issuer=self.partner_ca, kind="rsa1024")
        below = self.leaf(issuer=weak)
        self.assert_refused_because(self.weak_token(below.with_chain(weak)), "weak_key", "weak_signature")


class Strictness(OwnDaemonCase):
    def test_the_profile_of_rfc_5280_is_asked_for_unless_the_store_says_otherwise(self):
        """product.md section 5 rule 2: a leaf without authority key identifier; the refusal names what is missing."""
        plain = self.pki.leaf(*ETL_SUBJECT, issuer=self.partner_ca, extra=[("authorityKeyIdentifier", "none")])
        config = self.base_config()
        daemon, curl = self.start(config)
        request_id = self.assert_refused(curl(TOKEN, cert=plain, form=grant()))
        event = daemon.log.wait("client_refused", request_id=request_id)
        self.assertEqual(event["reason"], "not_strict")
        self.assertIn("key identifier", event["detail"].lower())
        config["trust_stores"]["partner"]["strict"] = False
        daemon.reload(config)
        self.assert_granted(curl(TOKEN, cert=plain, form=grant()), plain)
        daemon.stop()


class PartialChains(DaemonCase):
    @classmethod
    def configure(cls, config):
        cls.sub = cls.pki.ca("CN=Issuing", issuer=cls.partner_ca)
        config["trust_stores"]["issuing"] = {"anchors": [cls.sub.certificate]}
        config["clients"].append(pki_client("issuing", trust_store="issuing", tls_client_auth_subject_dn=ETL_DN))

    def test_an_anchor_need_not_be_a_root(self):
        """product.md section 5 rule 2: an anchor is the certificate that was named; the root above it does not count."""
        below = self.pki.leaf(*ETL_SUBJECT, issuer=self.sub)
        self.assert_granted(self.token(below, "issuing"), below)
        self.assert_granted(self.token(below.with_chain(self.sub, self.partner_ca), "issuing"), below)
        self.assert_refused_because(self.token(self.etl, "issuing"), "anchor_not_for_client", "issuer_missing")


class Partners(DaemonCase):
    """Two partners: each has its own anchors, and nobody else's count."""

    @classmethod
    def configure(cls, config):
        cls.second_ca = cls.pki.ca("C=FR", "O=Deuxieme", "CN=Racine")
        cls.twin_ca = cls.pki.ca("C=GB", "O=Partner Corp", "CN=Partner Root")
        config["trust_stores"]["second"] = {"anchors": [cls.second_ca.certificate]}
        config["trust_stores"]["twin"] = {"anchors": [cls.twin_ca.certificate]}
        config["clients"] += [
            pki_client("second", trust_store="second", tls_client_auth_subject_dn=ETL_DN),
            pki_client("twin", trust_store="twin", tls_client_auth_subject_dn=ETL_DN),
        ]

    def test_the_other_partners_ca_never_matches(self):
        """8705-2.1-16, 8705-7.4-1, keycloak 52801: by certificate, never by name; both CAs are known to the server."""
        certs = {
            "etl": self.etl,
            "second": self.pki.leaf(*ETL_SUBJECT, issuer=self.second_ca),
            "twin": self.pki.leaf(*ETL_SUBJECT, issuer=self.twin_ca),
        }
        for client_id in certs:
            for name, cert in certs.items():
                with self.subTest(client_id=client_id, cert=name):
                    response = self.token(cert, client_id)
                    if name == client_id:
                        self.assert_granted(response, cert)
                    else:
                        self.assert_refused_because(response, "anchor_not_for_client", "issuer_missing", "bad_signature")

    def test_the_order_of_requests_does_not_matter(self):
        """product.md section 5 rule 6: what is remembered of a certificate is remembered for one trust store."""
        for _ in range(3):
            self.assert_granted(self.token(self.etl, "etl"), self.etl)
            self.assert_refused(self.token(self.etl, "twin"))


class SystemStore(DaemonCase):
    @classmethod
    def setUpClass(cls):
        cls.environment = {}
        super().setUpClass()

    @classmethod
    def configure(cls, config):
        cls.public_ca = cls.pki.ca("CN=Public CA")
        cls.environment.update(SSL_CERT_FILE=cls.public_ca.certificate)

    def test_the_systems_cas_count_for_nothing(self):
        """8705-7.4-1, keycloak 33273: a certificate of a CA that the system trusts is refused like any stranger's."""
        cert = self.pki.leaf(*ETL_SUBJECT, issuer=self.public_ca)
        self.assert_refused_because(self.token(cert), "anchor_not_for_client", "issuer_missing")


class Subjects(DaemonCase):
    """One client for each field."""

    FIELDS = {
        "dns": ("tls_client_auth_san_dns", "Client.Example.COM"),
        "uri": ("tls_client_auth_san_uri", "https://client.example/~a/b"),
        "ip4": ("tls_client_auth_san_ip", "10.0.0.1"),
        "ip6": ("tls_client_auth_san_ip", "2001:0DB8:0:0::1"),
        "email": ("tls_client_auth_san_email", "Ops@Example.com"),
        "star": ("tls_client_auth_san_dns", "*.partner.example"),
        "spiffe": ("tls_client_auth_san_uri", "spiffe://partner.example/etl"),
    }

    @classmethod
    def configure(cls, config):
        for client_id, (field, value) in cls.FIELDS.items():
            config["clients"].append(pki_client(client_id, **{field: value}))

    def cert(self, *san, subject=("CN=any",)):
        return self.pki.leaf(*subject, issuer=self.partner_ca, san=san)

    def assert_match(self, client_id, *san, subject=("CN=any",)):
        cert = self.cert(*san, subject=subject)
        with self.subTest(client_id=client_id, san=san):
            self.assert_granted(self.token(cert, client_id), cert)

    def assert_no_match(self, client_id, *san, subject=("CN=any",)):
        with self.subTest(client_id=client_id, san=san, subject=subject):
            self.assert_refused_because(self.token(self.cert(*san, subject=subject), client_id), "subject_mismatch")

    def test_dns(self):
        """8705-2.1.2-3, DN-14, DN-15: dNSName entries, the whole name, without regard to case; no wildcard of the certificate."""
        self.assert_match("dns", "DNS:client.example.com")
        self.assert_no_match("dns", "DNS:client.example.com.evil.example")
        self.assert_no_match("dns", "DNS:*.example.com")
        self.assert_no_match("dns", "DNS:.example.com")
        self.assert_no_match("dns", "DNS:example.com")

    def test_only_the_registered_field_counts(self):
        """8705-2.1-3, 8705-2.1.2-3 to 2.1.2-6, CVE-2022-21656: the value in another type or in the subject does not rescue."""
        self.assert_no_match("dns", subject=("CN=Client.Example.COM",))
        self.assert_no_match("dns", "URI:Client.Example.COM", "email:a@Client.Example.COM")
        self.assert_no_match("uri", "DNS:client.example")
        self.assert_no_match("ip4", "DNS:10.0.0.1", subject=("CN=10.0.0.1",))
        self.assert_no_match("email", subject=("CN=x", "emailAddress=Ops@Example.com"))
        self.assert_no_match("email", "DNS:Example.com", "URI:mailto:Ops@Example.com")

    def test_other_names_do_no_harm(self):
        """8705-2.1-4: one of five is the registered one."""
        self.assert_match("dns", "DNS:a.example", "URI:https://x.example/", "IP:192.0.2.1", "DNS:client.example.com", "email:a@b.example")

    def test_uri(self):
        """8705-2.1.2-4, DN-16: RFC 3986 normalisation, then case counts."""
        self.assert_match("uri", "URI:https://client.example/~a/b")
        self.assert_match("uri", "URI:HTTPS://Client.Example:443/%7Ea/./b")
        self.assert_no_match("uri", "URI:https://client.example/~A/b")
        self.assert_no_match("uri", "URI:https://client.example/~a/b/")
        self.assert_no_match("uri", "URI:https://client.example/~a/b?x")

    def test_ip(self):
        """8705-2.1.2-5, DN-18, V-IP: octets; four are never sixteen."""
        self.assert_match("ip4", "IP:10.0.0.1")
        self.assert_no_match("ip4", "IP:10.0.0.2")
        self.assert_no_match("ip4", "IP:::ffff:10.0.0.1")
        self.assert_match("ip6", "IP:2001:db8::1")
        self.assert_no_match("ip6", "IP:2001:db8::2")

    def test_email(self):
        """8705-2.1.2-6, DN-17: local part exact, domain without regard to case."""
        self.assert_match("email", "email:Ops@EXAMPLE.COM")
        self.assert_no_match("email", "email:ops@example.com")

    def test_a_star_is_a_literal(self):
        """8705-7.5-1, D14, product.md section 5 rule 3."""
        self.assert_match("star", "DNS:*.partner.example")
        self.assert_no_match("star", "DNS:a.partner.example")

    def test_an_empty_subject_with_a_uri(self):
        """apache/pulsar 4696, keycloak 49833: certificates without a subject (SPIFFE) match by SAN."""
        cert = self.pki.leaf(issuer=self.partner_ca, san=["URI:spiffe://partner.example/etl"])
        self.assert_granted(self.token(cert, "spiffe"), cert)

    def test_a_wrong_subject(self):
        """8705-2-5: a valid chain, another subject."""
        self.assert_refused_because(self.token(self.cert(), "etl"), "subject_mismatch")

    def test_a_swapped_order_is_named(self):
        """DN-1, D7, jans 116: refused, and the log says that only the order differs."""
        cert = self.pki.leaf("CN=etl-01", "O=Partner Corp", "C=GB", issuer=self.partner_ca)
        self.assert_refused_because(self.token(cert), "subject_order_differs")


if __name__ == "__main__":
    unittest.main()
