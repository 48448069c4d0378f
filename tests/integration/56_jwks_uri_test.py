"""jwks_uri of self-signed clients: product.md section 5 rule 5, conformance.md 8705-2.2-5, 8705-2.2-6, JOSE-20."""

import base64
import json
import os
import time
import unittest

from support.cases import TOKEN, OwnDaemonCase, grant, self_signed_client
from support.client import Curl, form_request
from support.daemon import eventually, run
from support.origin import Origin, drip, flood, free_port, hang, serve, status

KEYS = "/jwks.json"


class JwksUri(OwnDaemonCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first, cls.second, cls.third = (cls.pki.leaf("CN=batch") for _ in range(3))

    def setUp(self):
        self.origin = Origin(self.pki.server(self.server_ca))
        self.addCleanup(self.origin.stop)

    def with_x5c(self, cert):
        return {**self.pki.jwk(cert), "x5c": [base64.b64encode(cert.der()).decode()]}

    def jwks(self, *certs, bare=False):
        return json.dumps({"keys": [self.pki.jwk(cert) if bare else self.with_x5c(cert) for cert in certs]}).encode()

    def config(self, *, allow=True, ca=True, url=None, of=None):
        """`of`: a daemon that is to be reloaded with it."""
        config = self.base_config()
        if of is not None:
            config["state_dir"] = of.config["state_dir"]
        config["fetch"] = {}
        if allow:
            config["fetch"]["allow"] = [f"127.0.0.1:{self.origin.port}"]
        if ca:
            config["fetch"]["ca_file"] = self.server_ca.certificate
        config["clients"].append(self_signed_client("batch", jwks_uri=url or self.origin.url(KEYS)))
        return config

    def ask(self, curl, cert):
        return curl(TOKEN, cert=cert, form=grant("batch"))

    def assert_reason(self, daemon, response, reason):
        request_id = self.assert_refused(response)
        event = daemon.log.wait("client_refused", request_id=request_id)
        self.assertEqual(event["reason"], reason, event)
        return event

    def start_with(self, *certs, **options):
        self.origin.answers[KEYS] = serve(self.jwks(*certs), etag='"1"')
        daemon, curl = self.start(self.config(**options))
        daemon.log.wait("jwks_fetched", client_id="batch")
        return daemon, curl

    def client_show(self, daemon):
        done = run("client", "show", "batch", "--config", daemon.config_path, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_certificates_and_keys(self):
        """x5c stands for that certificate, a bare key for every certificate with it; a weak key costs nobody the others."""
        again = self.pki.leaf("CN=batch", key=self.second.key)
        weak = {"kty": "RSA", "n": "AQAB" * 32, "e": "AQAB"}
        keys = [self.with_x5c(self.first), weak, self.pki.jwk(self.second)]
        self.origin.answers[KEYS] = serve(json.dumps({"keys": keys}).encode(), "application/jwk-set+json; charset=utf-8")
        daemon, curl = self.start(self.config())
        daemon.log.wait("jwks_fetched", client_id="batch", certificates=1, keys=1)
        self.assertIn("keys[1]", daemon.log.wait("jwk_skipped", client_id="batch")["detail"])
        for cert in (self.first, self.second, again):
            self.assert_granted(self.ask(curl, cert), cert)
        self.assert_reason(daemon, self.ask(curl, self.third), "certificate_not_registered")
        shown = self.client_show(daemon)
        self.assertEqual(shown["jwks_uri"], self.origin.url(KEYS))
        self.assertEqual((shown["jwks"]["certificates"], shown["jwks"]["keys"]), (1, 1))
        daemon.stop()

    def test_rotation_works_at_the_first_try(self):
        """8705-2.2-5: also for several that come at once; the old certificate is out as soon as the new set is in."""
        daemon, curl = self.start_with(self.first)
        self.assert_granted(self.ask(curl, self.first), self.first)
        self.origin.answers[KEYS] = serve(self.jwks(self.second), etag='"2"')
        before = self.origin.count(KEYS)
        connections = [self.tls(daemon, self.second) for _ in range(8)]
        for connection in connections:
            connection.send(form_request(grant("batch")))
        begin = time.monotonic()
        for connection in connections:
            self.assert_granted(connection.receive(), self.second)
        print(f"from the first request with a new certificate to the last token: {time.monotonic() - begin:.3f} s")
        self.assertEqual(self.origin.count(KEYS), before + 1)
        self.assert_reason(daemon, self.ask(curl, self.first), "certificate_not_registered")
        daemon.stop()

    def test_strangers_cannot_make_the_server_ask(self):
        """One fetch for many unknown certificates, and the others are refused without waiting for anything."""
        daemon, curl = self.start_with(self.first)
        before = self.origin.count(KEYS)
        for _ in range(5):
            self.assert_reason(daemon, self.ask(curl, self.third), "certificate_not_registered")
        self.assertEqual(self.origin.count(KEYS), before + 1)
        # Of another method, of nobody: no fetch either.
        self.assert_refused(curl(TOKEN, cert=self.third, form=grant("etl")))
        self.assert_refused(curl(TOKEN, cert=self.third, form=grant("nobody")))
        self.assertEqual(self.origin.count(KEYS), before + 1)
        daemon.stop()

    def test_a_start_while_the_endpoint_is_down(self):
        """What was fetched last serves after a restart, until the URI changes."""
        daemon, _ = self.start_with(self.first)
        copies = os.path.join(daemon.state_dir, "fetched")
        names = eventually_listed(copies, 2)
        for name in names:
            self.assertEqual(os.stat(os.path.join(copies, name)).st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(copies).st_mode & 0o777, 0o700)
        daemon.stop()
        self.origin.stop()
        daemon.start()
        curl = Curl(daemon, self.server_ca)
        self.assert_granted(self.ask(curl, self.first), self.first)
        daemon.log.wait("fetch_failed", reason="connect_failed")
        eventually(lambda: self.client_show(daemon)["jwks"].get("failures", 0) > 0, what="a failure in client show")
        shown = self.client_show(daemon)["jwks"]
        self.assertEqual(shown["last_failure"]["reason"], "connect_failed")
        self.assertEqual(shown["certificates"], 1)
        # Another URI: the copy of the old one is worth nothing.
        daemon.reload(self.config(url=self.origin.url("/other.json"), of=daemon))
        self.assert_reason(daemon, self.ask(curl, self.first), "certificate_not_registered")
        eventually(lambda: not set(names) & set(os.listdir(copies)), what="the end of the old copy")
        daemon.stop()

    def test_never_fetched(self):
        """8705-2.2-6: refused, not a server error; and served as soon as the endpoint is there."""
        self.origin.stop()
        daemon, curl = self.start(self.config())
        begin = time.monotonic()
        event = self.assert_reason(daemon, self.ask(curl, self.first), "certificate_not_registered")
        self.assertIn("nothing has been fetched", event["detail"])
        self.assertLess(time.monotonic() - begin, 10)
        self.origin.answers[KEYS] = serve(self.jwks(self.first))
        self.origin.start()
        eventually(lambda: self.ask(curl, self.first).status == 200, within=30, what="the keys")
        daemon.stop()

    def test_hostile_answers_keep_the_last_good(self):
        """Each is a reason of its own; the daemon keeps serving, and the keys that it had stay."""
        daemon, curl = self.start_with(self.first)
        private = {**self.with_x5c(self.second), "d": "AAAA"}
        hostile = {
            "redirected": status(302, Location=self.origin.url("/elsewhere")),
            "status": status(500),
            "content_type": serve(self.jwks(self.second), "text/html"),
            "body_too_large": flood("application/json"),
            "rejected": serve(b"{}"),
        }
        self.origin.answers["/elsewhere"] = serve(self.jwks(self.second))
        for reason, answer in hostile.items():
            with self.subTest(reason):
                self.origin.answers[KEYS] = answer
                daemon.stop()
                daemon.start()
                if reason == "rejected":
                    daemon.log.wait("fetch_rejected")
                else:
                    daemon.log.wait("fetch_failed", reason=reason)
                self.assert_granted(self.ask(curl, self.first), self.first)
        unknown = {"kty": "AKP", "pub": "AA"}
        for body in (json.dumps({"keys": [unknown]}).encode(), json.dumps({"keys": [private]}).encode(), b"[" * 5000):
            self.origin.answers[KEYS] = serve(body)
            daemon.stop()
            daemon.start()
            daemon.log.wait("fetch_rejected")
            self.assert_granted(self.ask(curl, self.first), self.first)
        self.assertEqual(self.origin.count("/elsewhere"), 0)
        self.assertLess(daemon.resident_kib(), 200 << 10)
        daemon.stop()

    def test_an_empty_set_withdraws_all(self):
        daemon, curl = self.start_with(self.first)
        self.assert_granted(self.ask(curl, self.first), self.first)
        self.origin.answers[KEYS] = serve(json.dumps({"keys": []}).encode())
        daemon.stop()
        daemon.start()
        daemon.log.wait("jwks_fetched", client_id="batch", certificates=0, keys=0)
        self.assert_reason(daemon, self.ask(curl, self.first), "certificate_not_registered")
        daemon.stop()

    def test_silence_costs_a_request_no_more_than_its_deadline(self):
        """A server that hangs, or drips: whoever needs newer keys is refused after three seconds, all others at once."""
        for answer in (hang, drip):
            daemon, curl = self.start_with(self.first)
            self.origin.answers[KEYS] = answer
            waiting = self.tls(daemon, self.third)
            begin = time.monotonic()
            waiting.send(form_request(grant("batch")))
            self.origin.wait_asked(KEYS, 2)
            self.assert_granted(self.ask(curl, self.first), self.first)
            self.assert_granted(curl(TOKEN, cert=self.etl, form=grant("etl")), self.etl)
            self.assertLess(time.monotonic() - begin, 2.5)
            self.assert_reason(daemon, waiting.receive(), "certificate_not_registered")
            self.assertLess(time.monotonic() - begin, 8)
            daemon.stop()
            self.origin.asked.clear()

    def test_where_it_may_go(self):
        """JOSE-20: no private address unless listed, no server that a CA of ours does not vouch for."""
        other = Origin(self.pki.server(self.server_ca, names=("DNS:elsewhere.example",)))
        self.addCleanup(other.stop)
        for reason, origin, config in (
            ("address_refused", self.origin, self.config(allow=False)),
            ("certificate_untrusted", self.origin, self.config(ca=False)),
            ("certificate_name", other, self.config_of(other)),
        ):
            with self.subTest(reason):
                origin.answers[KEYS] = serve(self.jwks(self.first))
                daemon, curl = self.start(config)
                daemon.log.wait("fetch_failed", reason=reason)
                self.assertEqual(origin.asked, [])
                self.assertEqual(curl.metrics()[("certbound_fetch_failures_total", frozenset({("reason", reason)}))] > 0, True)
                self.assert_reason(daemon, self.ask(curl, self.first), "certificate_not_registered")
                daemon.stop()

    def config_of(self, origin):
        config = self.config(url=origin.url(KEYS))
        config["fetch"]["allow"] = ["127.0.0.1"]
        return config

    def test_reload(self):
        """Another URI, another list of hosts, a client that goes: each counts at once."""
        self.origin.answers["/b.json"] = serve(self.jwks(self.second))
        daemon, curl = self.start_with(self.first)
        daemon.reload(self.config(url=self.origin.url("/b.json"), of=daemon))
        eventually(lambda: self.ask(curl, self.second).status == 200, what="the keys of the new URI")
        self.assert_reason(daemon, self.ask(curl, self.first), "certificate_not_registered")
        gone = self.config(of=daemon)
        gone["clients"].pop()
        daemon.reload(gone)
        self.assert_reason(daemon, self.ask(curl, self.second), "client_unknown")
        eventually(lambda: os.listdir(os.path.join(daemon.state_dir, "fetched")) == [], what="the end of the copies")
        self.assertNotIn("certbound_fetch_last_good_timestamp_seconds", {name for name, _ in curl.metrics()})
        daemon.stop()

    def test_client_explain(self):
        """The copy that the server keeps, judged by the function that the server has, with its age."""
        daemon, _ = self.start_with(self.first)
        for cert, code in ((self.first, 0), (self.second, 1)):
            done = run("client", "explain", "batch", "--cert", cert.certificate, "--config", daemon.config_path)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            self.assertIn("fetched or confirmed", done.stdout)
            self.assertIn(self.first.x5t(), done.stdout)
        daemon.stop()

    def test_one_certificate_of_two_clients(self):
        """product.md section 5 rule 7."""
        self.origin.answers[KEYS] = serve(self.jwks(self.first))
        config = self.config()
        config["clients"].append(self_signed_client("twin", jwks_uri=self.origin.url(KEYS)))
        daemon, curl = self.start(config)
        event = daemon.log.wait("jwks_shares_credential")
        self.assertEqual({event["client_id"], event["other_client_id"]}, {"batch", "twin"})
        self.assertEqual(curl.metrics()[("certbound_jwks_shared_credentials_total", frozenset())], 1)
        daemon.stop()

    def test_a_declared_certificate_that_another_client_publishes(self):
        """product.md section 5 rule 7; told again by a reload that declares it, though nothing new was fetched."""
        self.origin.answers[KEYS] = serve(self.jwks(self.first))
        config = self.config()
        config["clients"].append(self_signed_client("declared", certificates=[self.first.certificate]))
        daemon, curl = self.start(config)
        event = daemon.log.wait("jwks_shares_credential")
        self.assertEqual((event["client_id"], event["other_client_id"]), ("batch", "declared"))
        without = self.config(of=daemon)
        mark = daemon.log.mark()
        daemon.reload(without)
        self.assertEqual(daemon.log.events("jwks_shares_credential", after=mark), [])
        daemon.reload({**config, "state_dir": daemon.config["state_dir"]})
        daemon.log.wait("jwks_shares_credential", after=mark)
        self.assertEqual(curl.metrics()[("certbound_jwks_shared_credentials_total", frozenset())], 2)
        daemon.stop()

    def test_check_does_not_fetch(self):
        daemon = self.make_daemon(self.config())
        done = run("check", "--config", daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the running server fetches", done.stdout)
        self.assertEqual(self.origin.asked, [])

    def test_plain_http_is_an_error(self):
        daemon = self.make_daemon(self.config(url=f"http://127.0.0.1:{free_port()}/jwks.json"))
        done = run("check", "--config", daemon.config_path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("the URL is not https", done.stderr)


def eventually_listed(folder, count):
    eventually(lambda: len([name for name in os.listdir(folder) if not name.endswith(".tmp")]) >= count, what="the kept copies")
    return os.listdir(folder)


if __name__ == "__main__":
    unittest.main()
