"""Chains that an attacker makes: each refused, each for less than 100 ms of the server's CPU (lessons.md section 3, CVE-2026-32280)."""

import json
import ssl
import unittest

from support.cases import ETL_DN, ETL_SUBJECT, TOKEN, DaemonCase, OwnDaemonCase, grant, pki_client
from support.client import form_request
from support.daemon import PATIENCE, run

MOST_CPU_SECONDS = 0.1 * PATIENCE
ATTEMPTS = 3
CA = [("basicConstraints", "critical,CA:TRUE"), ("keyUsage", "critical,keyCertSign,cRLSign")]
POLICY = "1.3.6.1.4.1.55555"


class Hostile(DaemonCase):
    @classmethod
    def configure(cls, config):
        cls.shared_key = cls.pki.key()
        deep = [cls.partner_ca]
        for number in range(100):
            deep.append(cls.pki.ca(f"CN=Deep {number}", issuer=deep[-1], key=cls.shared_key))
        cls.deep = deep[1:]
        cls.deep_leaf = cls.pki.leaf(*ETL_SUBJECT, issuer=deep[-1])
        config["trust_stores"]["deep"] = {
            "anchors": [cls.partner_ca.certificate],
            "intermediates": [certificate.certificate for certificate in cls.deep],
        }
        config["clients"].append(pki_client("deep", trust_store="deep", tls_client_auth_subject_dn=ETL_DN))

    def sub(self, *extensions, subject="CN=Hostile Sub", issuer=None):
        return self.pki.issue(subject, issuer=issuer or self.partner_ca, extensions=[*CA, *extensions])

    def leaf(self, issuer, *extra, **options):
        return self.pki.leaf(*ETL_SUBJECT, issuer=issuer, extra=extra, **options)

    def measure(self, what, attempt):
        """Runs `attempt` some times, says what one cost the server, and holds it to the bound; then others are served as before."""
        self.assert_granted(self.token(self.etl), self.etl)
        before = self.daemon.cpu_seconds()
        for _ in range(ATTEMPTS):
            attempt()
        each = (self.daemon.cpu_seconds() - before) / ATTEMPTS
        print(f"{what}: {each * 1000:.1f} ms of CPU")
        self.assertLess(each, MOST_CPU_SECONDS, what)
        self.assert_granted(self.token(self.etl), self.etl)

    def assert_chain_refused(self, what, cert, reason, client_id="etl"):
        """By the token endpoint, with its reason in the log and the audit record."""

        def attempt():
            connection = self.tls(cert)
            connection.send(form_request(grant(client_id)))
            self.assert_refused_because(connection.receive(), reason)

        self.measure(f"{what}, {reason}", attempt)

    def assert_handshake_refused(self, what, cert):
        """Before anybody asks for a token; the log has it."""

        def attempt():
            mark = self.daemon.log.mark()
            with self.assertRaises((ssl.SSLError, ConnectionError)):
                connection = self.tls(cert)
                connection.send(form_request(grant()))
                # TLS 1.3: the client is done before the server has looked at its certificate.
                if connection.receive() is None:
                    raise ConnectionError
            self.daemon.log.wait("handshake_failed", after=mark)

        self.measure(f"{what}, handshake refused", attempt)

    def test_name_constraints(self):
        sub = self.pki.ca("CN=Constrained", issuer=self.partner_ca, name_constraints="permitted;DNS:partner.example")
        outside = self.leaf(sub, san=["DNS:other.example"])
        self.assert_chain_refused("name constraints", outside.with_chain(sub), "name_constraints_violated")

    def test_many_names_under_many_constraints(self):
        """The work is their product; both fill what a peer may send."""
        names = ",".join(f"excluded;DNS:{number:03}.x" for number in range(700))
        sub = self.sub(("nameConstraints", "critical," + names))
        many = self.leaf(sub, san=["DNS:inside.example", *(f"DNS:{number:03}.y" for number in range(900)), "DNS:a.699.x"])
        chain = many.with_chain(sub)
        self.assertLess(len(many.der()) + len(sub.der()), 32 * 1024)
        self.assert_chain_refused("900 names under 700 constraints", chain, "name_constraints_violated")

    def test_path_length(self):
        short = self.pki.ca("CN=Short", issuer=self.partner_ca, pathlen=0)
        below = self.pki.ca("CN=Below", issuer=short)
        self.assert_chain_refused("path length", self.leaf(below).with_chain(below, short), "ca_invalid")

    def test_policies(self):
        """RFC 5280 section 4.2.1.11: a CA that demands a policy, and a leaf without."""
        sub = self.sub(("certificatePolicies", POLICY + ".1"), ("policyConstraints", "critical,requireExplicitPolicy:0"))
        self.assert_chain_refused("policy", self.leaf(sub).with_chain(sub), "chain_invalid")
        record = self.daemon.audit_records()[-2]  # the last is that of the grant behind it
        self.assertIn("no explicit policy", record["detail"])
        good = self.leaf(sub, ("certificatePolicies", POLICY + ".1"))
        self.assert_granted(self.token(good.with_chain(sub)), good)

    def test_policies_that_grow_with_every_level(self):
        """CVE-2023-0464: mappings that double the policy tree, again and again."""
        names = [f"{POLICY}.{number}" for number in range(24)]
        mappings = ",".join(f"{one}:{other}" for one in names for other in names)
        extensions = [("certificatePolicies", ",".join(names)), ("policyMappings", mappings)]
        chain = []
        issuer = self.partner_ca
        for number in range(2):
            issuer = self.sub(*extensions, ("policyConstraints", "critical,requireExplicitPolicy:0"),
                              subject=f"CN=Growing {number}", issuer=issuer)  # fmt: skip
            chain.insert(0, issuer)
        leaf = self.leaf(issuer, ("certificatePolicies", POLICY + ".99"))
        size = sum(len(certificate.der()) for certificate in (leaf, *chain))
        self.assertLess(size, 32 * 1024)
        self.assert_chain_refused(f"policies that grow, {size} octets", leaf.with_chain(*chain), "chain_invalid")

    def test_an_unknown_critical_extension(self):
        sub = self.sub(("1.2.3.4.5", "critical,ASN1:UTF8String:x"))
        self.assert_chain_refused("critical extension of a CA", self.leaf(sub).with_chain(sub), "unsupported_critical_extension")
        leaf = self.leaf(self.partner_ca, ("1.2.3.4.5", "critical,ASN1:UTF8String:x"))
        self.assert_chain_refused("critical extension of a leaf", leaf, "unsupported_critical_extension")

    def test_namesakes(self):
        """Every one of them could be the issuer, and none is."""
        true = self.sub(subject="CN=Namesake")
        others = [self.sub(subject="CN=Namesake", issuer=self.pki.ca("CN=Elsewhere")) for _ in range(5)]
        self.assert_chain_refused("five namesakes of the issuer", self.leaf(true).with_chain(*others), "issuer_missing")

    def test_a_hundred_deep(self):
        """Sent, it is larger than a peer may send; held by the trust store, deeper than a path may be."""
        sent = self.deep_leaf.with_chain(*reversed(self.deep))
        self.assert_handshake_refused("a chain of 101 that is sent", sent)
        self.assert_chain_refused("a chain of 101 that the store holds", self.deep_leaf, "chain_too_long", client_id="deep")

    def test_seven_certificates(self):
        """One more than a peer may send, and small enough."""
        self.assert_handshake_refused("seven certificates", self.etl.with_chain(*self.deep[:6]))

    def test_twenty_thousand_names(self):
        many = self.leaf(self.partner_ca, san=[f"DNS:{number:05}.example" for number in range(20_000)])
        self.assert_handshake_refused(f"20,000 names, {len(many.der())} octets", many)

    def test_a_megabyte(self):
        large = self.leaf(self.partner_ca, ("1.2.3.4.6", "DER:04830F4240" + "00" * 1_000_000))
        self.assertGreater(len(large.der()), 1_000_000)
        self.assert_handshake_refused("a certificate of 1 MB", large)
        chain = self.etl.with_chain(*(self.deep * 25))
        self.assert_handshake_refused("2,500 certificates", chain)


