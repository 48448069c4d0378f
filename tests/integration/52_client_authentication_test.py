"""Client authentication in general: RFC 8705 section 2 (conformance.md section 1.1)."""

import base64
import unittest
import urllib.parse

from support.cases import ETL_SUBJECT, TOKEN, DaemonCase, grant, self_signed_client
from support.client import form_request

SECRET = {"client_secret": "s3cret"}
ASSERTION = {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion": "e30.e30.e30"}


class Identity(DaemonCase):
    @classmethod
    def configure(cls, config):
        cls.own = cls.pki.leaf("CN=batch")
        config["clients"].append(self_signed_client("batch", certificates=[cls.own.certificate]))

    def test_a_certificate_in_a_header_is_none(self):
        """8705-2-1, CVE-2024-10039, keycloak 17059: only the connection's own handshake counts, whatever the headers say."""
        pem = self.etl.leaf_pem()
        der = base64.b64encode(self.etl.der()).decode()
        headers = {
            "Client-Cert": f":{der}:",
            "Client_Cert": f":{der}:",
            "X-SSL-Cert": urllib.parse.quote(pem),
            "X-SSL-Client-Cert": urllib.parse.quote(pem),
            "X-Forwarded-Client-Cert": f'Hash={self.etl.x5t()};Cert="{urllib.parse.quote(pem)}";Subject="CN=etl-01"',
            "X-Client-Cert": der,
            "X-Amzn-Mtls-Clientcert": urllib.parse.quote(pem),
            "X-ARR-ClientCert": der,
        }
        for name, value in headers.items():
            with self.subTest(name=name):
                self.assert_refused(self.token(headers=[f"{name}: {value}"]))
        everything = [f"{name}: {value}" for name, value in headers.items()]
        self.assert_refused(self.token(headers=everything))
        self.assert_refused(self.token(self.own, headers=everything))

    def test_a_header_does_not_change_what_is_bound(self):
        """WSO2's two sources: the certificate that authenticates is the one that binds."""
        der = base64.b64encode(self.own.der()).decode()
        self.assert_granted(self.token(self.etl, headers=[f"Client-Cert: :{der}:"]), self.etl)

    def test_the_client_id_decides(self):
        """8705-2-2, 8705-2-3, uaa 3972: no scan of certificates, and no other client's certificate."""
        response = self.curl(TOKEN, cert=self.etl, form={"grant_type": "client_credentials"})
        self.assert_error(response, ("invalid_request", "invalid_client"))
        self.assert_refused_because(self.token(self.etl, "batch"), "certificate_not_registered")
        self.assert_refused_because(self.token(self.own, "etl"), "anchor_not_for_client", "issuer_missing")
        self.assert_granted(self.token(self.own, "batch"), self.own)

    def test_client_ids_are_compared_octet_by_octet(self):
        """9068-5-1."""
        for client_id in ("ETL", "etl ", " etl", "et", "etl\u0000", "etl\u200b", "*", "%", "e_l", "' OR '1'='1"):
            with self.subTest(client_id=client_id):
                response = self.token(self.etl, client_id)
                self.assert_error(response, ("invalid_client", "invalid_request"))
        self.assert_error(self.token(self.etl, "a" * 5000), "invalid_client")

    def test_no_certificate_at_all(self):
        """8705-2-4: an OAuth error, not an alert and not HTML."""
        self.assert_refused_because(self.token(), "certificate_missing")

    def test_the_answers_do_not_tell_why(self):
        """8705-2-6: unknown client, no certificate, wrong certificate, wrong subject: the same but for the request id."""
        wrong_subject = self.pki.leaf("CN=other", issuer=self.partner_ca)
        stranger = self.pki.leaf(*ETL_SUBJECT)
        answers = [
            self.token(cert, client_id)
            for client_id, cert in (("nobody", None), ("nobody", self.etl), ("etl", None), ("etl", stranger), ("etl", wrong_subject),
                                    ("batch", None), ("batch", self.etl))  # fmt: skip
        ]
        shapes = set()
        for response in answers:
            request_id = self.assert_refused(response)
            names = tuple(sorted((name.lower(), value) for name, value in response.headers if name.lower() not in ("date", "x-request-id")))
            shapes.add((response.status, response.body.replace(request_id.encode(), b""), names))
        self.assertEqual(len(shapes), 1, shapes)

    def test_nothing_of_the_registration_is_echoed(self):
        """8705-2-6: the expected name is nobody's business."""
        body = self.token(self.pki.leaf("CN=other", issuer=self.partner_ca)).body.decode()
        for word in ("etl-01", "Partner", "CN=", "anchor", "partner"):
            self.assertNotIn(word, body)


class OtherMethods(DaemonCase):
    def test_no_fallback(self):
        """8705-2-7: a client of mutual TLS cannot use a secret or an assertion instead."""
        self.assert_refused(self.token(**SECRET))
        self.assert_refused(self.token(**ASSERTION))
        basic = base64.b64encode(b"etl:s3cret").decode()
        self.assert_error(self.token(headers=[f"Authorization: Basic {basic}"]), "invalid_client", 401)

    def test_no_second_credential(self):
        """8705-2-10, 6749-2.3-1: one method for each request."""
        for extra in (SECRET, ASSERTION):
            self.assert_error(self.token(self.etl, **extra), "invalid_request")
        basic = base64.b64encode(b"etl:s3cret").decode()
        response = self.token(self.etl, headers=[f"Authorization: Basic {basic}"])
        self.assert_error(response, "invalid_request")

    def test_secrets_that_were_sent_are_not_kept(self):
        """SRV-8: neither the log nor the audit record repeats a credential."""
        self.token(self.etl, client_secret="sEcReT-vAlUe-1")
        self.token(self.etl, headers=["Authorization: Basic c0VjUmVULXZBbFVlLTI="])
        self.token(self.etl, client_assertion="sEcReT-vAlUe-3", client_assertion_type="x")
        with open(self.daemon.audit_path(), encoding="utf-8") as file:
            kept = file.read() + self.daemon.log.text()
        for word in ("sEcReT-vAlUe-1", "c0VjUmVULXZBbFVlLTI", "sEcReT-vAlUe-2", "sEcReT-vAlUe-3"):
            self.assertNotIn(word, kept)


class Connections(DaemonCase):
    def test_each_request_is_judged_by_itself(self):
        """8705-2-11: on one connection, in any order."""
        connection = self.tls(self.etl)
        for client_id in ("etl", "nobody", "etl", "", "etl"):
            connection.send(form_request(grant(client_id)))
            response = connection.receive()
            if client_id == "etl":
                self.assert_granted(response, self.etl)
            else:
                self.assert_error(response, ("invalid_client", "invalid_request"))

    def test_connections_do_not_mix(self):
        """A token is bound to the certificate of its own connection, also where requests of two cross each other."""
        other = self.pki.leaf(*ETL_SUBJECT, issuer=self.partner_ca)
        first, second, none = self.tls(self.etl), self.tls(other), self.tls()
        octets = form_request(grant())
        for _ in range(10):
            for connection in (first, second, none):
                connection.send(octets[:40])
            for connection in (none, second, first):
                connection.send(octets[40:])
            self.assert_granted(first.receive(), self.etl)
            self.assert_refused(none.receive())
            self.assert_granted(second.receive(), other)


if __name__ == "__main__":
    unittest.main()
