"""OCSP against the responder of the openssl program, and against responders that fail (product.md section 3, trust_stores.*.revocation.ocsp)."""

import contextlib
import datetime
import json
import os
import socket
import time
import unittest

from support import ocsp
from support.cases import ETL_SUBJECT, TOKEN, OwnDaemonCase, grant
from support.client import form_request
from support.daemon import eventually, run
from support.pki import DAY, now, openssl

HOUR = DAY / 24
MODES = ("soft_fail", "require")


class OcspCase(OwnDaemonCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.revoked = cls.pki.leaf(*ETL_SUBJECT, issuer=cls.partner_ca)
        cls.stranger = cls.pki.leaf(*ETL_SUBJECT, issuer=cls.partner_ca)
        cls.delegate = ocsp.signer(cls.pki, cls.partner_ca)

    def asking(self, mode, source, *, allow=("127.0.0.1",), **members):
        config = self.base_config()
        config["trust_stores"]["partner"]["revocation"] = {"mode": mode, "ocsp": source, **members}
        config["fetch"] = {"allow": list(allow)}
        return config

    def real(self, **options):
        responder = ocsp.OpensslResponder(self.partner_ca, good=[self.etl, self.delegate], revoked=[self.revoked], **options)
        self.addCleanup(responder.close)
        return responder

    def scripted(self, answer):
        responder = ocsp.ScriptedResponder(answer)
        self.addCleanup(responder.close)
        return responder

    def good(self, request, **options):
        return ocsp.answer_by_openssl(request, self.partner_ca, good=[self.etl], **options)

    def ask(self, curl, cert):
        return curl(TOKEN, cert=cert, form=grant())

    def assert_reason(self, daemon, response, reason):
        """Returns what the log says."""
        request_id = self.assert_refused(response)
        event = daemon.log.wait("client_refused", request_id=request_id)
        self.assertEqual(event["reason"], reason)
        self.assertEqual(daemon.audit_record(request_id)["reason"], reason)
        return event["detail"]

    def assert_unknown(self, mode, source, *words, cert=None, **options):
        """Nobody tells: `require` refuses and says these words, `soft_fail` accepts and says them; the second request asks
        nobody and waits for nobody. Returns the time that the first took."""
        daemon, curl = self.start(self.asking(mode, source, **options))
        cert = cert or self.etl
        began = time.monotonic()
        first = self.ask(curl, cert)
        lasted = time.monotonic() - began
        if mode == "require":
            detail = self.assert_reason(daemon, first, "revocation_unknown")
            asked, began = self.metric(curl, "certbound_ocsp_requests_total"), time.monotonic()
            self.assert_reason(daemon, self.ask(curl, cert), "revocation_unknown")
        else:
            self.assert_granted(first, cert)
            asked, began = self.metric(curl, "certbound_ocsp_requests_total"), time.monotonic()
            self.assert_granted(self.ask(curl, cert), cert)
            detail = daemon.log.wait("revocation_unknown", trust_store="partner")["detail"]
        self.assertLess(time.monotonic() - began, 2)
        self.assertEqual(self.metric(curl, "certbound_ocsp_requests_total"), asked)
        for word in words:
            self.assertIn(word, detail)
        daemon.stop()
        return lasted

    def assert_asked(self, responder, times):
        eventually(lambda: responder.requests() >= times, what=f"question {times}")
        self.assertEqual(responder.requests(), times)

    def metric(self, curl, name, **labels):
        return curl.metrics().get((name, frozenset(labels.items())), 0)


class RealResponder(OcspCase):
    def test_each_status_in_each_mode(self):
        for mode in MODES:
            for by in (None, self.delegate):
                with self.subTest(mode=mode, by=by and "delegate"):
                    responder = self.real(by=by)
                    daemon, curl = self.start(self.asking(mode, responder.url))
                    self.assert_granted(self.ask(curl, self.etl), self.etl)
                    detail = self.assert_reason(daemon, self.ask(curl, self.revoked), "certificate_revoked")
                    self.assertIn("was revoked at 2020-01-01T00:00:00Z, by the OCSP answer of", detail)
                    if mode == "require":
                        detail = self.assert_reason(daemon, self.ask(curl, self.stranger), "revocation_unknown")
                    else:
                        self.assert_granted(self.ask(curl, self.stranger), self.stranger)
                        detail = daemon.log.wait("revocation_unknown", trust_store="partner")["detail"]
                    self.assertIn("the responder does not know the certificate", detail)
                    self.assertIn("OCSP Nonce", responder.text())
                    for status in ("good", "revoked", "unknown"):
                        self.assertEqual(self.metric(curl, "certbound_ocsp_outcomes_total", outcome=status), 1)
                    daemon.stop()

    def test_is_asked_once_for_many_requests(self):
        """Over new connections, on each worker, and over a kept one."""
        responder = self.real()
        daemon, curl = self.start(self.asking("require", responder.url))
        kept = self.tls(daemon, self.etl)
        for _ in range(6):
            self.assert_granted(self.ask(curl, self.etl), self.etl)
            kept.send(form_request(grant()))
            self.assert_granted(kept.receive(), self.etl)
        self.assert_asked(responder, 1)
        daemon.reload()  # ends what was verified
        self.assert_granted(self.ask(curl, self.etl), self.etl)
        self.assert_asked(responder, 2)
        self.assertEqual(self.metric(curl, "certbound_ocsp_requests_total"), 2)
        daemon.stop()

    def test_off_asks_nobody(self):
        responder = self.real()
        daemon, curl = self.start(self.asking("off", responder.url))
        self.assert_granted(self.ask(curl, self.revoked), self.revoked)
        self.assertEqual(responder.requests(), 0)
        problems = [event["detail"] for event in daemon.log.events("configuration_problem")]
        self.assertTrue(any("nobody is asked while mode is off" in problem for problem in problems), problems)
        daemon.stop()

    def test_crls_and_ocsp_together(self):
        """What the CRL tells is not asked; what it lists is revoked; an intermediate is asked about like a leaf."""
        sub = self.pki.ca("CN=Sub", issuer=self.partner_ca)
        below = self.pki.leaf(*ETL_SUBJECT, issuer=sub)
        responder = ocsp.OpensslResponder(sub, good=[below])
        self.addCleanup(responder.close)
        root_crl, sub_crl = self.pki.crl(self.partner_ca), self.pki.crl(sub, below)
        config = self.asking("require", responder.url, crls=[root_crl])
        config["trust_stores"]["partner"]["intermediates"] = [sub.certificate]
        daemon, curl = self.start(config)
        self.assert_granted(self.ask(curl, below), below)
        self.assert_granted(self.ask(curl, self.etl), self.etl)
        self.assert_asked(responder, 1)
        daemon.reload(self.with_crls(config, root_crl, sub_crl))
        self.assertIn("CRL", self.assert_reason(daemon, self.ask(curl, below), "certificate_revoked"))
        # Without the root's CRL the intermediate has to be asked about, and this responder is not its issuer's.
        brief = self.with_crls(config, self.pki.crl(sub))
        daemon.reload(brief)
        self.assertIn("CN=Sub", self.assert_reason(daemon, self.ask(curl, below), "revocation_unknown"))
        self.assert_asked(responder, 2)
        daemon.stop()

    @staticmethod
    def with_crls(config, *crls):
        config["trust_stores"]["partner"]["revocation"]["crls"] = list(crls)
        return config

    def test_a_certificate_is_revoked_while_its_connection_is_kept(self):
        """Within the life of an answer it is remembered; with its end the responder is asked again."""
        revoked = []

        def answer(request):
            if revoked:
                return ocsp.answer_by_openssl(request, self.partner_ca, revoked=[self.etl])
            plain = self.good(request, options=("-nmin", "60"))
            return ocsp.redated(plain, self.partner_ca, now() - HOUR, now() + datetime.timedelta(seconds=4))

        responder = self.scripted(answer)
        daemon, _ = self.start(self.asking("require", responder.url))
        kept = self.tls(daemon, self.etl)
        kept.send(form_request(grant()))
        self.assert_granted(kept.receive(), self.etl)
        revoked.append(True)
        last = []

        def is_refused():
            kept.send(form_request(grant()))
            last[:] = [kept.receive()]
            return last[0].status != 200

        eventually(is_refused, within=20, what="the end of the answer")
        self.assert_reason(daemon, last[0], "certificate_revoked")
        self.assertEqual(len(responder.asked), 2)
        daemon.stop()


class FailingResponder(OcspCase):
    def test_an_expired_answer(self):
        def answer(request):
            return ocsp.redated(self.good(request), self.partner_ca, now() - DAY, now() - HOUR)

        for mode in MODES:
            responder = self.scripted(answer)
            self.assert_unknown(mode, responder.url, "it is past: its nextUpdate was")
            self.assertEqual([kind for _, kind, _ in responder.asked], ["application/ocsp-request"])

    def test_a_wrong_signer(self):
        other_ca = self.pki.ca("C=GB", "O=Partner Corp", "CN=Partner Root")
        for by, words in ((other_ca, "OCSPSigning"), (ocsp.signer(self.pki, other_ca), "was not made by the issuer"),
                          (ocsp.signer(self.pki, self.partner_ca, eku="clientAuth"), "not for OCSPSigning"),
                          (ocsp.signer(self.pki, self.partner_ca, not_after=now() - HOUR), "expired")):  # fmt: skip
            for mode in MODES:
                responder = self.scripted(lambda request, by=by: self.good(request, by=by))
                self.assert_unknown(mode, responder.url, words)
                self.assertEqual(len(responder.asked), 1)

    def test_an_answer_that_was_changed_or_is_anothers(self):
        def changed(request):
            return self.good(request, options=("-nmin", "60", "-badsig"))

        def of_another(_):
            question = os.path.join(self.folder, "other.request")
            openssl("ocsp", "-issuer", self.partner_ca.certificate, "-cert", self.stranger.certificate, "-reqout", question)
            with open(question, "rb") as file:
                return ocsp.answer_by_openssl(file.read(), self.partner_ca, good=[self.stranger])

        first = []

        def replayed(request):
            first.append(self.good(request))
            return first[0]

        for answer, words in ((changed, "signature is wrong"), (of_another, "about another certificate"),
                              (lambda _: b"\x30\x03\x0a\x01\x06", "unauthorized"), (lambda _: b"<html>", "not one in DER"),
                              (lambda _: 503, "status")):  # fmt: skip
            self.assert_unknown("require", self.scripted(answer).url, words)
        # An answer to an earlier request has that one's nonce.
        responder = self.scripted(replayed)
        daemon, curl = self.start(self.asking("require", responder.url))
        self.assert_granted(self.ask(curl, self.etl), self.etl)
        daemon.stop()
        self.assert_unknown("require", responder.url, "nonce")

    def test_unreachable(self):
        with contextlib.closing(socket.socket()) as taken:
            taken.bind(("127.0.0.1", 0))  # and does not listen
            url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
            for mode in MODES:
                self.assert_unknown(mode, url, "the responder did not answer: connect_failed")

    def test_slow(self):
        """The request waits for its deadline once; others do not wait with it."""
        for mode in MODES:
            responder = self.scripted(lambda _: None)
            lasted = self.assert_unknown(mode, responder.url, "did not answer: timeout")
            self.assertGreater(lasted, 2)
            self.assertLess(lasted, 10)
            self.assertEqual(len(responder.asked), 1)

    def test_a_slow_responder_holds_up_nobody_else(self):
        """On the one worker that there is."""
        responder = self.scripted(lambda _: None)
        config = self.asking("require", responder.url)
        config["workers"] = 1
        daemon, curl = self.start(config)
        waiting = self.tls(daemon, self.etl)
        waiting.send(form_request(grant()))
        eventually(lambda: responder.asked, within=10, what="the question")
        began = time.monotonic()
        self.assertEqual(curl("/oauth2/jwks").status, 200)
        self.assertLess(time.monotonic() - began, 2)
        self.assert_reason(daemon, waiting.receive(), "revocation_unknown")
        # Another certificate of that responder is not asked about while it is left alone.
        began = time.monotonic()
        self.assertIn("left alone", self.assert_reason(daemon, self.ask(curl, self.stranger), "revocation_unknown"))
        self.assertLess(time.monotonic() - began, 2)
        self.assertEqual(len(responder.asked), 1)
        daemon.stop()

    def test_a_stop_while_a_question_is_open(self):
        responder = self.scripted(lambda _: None)
        daemon, _ = self.start(self.asking("require", responder.url))
        waiting = self.tls(daemon, self.etl)
        waiting.send(form_request(grant()))
        eventually(lambda: responder.asked, within=10, what="the question")
        daemon.stop()
        self.assertEqual(waiting.receive().status, 400)


class WhoIsAsked(OcspCase):
    def naming(self, url):
        return self.pki.leaf(*ETL_SUBJECT, issuer=self.partner_ca, extra=ocsp.naming(url))

    def test_the_responder_of_the_certificate(self):
        """Only on a host that is listed, whatever the certificate says; `true` means the same."""
        certs = []
        responder = self.scripted(lambda request: ocsp.answer_by_openssl(request, self.partner_ca, good=certs))
        cert = self.naming(responder.url)
        certs.append(cert)
        for source in ("from_certificate", True):
            daemon, curl = self.start(self.asking("require", source, ocsp_hosts=["127.0.0.1"]))
            self.assert_granted(self.ask(curl, cert), cert)
            self.assertIn("names no OCSP responder", self.assert_reason(daemon, self.ask(curl, self.etl), "revocation_unknown"))
            daemon.stop()
        self.assertEqual([path for path, _, _ in responder.asked], ["/ocsp"] * 2)
        for hosts in (["ocsp.example"], [f"127.0.0.1:{responder.port + 1}"]):
            for mode in MODES:
                self.assert_unknown(mode, "from_certificate", "whose host is not in ocsp_hosts", cert=cert, ocsp_hosts=hosts)
        self.assertEqual(len(responder.asked), 2)

    def test_a_private_address_is_asked_only_where_fetch_allows_it(self):
        responder = self.scripted(self.good)
        for mode in MODES:
            self.assert_unknown(mode, responder.url, "address_refused", allow=())
        cert = self.naming(responder.url)
        self.assert_unknown("require", "from_certificate", "address_refused", cert=cert, ocsp_hosts=["127.0.0.1"], allow=())
        self.assertEqual(responder.asked, [])

    def test_the_configured_responder_counts_not_the_certificates(self):
        named = self.scripted(self.good)
        cert = self.naming(named.url)
        responder = ocsp.OpensslResponder(self.partner_ca, revoked=[cert])
        self.addCleanup(responder.close)
        daemon, curl = self.start(self.asking("require", responder.url))
        self.assert_reason(daemon, self.ask(curl, cert), "certificate_revoked")
        self.assertEqual(named.asked, [])
        daemon.stop()

    def test_a_certificate_without_a_path_asks_nobody(self):
        responder = self.scripted(self.good)
        other_ca = self.pki.ca("CN=Other")
        cert = self.pki.leaf(*ETL_SUBJECT, issuer=other_ca, extra=ocsp.naming(responder.url))
        daemon, curl = self.start(self.asking("require", "from_certificate", ocsp_hosts=["127.0.0.1"]))
        self.assert_reason(daemon, self.ask(curl, cert), "issuer_missing")
        self.assertEqual(responder.asked, [])
        daemon.stop()


class CommandLine(OcspCase):
    def explain(self, config, cert, *arguments):
        path = self.pki.write("certbound.yaml", json.dumps(config))
        os.makedirs(config["state_dir"], mode=0o700, exist_ok=True)
        self.assertEqual(run("check", "--config", path).returncode, 0)
        done = run("client", "explain", "etl", "--cert", cert.certificate, "--config", path, "--json", *arguments)
        explanation = json.loads(done.stdout)
        steps = {step["step"]: step for step in explanation["steps"]}
        return done.returncode, {**steps["revocation"], "reason": explanation["reason"]}

    def test_client_explain_asks_the_responder(self):
        """`check` asks nobody."""
        responder = self.real()
        config = self.asking("require", responder.url)
        status, step = self.explain(config, self.etl)
        self.assertEqual((status, step["outcome"]), (0, "passed"))
        self.assertEqual(step["expected"], f"mode require, OCSP by {responder.url}")
        self.assertRegex(step["presented"], r"good: not revoked by the OCSP answer of \S+ \(\d+ s old\) by the issuer itself, next update")
        status, step = self.explain(config, self.revoked)
        self.assertEqual((status, step["outcome"], step["reason"]), (1, "failed", "certificate_revoked"))
        status, step = self.explain(config, self.stranger)
        self.assertEqual((status, step["reason"]), (1, "revocation_unknown"))
        self.assert_asked(responder, 3)
        status, step = self.explain(config, self.etl, "--time", str(int(now().timestamp())))
        self.assertEqual(status, 1)
        self.assertIn("--time", step["presented"])
        self.assert_asked(responder, 3)
        status, step = self.explain(self.asking("soft_fail", responder.url, allow=()), self.etl)
        self.assertEqual((status, step["outcome"]), (0, "passed"))
        self.assertIn("address_refused", step["presented"])

    def verify(self, cert, *arguments, status):
        done = run("cert", "verify", "--json", "--anchors", self.partner_ca.certificate, "--chain", cert.certificate, *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout) if done.stdout else done.stderr

    def test_cert_verify_asks_the_responder(self):
        """Whoever is named on the command line may have a private address."""
        responder = self.real()
        path = self.verify(self.etl, "--ocsp", responder.url, status=0)["path"]
        self.assertNotIn("revocation", path[1])
        answer = path[0]["revocation"]["ocsp"]
        self.assertEqual((path[0]["revocation"]["status"], path[0]["revocation"]["crl"], answer["status"]), ("good", None, "good"))
        self.assertLess(answer["age_seconds"], 60)
        self.assertGreater(answer["next_update"], answer["this_update"])
        self.assertEqual(self.verify(self.revoked, "--ocsp", responder.url, status=1)["reason"], "certificate_revoked")
        self.assertEqual(self.verify(self.stranger, "--ocsp", responder.url, status=1)["reason"], "revocation_unknown")
        self.assert_asked(responder, 3)
        unasked = self.verify(self.etl, "--ocsp", responder.url, "--time", str(int(now().timestamp())), status=1)
        self.assertIn("--time", unasked["detail"])
        # What the CRL says needs no answer.
        self.verify(self.etl, "--ocsp", responder.url, "--crl", self.pki.crl(self.partner_ca), status=0)
        self.assertEqual(self.verify(self.etl, "--ocsp", responder.url, "--crl", self.pki.crl(self.partner_ca, self.etl), status=1)["reason"], "certificate_revoked")
        self.assert_asked(responder, 3)
        text = run("cert", "verify", "--anchors", self.partner_ca.certificate, "--chain", self.etl.certificate, "--ocsp", responder.url).stdout
        self.assertRegex(text, r"not revoked by the OCSP answer of \S+ \(\d+ s old\)")

    def test_cert_verify_asks_whom_the_certificate_names(self):
        certs = []
        responder = self.scripted(lambda request: ocsp.answer_by_openssl(request, self.partner_ca, good=certs))
        naming = self.pki.leaf(*ETL_SUBJECT, issuer=self.partner_ca, extra=ocsp.naming(responder.url))
        certs.append(naming)
        source = ("--ocsp", "from_certificate", "--ocsp-host")
        self.verify(naming, *source, "127.0.0.1", status=0)
        self.assertIn("not in ocsp_hosts", self.verify(naming, *source, "ocsp.example.com", status=1)["detail"])
        facts = self.verify(naming, *source, "ocsp.example.com", "--revocation", "soft_fail", status=0)
        outcome = facts["path"][0]["revocation"]["ocsp"]
        self.assertEqual(outcome["status"], None)
        self.assertIn("not in ocsp_hosts", outcome["failure"])
        self.assertEqual(len(responder.asked), 1)
        self.verify(naming, "--ocsp", "from_certificate", status=2)
        self.verify(naming, *source, "a/b", status=2)
        self.verify(naming, "--ocsp", "ocsp.example.com", status=2)
        self.verify(naming, "--ocsp", responder.url, "--ocsp-host", "127.0.0.1", status=2)


if __name__ == "__main__":
    unittest.main()