class Limits(OwnDaemonCase):
    def test_are_the_configurations_and_change_by_reload(self):
        """`limits.chain_*`: in the handshake, at the token endpoint and for `client explain`."""
        path = [self.partner_ca]
        for number in range(5):
            path.append(self.pki.ca(f"CN=Sub {number}", issuer=path[-1]))
        leaf = self.pki.leaf(*ETL_SUBJECT, issuer=path[-1])
        chain = leaf.with_chain(*reversed(path[1:]))  # six certificates, five of them between leaf and anchor
        config = self.base_config()
        daemon, curl = self.start(config)

        def ask(cert=chain):
            return curl(TOKEN, cert=cert, form=grant(), check=False)

        def explain():
            done = run("client", "explain", "etl", "--cert", chain.certificate, "--config", daemon.config_path, "--json")
            return json.loads(done.stdout)["reason"]

        def refused_reason():
            request_id = self.assert_refused(ask())
            return daemon.audit_record(request_id)["reason"]

        self.assertEqual((refused_reason(), explain()), ("chain_too_long", "chain_too_long"))
        limits = config["limits"]
        config["limits"] = {**limits, "chain_depth": 5}
        daemon.reload(config)
        self.assert_granted(ask(), leaf)
        self.assertEqual(explain(), "none")
        kept = self.tls(daemon, chain)
        kept.send(form_request(grant()))
        self.assert_granted(kept.receive(), leaf)

        config["limits"] = {**limits, "chain_depth": 5, "chain_certificates": 5}
        daemon.reload(config)
        self.assertNotEqual(ask().exit_code, 0)
        kept.send(form_request(grant()))
        self.assert_refused(kept.receive())  # what was remembered under the other limits has ended
        config["limits"] = {**limits, "chain_depth": 5, "chain_bytes": "4KiB"}
        daemon.reload(config)
        large = self.pki.leaf(*ETL_SUBJECT, issuer=self.partner_ca, extra=[("1.2.3.4.6", "DER:04821000" + "00" * 4096)])
        self.assertNotEqual(ask(large).exit_code, 0)
        config["limits"] = {**limits, "chain_bytes": "8KiB"}
        daemon.reload(config)
        self.assert_granted(ask(large), large)
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
