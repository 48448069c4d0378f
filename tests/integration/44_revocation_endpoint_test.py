"""The revocation endpoint: RFC 7009 (conformance.md section 7)."""

import concurrent.futures
import os
import signal
import sqlite3
import unittest

from support import tokens
from support.cases import DaemonCase, OwnDaemonCase, add_introspecting_clients, grant
from support.client import Curl, form_request

INTROSPECT = "/oauth2/introspect"
REVOKE = "/oauth2/revoke"
INACTIVE = b'{"active":false}'


class Revocation(DaemonCase):
    @classmethod
    def configure(cls, config):
        config["workers"] = 4
        add_introspecting_clients(cls, config)

    def a_token(self):
        response = self.token(self.etl)
        self.assertEqual(response.status, 200, response)
        return response.json()["access_token"]

    def revoke(self, token, cert=None, client_id="etl", **more):
        return self.curl(REVOKE, cert=cert or self.etl, form={"client_id": client_id, "token": token, **more})

    def is_active(self, token):
        response = self.curl(INTROSPECT, cert=self.orders_api, form={"client_id": "orders-api", "token": token})
        self.assertEqual(response.status, 200, response)
        self.assertTrue(response.json()["active"] or response.body == INACTIVE, response)
        return response.json()["active"]

    def test_a_token(self):
        """7009-2-1, 7009-2.1-4, 8705-3.2-3: 200 without a word; inactive from then on, and nothing else is."""
        token, sibling = self.a_token(), self.a_token()
        self.assertTrue(self.is_active(token))
        response = self.revoke(token)
        self.assertEqual((response.status, response.body), (200, b""), response)
        self.assertFalse(self.is_active(token))
        self.assertTrue(self.is_active(sibling))

    def test_on_every_worker_at_once(self):
        """lessons.md: denied on one worker and active on another; a cached active answer after it was denied."""
        connections = [self.tls(self.orders_api) for _ in range(24)]
        for _ in range(10):
            token = self.a_token()
            request = form_request({"client_id": "orders-api", "token": token}, INTROSPECT)
            for connection in connections:
                connection.send(request)
                self.assertIs(connection.receive().json()["active"], True)
            self.assertEqual(self.revoke(token).status, 200)
            for connection in connections:
                connection.send(request)
                self.assertEqual(connection.receive().body, INACTIVE)

    def test_what_is_no_token(self):
        """7009-2.2-1: unknown, malformed, revoked already: nothing to do."""
        token = self.a_token()
        self.assertEqual(self.revoke(token).status, 200)
        for other in (token, "x", "a.b.c", token[:-1], "x" * 60000):
            self.assertEqual(self.revoke(other).status, 200, other[:40])

    def test_a_hint_is_only_a_hint(self):
        """7009-2.1-5."""
        for hint in ("access_token", "refresh_token", "banana"):
            token = self.a_token()
            self.assertEqual(self.revoke(token, token_type_hint=hint).status, 200)
            self.assertFalse(self.is_active(token))

    def test_the_request(self):
        """7009-2.1-1: POST only; `token` is needed."""
        for form in ({"client_id": "etl"}, {"client_id": "etl", "token": ""}):
            self.assert_error(self.curl(REVOKE, cert=self.etl, form=form), "invalid_request")
        self.assertEqual(self.curl(REVOKE, cert=self.etl).status, 405)

    def test_no_error_is_stored(self):
        """6749-5.2: 400, 401 and 405 say so."""
        token = self.a_token()
        form = {"client_id": "etl", "token": token}
        for what, status, response in (
            ("no token", 400, self.curl(REVOKE, cert=self.etl, form={"client_id": "etl"})),
            ("no form", 400, self.curl(REVOKE, cert=self.etl, data=b"token=%zz")),
            ("no certificate", 400, self.curl(REVOKE, form=form)),
            ("another client's token", 400, self.revoke(token, self.other, "other")),
            ("an Authorization header", 401, self.curl(REVOKE, form=form, headers=["Authorization: Basic YTpi"])),
            ("GET", 405, self.curl(REVOKE, cert=self.etl)),
        ):
            with self.subTest(what):
                self.assertEqual((response.status, response.header("Cache-Control")), (status, "no-store"))

    def test_the_client_authenticates_first(self):
        """7009-2.1-2, 8705-2-9: and nothing happens to the token."""
        token = self.a_token()
        self.assert_refused_because(self.curl(REVOKE, form={"client_id": "etl", "token": token}), "certificate_missing")
        self.assert_refused_because(self.revoke(token, self.other), "subject_mismatch")
        self.assert_refused_because(self.revoke(token, self.other, "nobody"), "client_unknown")
        self.assertTrue(self.is_active(token))

    def test_a_token_of_another_client(self):
        """7009-2.1-3, D12: refused, and the token stays."""
        token = self.a_token()
        response = self.revoke(token, self.other, "other")
        request_id = self.assert_error(response, "unauthorized_client")
        self.assertEqual(self.reason_of(request_id), "token_not_owned")
        self.assertTrue(self.is_active(token))
        record = self.daemon.audit_record(request_id)
        self.assertEqual((record["outcome"], record["client_id"], record["token_client_id"]), ("refused", "other", "etl"))

    def test_it_is_recorded_and_counted(self):
        """product.md section 7."""
        token = self.a_token()
        _, claims, _ = tokens.decode(token)
        response = self.revoke(token)
        record = self.daemon.audit_record(response.header("X-Request-Id"))
        self.assertEqual((record["endpoint"], record["outcome"], record["token_state"]), ("revocation", "granted", "revoked"))
        self.assertEqual((record["client_id"], record["jti"]), ("etl", claims["jti"]))
        metrics = self.curl.metrics()
        self.assertGreaterEqual(metrics[("certbound_tokens_revoked_total", frozenset())], 1)
        self.assertGreaterEqual(metrics[("certbound_denials", frozenset({("kind", "jti")}))], 1)

    def test_many_at_once(self):
        """Each answer comes after its own token is out of service."""

        def one(_):
            token = self.a_token()
            return self.revoke(token).status, self.is_active(token)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            self.assertEqual(set(pool.map(one, range(40))), {(200, False)})


