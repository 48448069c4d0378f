"""Log, metrics and audit record (product.md section 7; conformance.md SRV-8 and SRV-10)."""

import json
import os
import re
import subprocess
import unittest

from support import tokens
from support.cases import API, ETL_SUBJECT, TOKEN, DaemonCase, OwnDaemonCase, PkiCase, flat, grant
from support.client import form_request
from support.daemon import BINARY, PATIENCE

HOSTILE = ('"', "\\", "\n", "\r\n", "\u2028", "\x1b[31m", "', '1');--", "${ENV}", "{}", "%s%n", '","reason":"none', "\ud7ff", "</script>")


class Audit(DaemonCase):
    def test_a_grant(self):
        """product.md section 7: who got which token with which certificate, without the token."""
        response = self.token(self.etl, scope="orders.read")
        token = response.json()["access_token"]
        _, claims, signature = tokens.decode(token)
        record = self.daemon.audit_record(response.header("X-Request-Id"))
        values = list(flat(record))
        for value in ("etl", self.etl.x5t(), "tls_client_auth", "client_credentials", claims["jti"], API, "orders.read", "x5t#S256", "Bearer"):
            self.assertIn(value, values)
        self.assertIn("granted", values)
        text = json.dumps(record)
        self.assertIn("CN=etl-01", text)
        self.assertIn("Partner Root", text)
        self.assertRegex(text, r"127\.0\.0\.1:%d\b" % self.daemon.port)
        self.assertRegex(record["time"], r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
        self.assertNotIn(token.split(".")[2], text)

    def test_a_refusal(self):
        """With a stable reason code, and the certificate that was presented."""
        stranger = self.pki.leaf(*ETL_SUBJECT, serial=0xC0FFEE)
        request_id = self.assert_refused(self.token(stranger))
        record = self.daemon.audit_record(request_id)
        values = list(flat(record))
        self.assertIn(stranger.x5t(), values)
        self.assertIn("refused", values)
        self.assertIn("c0ffee", json.dumps(record).lower())
        self.assertNotIn("jti", record)
        self.assertIn(self.reason_of(request_id), values)

    def test_every_decision_has_one(self):
        """Granted or refused, malformed or not: the number of records is the number of token requests."""
        before = len(self.daemon.audit_records())
        self.token(self.etl)
        self.token()
        self.token(self.etl, "nobody")
        self.token(self.etl, scope="nonsense")
        self.curl(TOKEN, cert=self.etl, data=b"%zz")
        self.assertEqual(len(self.daemon.audit_records()) - before, 5)

    def test_it_is_there_before_the_answer(self):
        """architecture.md section 4: the record leaves before the response."""
        connection = self.tls(self.etl)
        for _ in range(50):
            connection.send(form_request(grant()))
            _, claims, _ = tokens.decode(connection.receive().json()["access_token"])
            self.assertEqual(self.daemon.audit_records()[-1]["jti"], claims["jti"])


class Secrets(OwnDaemonCase):
    def test_no_token_in_the_log_or_the_audit_record(self):
        """SRV-8: with the log at debug; client id and thumbprint of the granted ones are in the record."""
        daemon, curl = self.start()
        issued = [curl(TOKEN, cert=self.etl, form=grant()).json()["access_token"] for _ in range(5)]
        with open(self.etl.key, encoding="ascii") as file:
            key_lines = [line for line in file.read().splitlines() if not line.startswith("-")]
        with open(daemon.audit_path(), encoding="utf-8") as file:
            audit = file.read()
        daemon.stop()
        for kept in (daemon.log.text(), audit):
            for token in issued:
                for part in token.split(".")[1:]:
                    self.assertNotIn(part, kept)
            self.assertNotIn("PRIVATE KEY", kept)
            self.assertNotRegex(kept, r"eyJ[A-Za-z0-9_-]{20,}\.eyJ")
            for line in key_lines:
                self.assertNotIn(line, kept)
        self.assertIn(self.etl.x5t(), audit)


class Injection(DaemonCase):
    def test_strings_come_back_inert(self):
        """SRV-10: through client_id, scope, resource and the subject, into log, audit record and answer."""
        for value in HOSTILE:
            for form in (grant("a" + value), grant(scope="a" + value), grant(resource="https://a" + value), {**grant(), "grant_type": "a" + value}):
                with self.subTest(value=value):
                    request_id = self.assert_error(
                        self.curl(TOKEN, cert=self.etl, form=form),
                        ("invalid_client", "invalid_scope", "invalid_target", "invalid_request", "unsupported_grant_type"),
                    )
                    self.daemon.audit_record(request_id)  # parses every line of the file
        for line in self.daemon.log.text().splitlines():
            self.assertIsInstance(json.loads(line), dict)
            self.assertIsNone(re.search(r"[\x00-\x1f\x7f]", line))
        self.assert_granted(self.token(self.etl), self.etl)

    def test_a_hostile_subject(self):
        """architecture.md section 1: a DN with a quote and a line end forges no line."""
        placeholder = self.pki.leaf("CN=a@@b\",\"reason\":\"none\"}", issuer=self.partner_ca)
        cert = self.pki.patched(placeholder, b"a@@b", b"a\r\nb")
        request_id = self.assert_refused(self.token(cert))
        self.assertIn(self.reason_of(request_id), ("subject_mismatch", "certificate_unusable"))
        self.daemon.audit_record(request_id)
        for line in self.daemon.log.text().splitlines():
            json.loads(line)


class Metrics(DaemonCase):
    def change(self, action):
        before = self.curl.metrics()
        action()
        after = self.curl.metrics()
        return {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)}

    def test_tokens_and_refusals_are_counted(self):
        """Issue 2, 9: tokens, refusals by reason."""
        changed = self.change(lambda: [self.token(self.etl) for _ in range(3)])
        self.assertEqual(changed[("certbound_tokens_issued_total", frozenset())], 3)
        changed = self.change(self.token)
        self.assertEqual(changed[("certbound_refusals_total", frozenset({("reason", "certificate_missing")}))], 1)
        self.assertNotIn(("certbound_tokens_issued_total", frozenset()), changed)

    def test_latencies_handshakes_and_connections(self):
        """Issue 2, 9."""
        changed = self.change(lambda: [self.token(self.etl) for _ in range(4)])
        names = {name: value for (name, labels), value in changed.items() if not any(label == "le" for label, _ in labels)}
        self.assertEqual(names["certbound_token_duration_seconds_count"], 4)
        handshakes = [value for name, value in names.items() if "handshake" in name]
        self.assertIn(4, handshakes)
        self.assertTrue(any("connections" in name for name in names), names)

    def test_the_state_of_certificates_and_configuration(self):
        """Issue 2, 9; keycloak 51680: expiry of what is configured, and the generation of the configuration."""
        metrics = self.curl.metrics()
        expiry = int(self.pki_not_after(self.server))
        near = [key for key, value in metrics.items() if abs(value - expiry) <= 1]
        self.assertTrue(near, "no metric tells when the server certificate expires")
        generation = {key: value for key, value in metrics.items() if "config" in key[0] or "reload" in key[0] or "generation" in key[0]}
        self.assertTrue(generation, sorted({name for name, _ in metrics}))

    def pki_not_after(self, cert):
        import ssl

        from support.pki import openssl

        text = openssl("x509", "-in", cert.certificate, "-noout", "-enddate").decode().strip().split("=", 1)[1]
        return ssl.cert_time_to_seconds(text)

    def test_no_value_of_a_clients_choice_is_a_label(self):
        """The number of series is bounded."""
        before = len(self.curl.metrics())
        for number in range(20):
            self.token(self.etl, f"nobody-{number}")
            self.curl(f"/path-{number}")
        text = self.curl.operations("/metrics").body.decode()
        self.assertNotIn("nobody-", text)
        self.assertNotIn("path-", text)
        self.assertLessEqual(len(self.curl.metrics()) - before, 4)


class BlockedLog(PkiCase):
    def test_it_ends_with_its_status_though_nobody_reads_the_log(self):
        """A terminal that was stopped, a pipe whose reader hangs: the supervisor still learns how it ended."""
        config = self.base_config()
        config["state_dir"] = os.path.join(self.pki.write("no-directory", ""), "state")
        path = self.pki.write("certbound.yaml", json.dumps(config))
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        os.set_blocking(writer, False)
        try:
            while True:
                os.write(writer, b"x" * 4096)
        except BlockingIOError:
            os.set_blocking(writer, True)
        process = subprocess.Popen([BINARY, "serve", "--config", path], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=writer)
        self.addCleanup(process.kill)
        os.close(writer)
        self.assertEqual(process.wait(20 * PATIENCE), 3)


if __name__ == "__main__":
    unittest.main()
