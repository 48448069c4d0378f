"""Assertions and proofs count once: for all workers, up to a bound, over a reload, a restart and a crash (7523-3-3, 9449-4.3-13)."""

import os
import threading
import time
import unittest

from support import dpop
from support.assertions import ISSUER, SigningKey, assertion, jwt_client, parameters, write_pem
from support.cases import TOKEN, OwnDaemonCase, grant
from support.client import Curl, form_request
from support.daemon import PATIENCE, eventually

URL = ISSUER + TOKEN
ENTRIES = 1000  # the fewest that the configuration permits


class Replays(OwnDaemonCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.key = SigningKey()
        cls.pem = write_pem(cls, cls.key)

    def configuration(self, **limits):
        config = self.base_config()
        config["workers"] = 4
        config["limits"] = {"drain_timeout": "5s", **limits}
        config["clients"].append(jwt_client("batch", public_keys=[self.pem]))
        return config

    def by(self, text):
        return grant("batch", **parameters(text))

    def ask(self, curl, text):
        return curl(TOKEN, form=self.by(text))

    def ask_with(self, curl, proof):
        return curl(TOKEN, cert=self.etl, form=grant(), headers=[f"DPoP: {proof}"])

    def assert_reason(self, daemon, response, reason, error="invalid_client"):
        request_id = self.assert_error(response, error)
        self.assertEqual(daemon.log.wait("client_refused", request_id=request_id)["reason"], reason)
        self.assertEqual(daemon.audit_record(request_id)["reason"], reason)

    def assert_untold(self, daemon, response, reason):
        """503, and when to come again; in the audit record, and no line in the log for each, since clients can ask without end."""
        request_id = self.assert_error(response, "temporarily_unavailable", 503)
        self.assertGreaterEqual(int(response.header("Retry-After")), 1)
        self.assertEqual(daemon.audit_record(request_id)["reason"], reason)

    def send_at_once(self, daemon, octets, cert=None, connections=12):
        """The same request on many connections, which wait for its last octet; their answers."""
        peers = [self.tls(daemon, cert) for _ in range(connections)]
        for peer in peers:
            peer.send(octets[:-1])
        for peer in peers:
            peer.send(octets[-1:])
        answers = [peer.receive() for peer in peers]
        for peer in peers:
            peer.close()
        return answers

    def test_one_of_many_at_once(self):
        """All workers have one memory: exactly one of twelve gets a token, whichever connection it came on."""
        daemon, curl = self.start(self.configuration())
        for _ in range(6):
            answers = self.send_at_once(daemon, form_request(self.by(assertion(self.key, "batch"))))
            self.assertEqual(sorted(answer.status for answer in answers), [200] + [400] * 11)
            for answer in answers:
                if answer.status == 400:
                    self.assert_reason(daemon, answer, "assertion_replayed")
            proof = dpop.proof(self.key, "POST", URL)
            answers = self.send_at_once(daemon, form_request(grant(), headers=[f"DPoP: {proof}"]), self.etl)
            self.assertEqual(sorted(answer.status for answer in answers), [200] + [400] * 11)
            for answer in answers:
                if answer.status == 400:
                    self.assert_reason(daemon, answer, "dpop_proof_replayed", "invalid_dpop_proof")
        metrics = curl.metrics()
        self.assertEqual(metrics[("certbound_replays_total", frozenset())], 6 * 22)
        self.assertEqual(metrics[("certbound_replay_entries", frozenset())], 12)
        self.assertEqual(metrics[("certbound_tokens_issued_total", frozenset())], 12)
        daemon.stop()

    def test_a_full_memory(self):
        """Nothing is forgotten for want of room: 503, counted, until something has expired; who needs no memory is served."""
        daemon, curl = self.start(self.configuration(replay_entries=ENTRIES))
        ends = int(time.time() + 12 * PATIENCE)
        texts = [assertion(self.key, "batch", exp=ends) for _ in range(ENTRIES)]
        refused = []

        def use(part):
            with self.tls(daemon) as connection:
                for text in part:
                    connection.send(form_request(self.by(text)))
                    if connection.receive().status != 200:
                        refused.append(text)

        threads = [threading.Thread(target=use, args=(texts[start::4],)) for start in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(refused, [])
        self.assertEqual(curl.metrics()[("certbound_replay_entries", frozenset())], ENTRIES)

        late = assertion(self.key, "batch")
        self.assert_untold(daemon, self.ask(curl, late), "replays_full")
        self.assert_untold(daemon, self.ask_with(curl, dpop.proof(self.key, "POST", URL)), "replays_full")
        self.assert_reason(daemon, self.ask(curl, texts[0]), "assertion_replayed")
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        metrics = curl.metrics()
        self.assertEqual(metrics[("certbound_replay_full_total", frozenset())], 2)
        self.assertEqual(metrics[("certbound_refusals_total", frozenset({("reason", "replays_full")}))], 2)
        self.assertLess(time.time(), ends, "the machine is too slow for this test")
        # What was refused for want of room has not been used.
        eventually(lambda: self.ask(curl, late).status == 200, within=15, what="room for another one")
        self.assert_reason(daemon, self.ask(curl, late), "assertion_replayed")
        daemon.stop()

    def test_a_reload_keeps_the_memory(self):
        daemon, curl = self.start(self.configuration())
        text, proof = assertion(self.key, "batch"), dpop.proof(self.key, "POST", URL)
        self.assert_granted(self.ask(curl, text))
        self.assertEqual(self.ask_with(curl, proof).status, 200)
        daemon.reload()
        self.assert_reason(daemon, self.ask(curl, text), "assertion_replayed")
        self.assert_reason(daemon, self.ask_with(curl, proof), "dpop_proof_replayed", "invalid_dpop_proof")
        config = dict(daemon.config, limits={"drain_timeout": "5s", "replay_entries": ENTRIES})
        self.assertIn("limits", daemon.reload(config, expect="reload_failed")["detail"])
        daemon.stop()

    def test_a_restart(self):
        """What was used is refused, what is made from then on works at once, and no request has written anything."""
        daemon, curl = self.start(self.configuration())
        file = os.path.join(daemon.state_dir, "replays")
        before = os.stat(file)
        self.assertEqual(before.st_mode & 0o777, 0o600)
        now = int(time.time())
        used, unused = (assertion(self.key, "batch", iat=now - age) for age in (5, 6))
        proof = dpop.proof(self.key, "POST", URL, iat=now - 7)
        self.assert_granted(self.ask(curl, used))
        self.assertEqual(self.ask_with(curl, proof).status, 200)
        after = os.stat(file)
        self.assertEqual((before.st_mtime_ns, before.st_ino), (after.st_mtime_ns, after.st_ino))
        daemon.stop()
        with open(file, encoding="ascii") as content:
            self.assertEqual(content.read(), f"{now - 5}\n")
        daemon.start()
        curl = Curl(daemon, self.server_ca)
        self.assert_granted(self.ask(curl, assertion(self.key, "batch")))
        self.assertEqual(self.ask_with(curl, dpop.proof(self.key, "POST", URL)).status, 200)
        for text in (used, unused):
            self.assert_reason(daemon, self.ask(curl, text), "assertion_before_start")
        self.assert_reason(daemon, self.ask_with(curl, proof), "dpop_proof_before_start", "invalid_dpop_proof")
        self.assertEqual(daemon.log.events("replays_unknown"), [])
        daemon.stop()

    def test_a_crash(self):
        """Which ones were used is not known, so for ten seconds none is taken; certificates work meanwhile."""
        daemon, curl = self.start(self.configuration())
        used = assertion(self.key, "batch", iat=int(time.time()) + 9)
        proof = dpop.proof(self.key, "POST", URL, iat=int(time.time()) + 9)
        self.assert_granted(self.ask(curl, used))
        self.assertEqual(self.ask_with(curl, proof).status, 200)
        daemon.kill()
        began = time.monotonic()
        daemon.start()
        curl = Curl(daemon, self.server_ca)
        self.assertIn("until", daemon.log.wait("replays_unknown"))
        self.assert_untold(daemon, self.ask(curl, assertion(self.key, "batch")), "replays_unknown")
        self.assert_untold(daemon, self.ask(curl, used), "replays_unknown")
        self.assert_untold(daemon, self.ask_with(curl, dpop.proof(self.key, "POST", URL)), "replays_unknown")
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        eventually(lambda: self.ask(curl, assertion(self.key, "batch")).status == 200, within=15, what="a token by an assertion")
        self.assertGreater(time.monotonic() - began, 8)
        self.assertEqual(self.ask_with(curl, dpop.proof(self.key, "POST", URL)).status, 200)
        self.assert_reason(daemon, self.ask(curl, used), "assertion_before_start")
        self.assert_reason(daemon, self.ask_with(curl, proof), "dpop_proof_before_start", "invalid_dpop_proof")
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