class Durability(OwnDaemonCase):
    def start_daemon(self, lifetime="5m"):
        config = self.base_config()
        config["tokens"]["lifetime"] = lifetime
        add_introspecting_clients(self, config)
        return self.start(config)

    def is_active(self, curl, token):
        return curl(INTROSPECT, cert=self.orders_api, form={"client_id": "orders-api", "token": token}).json()["active"]

    def test_it_survives_a_kill(self):
        """Issue 4, 3: on the disk before the answer."""
        daemon, curl = self.start_daemon()
        revoked, kept = (curl("/oauth2/token", cert=self.etl, form=grant()).json()["access_token"] for _ in range(2))
        self.assertEqual(curl(REVOKE, cert=self.etl, form={"client_id": "etl", "token": revoked}).status, 200)
        os.kill(daemon.process.pid, signal.SIGKILL)
        daemon.kill()
        daemon.start()
        curl = Curl(daemon, self.server_ca)
        self.assertFalse(self.is_active(curl, revoked))
        self.assertTrue(self.is_active(curl, kept))
        daemon.stop()

    def test_a_database_that_is_locked(self):
        """7009-2.2-2: 503 with Retry-After; the token is as it was, and everything else is served."""
        daemon, curl = self.start_daemon()
        token = curl("/oauth2/token", cert=self.etl, form=grant()).json()["access_token"]
        form = {"client_id": "etl", "token": token}
        database = sqlite3.connect(os.path.join(daemon.state_dir, "certbound.db"), isolation_level=None)
        self.addCleanup(database.close)
        database.execute("BEGIN IMMEDIATE")
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(curl, REVOKE, cert=self.etl, form=form)
            self.assertTrue(self.is_active(curl, token))
            response = waiting.result()
        self.assert_error(response, "temporarily_unavailable", 503)
        self.assertTrue(response.header("Retry-After"))
        self.assertTrue(self.is_active(curl, token))
        database.execute("ROLLBACK")
        self.assertEqual(curl(REVOKE, cert=self.etl, form=form).status, 200)
        self.assertFalse(self.is_active(curl, token))
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
