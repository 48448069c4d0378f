"""The life of signing keys: rotation by time and by hand, another algorithm, encryption at rest; no token that a verifier cannot verify.

CERTBOUND_ROTATION_KEYS sets how many keys each verifier of the first test has to meet (default 7, about 20 s).
"""

import json
import os
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from support import tokens
from support.cases import ETL_DN, JWKS, OTHER_API, OwnDaemonCase, grant, pki_client
from support.client import form_request
from support.daemon import eventually, run

KEYS = int(os.environ.get("CERTBOUND_ROTATION_KEYS", "7"))
PUBLIC_MEMBERS = {"kid", "use", "alg", "kty", "crv", "x", "y", "n", "e"}


def get_request(path):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"


class KeyCase(OwnDaemonCase):
    def config_of(self, **signing):
        config = self.base_config()
        config["signing"] = signing
        config["log"]["level"] = "info"
        return config

    def key_file(self, name="at-rest.key", octets=b"\x01\x02" * 20):
        path = os.path.join(tempfile.mkdtemp(dir=self.folder), name)
        with open(path, "wb") as file:
            file.write(octets)
        os.chmod(path, 0o400)
        return path

    def kid(self, curl):
        response = curl("/oauth2/token", cert=self.etl, form=grant())
        self.assert_granted(response, self.etl)
        return tokens.decode(response.json()["access_token"])[0]["kid"]

    def published(self, curl):
        return [key["kid"] for key in curl(JWKS).json()["keys"]]

    def keys(self, daemon):
        done = run("keys", "list", "--json", "--config", daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def rotate(self, daemon, *options):
        done = run("keys", "rotate", "--json", *options, "--config", daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    @staticmethod
    def seconds(text):
        return float(subprocess.run(["date", "-d", text, "+%s"], capture_output=True, check=True, text=True).stdout)

    def states(self, daemon):
        return sorted(key["state"] for key in self.keys(daemon))

    def secrets_of(self, daemon):
        """The stored secret halves."""
        database = sqlite3.connect(f"file:{daemon.config['state_dir']}/certbound.db?mode=ro", uri=True)
        try:
            return dict(database.execute("SELECT kid, secret FROM token_key"))
        finally:
            database.close()


class Verifier(threading.Thread):
    """A resource server's process: takes tokens on one connection, each judged with the key set that was fetched just after it was
    issued (no cache), and with one that is no older than the server permits (a cache)."""

    def __init__(self, case, daemon):
        super().__init__(daemon=True)
        self.case, self.server = case, daemon
        self.done = threading.Event()
        self.tokens, self.kids, self.problems = 0, set(), []
        self.cached, self.fetched_at, self.max_age = {}, float("-inf"), 0.0

    def run(self):
        try:
            with self.case.tls(self.server, self.case.etl) as connection:
                while not self.done.is_set():
                    self.step(connection)
        except (OSError, AssertionError, ValueError) as error:
            self.problems.append(repr(error))

    def fetch(self, connection):
        connection.send(get_request(JWKS))
        response = connection.receive()
        self.max_age = int(response.header("Cache-Control").partition("max-age=")[2])
        return {key["kid"]: key for key in response.json()["keys"]}

    def step(self, connection):
        connection.send(form_request(grant()))
        token = connection.receive().json()["access_token"]
        arrived = time.monotonic()
        # What is older than max-age is fetched anew, else the old one is used: with a token of now.
        if arrived - self.fetched_at > self.max_age:
            self.cached = self.fetch(connection)
            self.fetched_at = arrived
        fresh = self.fetch(connection)
        kid = tokens.decode(token)[0]["kid"]
        self.tokens += 1
        self.kids.add(kid)
        if kid not in fresh:
            self.problems.append(f"{kid} is not in a fresh key set")
        elif not tokens.has_valid_signature(token, {"keys": [fresh[kid]]}):
            self.problems.append(f"the signature of a token of {kid} is not valid")
        if kid not in self.cached:
            self.problems.append(f"{kid} is not in a key set of {arrived - self.fetched_at:.2f} s ago")
        elif self.cached[kid] != fresh.get(kid):
            self.problems.append(f"{kid} is another key in a key set of {arrived - self.fetched_at:.2f} s ago")


class Rotation(KeyCase):
    def test_by_time_under_load(self):
        """JOSE-12: N tokens while keys change every few seconds, and not one that a verifier cannot verify."""
        config = self.config_of(rotation_interval="3s", jwks_max_age="1s")
        config["tokens"]["lifetime"] = "10s"
        daemon, curl = self.start(config)
        verifiers = [Verifier(self, daemon) for _ in range(3)]
        for verifier in verifiers:
            verifier.start()
        began = time.monotonic()
        eventually(lambda: all(len(verifier.kids) >= KEYS or verifier.problems for verifier in verifiers), within=6 * KEYS, what=f"{KEYS} keys")
        lasted = time.monotonic() - began
        for verifier in verifiers:
            verifier.done.set()
        for verifier in verifiers:
            verifier.join(20)
        total = sum(verifier.tokens for verifier in verifiers)
        kids = set().union(*(verifier.kids for verifier in verifiers))
        problems = [problem for verifier in verifiers for problem in verifier.problems]
        print(f"\n{total} tokens of {len(kids)} keys in {lasted:.0f} s, {len(problems)} unverifiable: {problems[:3]}")
        self.assertEqual(problems, [])
        self.assertGreater(total, 50)
        self.assertGreaterEqual(len(kids), KEYS, "rotation by time")
        self.assertLess(len(self.published(curl)), 33)
        daemon.stop()

    def test_the_states_follow_each_other(self):
        config = self.config_of(rotation_interval="0s", jwks_max_age="1s")
        config["tokens"]["lifetime"] = "10s"
        daemon, curl = self.start(config)
        first = self.kid(curl)
        self.assertEqual(self.published(curl), [first])
        before = curl(JWKS)
        self.assertEqual(before.header("Cache-Control"), "public, max-age=1")
        self.assertNotIn("next_change", self.keys(daemon)[0], "no rotation by time")

        answer = self.rotate(daemon)
        self.assertEqual((answer["state"], answer["replaces"], answer["algorithm"]), ("next", first, "ES256"))
        after = curl(JWKS)
        self.assertEqual({key["kid"] for key in after.json()["keys"]}, {first, answer["kid"]})
        self.assertNotEqual(after.header("ETag"), before.header("ETag"))
        self.assertEqual(curl(JWKS, headers=[f"If-None-Match: {before.header('ETag')}"]).status, 200)
        listed = {key["kid"]: key for key in self.keys(daemon)}
        self.assertEqual(listed[answer["kid"]]["next_change"], "becomes active")
        self.assertEqual(listed[answer["kid"]]["next_change_at"], answer["used_from"])
        self.assertEqual((listed[first]["next_change"], listed[first]["next_change_at"]), ("retires", answer["used_from"]))

        eventually(lambda: self.kid(curl) == answer["kid"], what="the next key signs")
        listed = {key["kid"]: key for key in self.keys(daemon)}
        self.assertEqual((listed[first]["state"], listed[answer["kid"]]["state"]), ("retired", "active"))
        self.assertEqual(listed[first]["next_change"], "is removed")
        self.assertIn(first, self.published(curl), "its tokens live on")
        secrets = self.secrets_of(daemon)
        self.assertEqual(secrets[first], b"", "its private half is gone")
        self.assertNotEqual(secrets[answer["kid"]], b"")
        for key in curl(JWKS).json()["keys"]:
            self.assertLessEqual(set(key), PUBLIC_MEMBERS)
        daemon.stop()

    def test_at_once_in_an_emergency(self):
        daemon, curl = self.start(self.config_of())
        first = self.kid(curl)
        done = run("keys", "rotate", "--now", "--config", daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("caches of the key set may not know it", done.stdout)
        second = self.kid(curl)
        self.assertNotEqual(second, first)
        self.assertEqual(set(self.published(curl)), {first, second})
        daemon.log.wait("signing_key_not_known_yet", kid=second)
        answer = self.rotate(daemon, "--now")
        self.assertEqual((answer["state"], answer["kid"]), ("active", self.kid(curl)))
        self.assertIn("known_from", answer)

    def test_every_worker_has_the_new_key_at_once(self):
        daemon, _ = self.start({**self.config_of(), "workers": 3})
        connections = [self.tls(daemon, self.etl) for _ in range(12)]
        for _ in range(5):
            kid = self.rotate(daemon, "--now")["kid"]
            for connection in connections:
                connection.send(form_request(grant()))
                token = connection.receive().json()["access_token"]
                self.assertEqual(tokens.decode(token)[0]["kid"], kid)

    def test_keys_are_not_made_without_end(self):
        daemon, curl = self.start(self.config_of())
        for _ in range(31):
            self.rotate(daemon, "--now")
        done = run("keys", "rotate", "--now", "--config", daemon.config_path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("32 keys already", done.stderr)
        self.assertEqual(len(self.published(curl)), 32)

    def test_a_restart_goes_on(self):
        config = self.config_of(jwks_max_age="2s")
        daemon, curl = self.start(config)
        first = self.kid(curl)
        answer = self.rotate(daemon)
        daemon.process.kill()
        daemon.process.wait()
        again = self.make_daemon(daemon.config).start()
        curl = type(curl)(again, self.server_ca)
        self.assertEqual(set(self.published(curl)), {first, answer["kid"]})
        eventually(lambda: self.kid(curl) == answer["kid"], what="the key that was published before the restart signs")
        again.stop()

    def change_stored(self, daemon, sql):
        """While it is down: as if time had passed."""
        database = sqlite3.connect(os.path.join(daemon.config["state_dir"], "certbound.db"))
        with database:
            database.execute(sql)
        database.close()

    def test_a_retired_key_is_removed_when_its_last_token_has_ended(self):
        daemon, curl = self.start(self.config_of())
        first = self.kid(curl)
        second = self.rotate(daemon, "--now")["kid"]
        daemon.stop()
        self.change_stored(daemon, "UPDATE token_key SET remove_at = strftime('%s', 'now') + 3 WHERE state = 'retired'")
        again = self.make_daemon(daemon.config).start()
        curl = type(curl)(again, self.server_ca)
        self.assertEqual(set(self.published(curl)), {first, second})
        again.log.wait("token_key_removed", kid=first)
        # Logged when it is stored; the workers take it after that.
        eventually(lambda: self.published(curl) == [second], what="the removed key is published no more")
        self.assertEqual([key["kid"] for key in self.keys(again)], [second])
        again.stop()

    def test_a_retired_key_waits_for_the_longest_token_of_any_resource(self):
        """ADR 0023: a resource's lifetime may be longer than tokens.lifetime, also one that the configuration has no more."""
        config = self.config_of(rotation_interval="0s")
        config["resources"][0]["lifetime"] = "2h"
        config["resources"][1].update({"token_format": "opaque", "lifetime": "3h"})
        config["clients"].append(pki_client("stock", tls_client_auth_subject_dn=ETL_DN, scope="stock.read", resources=[OTHER_API]))
        daemon, curl = self.start(config)
        for lifetime, client_id in ((7200, "etl"), (10800, "stock")):
            response = curl("/oauth2/token", cert=self.etl, form=grant(client_id))
            self.assertEqual(response.json()["expires_in"], lifetime, response)
        for resource in daemon.config["resources"]:
            resource.pop("lifetime", None)
        for expected in (1, 2):
            self.rotate(daemon, "--now")
            retired = [key for key in self.keys(daemon) if key["state"] == "retired"]
            self.assertEqual(sorted(key["algorithm"] for key in retired), sorted(["A256GCM", "ES256"] * expected))
            for key in retired:
                self.assertGreaterEqual(self.seconds(key["next_change_at"]) - self.seconds(key["retired_at"]), 10800, key)
            # The next ones retire under another configuration, but have made tokens of this one.
            daemon.reload(daemon.config)
        daemon.stop()

    def test_due_while_the_server_was_down(self):
        """A key that was never published does not sign at once."""
        config = self.config_of(rotation_interval="4s", jwks_max_age="1s")
        config["tokens"]["lifetime"] = "10s"
        daemon, curl = self.start(config)
        first = self.kid(curl)
        daemon.stop()
        self.change_stored(daemon, "UPDATE token_key SET used_from = used_from - 1000, created_at = created_at - 1000")
        again = self.make_daemon(daemon.config).start()
        curl = type(curl)(again, self.server_ca)
        event = again.log.wait("token_key_published")
        eventually(lambda: event["kid"] in self.published(curl), what="the new key is published")
        again.log.wait("token_key_changed", kid=event["kid"], state="active")
        states = [entry for entry in again.log.events("token_key_published", "token_key_changed") if entry["kid"] == event["kid"]]
        self.assertEqual([entry["event"] for entry in states[:2]], ["token_key_published", "token_key_changed"])
        self.assertEqual({entry["kid"] for entry in again.log.events("token_key_changed") if entry["state"] == "retired"} - {first}, set())

    def test_no_secret_in_the_log_or_in_answers(self):
        daemon, _ = self.start(self.config_of())
        self.rotate(daemon)
        listed = run("keys", "list", "--config", daemon.config_path).stdout
        seen = daemon.log.text() + listed + json.dumps(self.keys(daemon)) + json.dumps(self.rotate(daemon, "--now"))
        for secret in self.secrets_of(daemon).values():
            if not secret:
                continue
            scalar = secret[36:68]  # the private value of a P-256 key in its PKCS#8
            for form in (scalar.hex(), scalar[:12].hex(), scalar.hex().upper()):
                self.assertNotIn(form, seen)


class Algorithm(KeyCase):
    def test_another_algorithm_by_reload(self):
        """The old key signs until every cache can know the new one."""
        config = self.config_of(jwks_max_age="2s", algorithm="ES256")
        daemon, curl = self.start(config)
        first = self.kid(curl)
        daemon.reload({**config, "signing": {"jwks_max_age": "2s", "algorithm": "EdDSA"}, "state_dir": daemon.config["state_dir"]})
        self.assertEqual(self.kid(curl), first)
        keys = {key["kid"]: key for key in curl(JWKS).json()["keys"]}
        self.assertEqual({key["alg"] for key in keys.values()}, {"ES256", "EdDSA"})
        change = daemon.log.wait("signing_algorithm_changes", algorithm="EdDSA", until_then="ES256")
        eventually(lambda: self.kid(curl) != first, what="the new algorithm signs")
        self.assertGreaterEqual(time.time(), self.seconds(change["used_from"]) - 1)
        token = curl("/oauth2/token", cert=self.etl, form=grant()).json()["access_token"]
        self.assertEqual(tokens.decode(token)[0]["alg"], "EdDSA")
        self.assertTrue(tokens.has_valid_signature(token, curl(JWKS).json()))
        self.assertEqual(self.states(daemon), ["active", "retired"])
        shown = {labels: value for (name, labels), value in curl.metrics().items() if name == "certbound_token_keys" and value}
        self.assertEqual(shown, {frozenset({("algorithm", "EdDSA"), ("state", "active")}): 1, frozenset({("algorithm", "ES256"), ("state", "retired")}): 1})
        due = curl.metrics()[("certbound_token_key_change_due_timestamp_seconds", frozenset())]
        self.assertGreater(due, time.time())
        daemon.stop()

    def test_a_change_that_is_taken_back_leaves_nothing(self):
        config = self.config_of(algorithm="ES256")
        daemon, curl = self.start(config)
        first = self.kid(curl)
        for algorithm in ("PS256", "EdDSA", "ES256"):
            daemon.reload({**daemon.config, "signing": {"algorithm": algorithm}})
        self.assertEqual(self.published(curl), [first])

    def test_a_reload_that_fails_changes_no_key(self):
        daemon, curl = self.start(self.config_of())
        first = self.published(curl)
        daemon.reload({**daemon.config, "signing": {"algorithm": "EdDSA"}, "workers": 7}, expect="reload_failed")
        self.assertEqual(self.published(curl), first)
        self.assertEqual(len(self.keys(daemon)), 1)

    def test_an_interval_that_is_too_short(self):
        config = self.config_of(rotation_interval="9m")
        config["state_dir"] = os.path.join(self.folder, "none")
        path = os.path.join(self.folder, "short.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(config, file)
        done = run("check", "--config", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("signing.rotation_interval: shorter than twice signing.jwks_max_age", done.stderr)


class AtRest(KeyCase):
    PLAIN = bytes.fromhex("06072a8648ce3d0201")  # id-ecPublicKey, as every plain EC key in PKCS#8 has it

    def test_keys_are_encrypted_when_a_key_appears(self):
        daemon, curl = self.start(self.config_of())
        first = self.kid(curl)
        self.assertTrue(self.PLAIN in self.secrets_of(daemon)[first])
        self.assertFalse(self.keys(daemon)[0]["encrypted"])
        daemon.stop()

        config = {**daemon.config, "signing": {"key_encryption_key": self.key_file()}}
        again = self.make_daemon(config).start()
        curl = type(curl)(again, self.server_ca)
        self.assertEqual(self.kid(curl), first)
        again.log.wait("token_keys_encrypted")
        self.assertTrue(all(key["encrypted"] for key in self.keys(again)))
        second = self.rotate(again, "--now")["kid"]
        self.assertEqual(self.kid(curl), second)
        for secret in self.secrets_of(again).values():
            self.assertNotIn(self.PLAIN, secret)
        again.stop()
        # Not in the free pages and the log of the database either: 36 octets lead to the private value.
        state = config["state_dir"]
        for name in os.listdir(state):
            if name.startswith("certbound.db"):
                with open(os.path.join(state, name), "rb") as file:
                    self.assertNotIn(bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107046d"), file.read(), name)

    def test_another_key_or_none_is_an_error_of_the_start(self):
        daemon, curl = self.start(self.config_of(key_encryption_key=self.key_file()))
        first = self.kid(curl)
        daemon.stop()
        for signing, words in (({}, "signing.key_encryption_key has to name the key"),
                               ({"key_encryption_key": self.key_file(octets=b"\x09" * 32)}, "does not open with signing.key_encryption_key")):  # fmt: skip
            other = self.make_daemon({**daemon.config, "signing": signing}).spawn()
            self.assertEqual(other.wait_exit(), 3)
            self.assertIn(words, other.log.text())
            self.assertIn(first, other.log.text())
        again = self.make_daemon(daemon.config).start()
        self.assertEqual(self.kid(type(curl)(again, self.server_ca)), first, "nothing was lost")
        again.stop()

    def test_as_a_systemd_credential(self):
        path = self.key_file("token-keys")
        config = self.config_of(key_encryption_key="${CREDENTIALS_DIRECTORY}/token-keys")
        daemon, _ = self.start(config, environment={"CREDENTIALS_DIRECTORY": os.path.dirname(path)})
        self.assertTrue(self.keys_are_encrypted(daemon))

    def keys_are_encrypted(self, daemon):
        return all(self.PLAIN not in secret for secret in self.secrets_of(daemon).values())

    def test_a_key_that_others_may_read_is_refused(self):
        path = self.key_file()
        os.chmod(path, 0o444)
        daemon = self.make_daemon(self.config_of(key_encryption_key=path)).spawn()
        self.assertEqual(daemon.wait_exit(), 78)
        self.assertIn("others may read or change this key", daemon.log.text())

    def test_another_file_needs_a_restart(self):
        daemon, _ = self.start(self.config_of(key_encryption_key=self.key_file()))
        event = daemon.reload({**daemon.config, "signing": {"key_encryption_key": self.key_file()}}, expect="reload_failed")
        self.assertIn("signing.key_encryption_key", event["detail"])

    def test_one_key_cannot_be_put_in_the_place_of_another(self):
        """Whoever may write the database but has not the key."""
        daemon, _ = self.start(self.config_of(key_encryption_key=self.key_file()))
        self.rotate(daemon)
        daemon.stop()
        database = sqlite3.connect(os.path.join(daemon.config["state_dir"], "certbound.db"))
        with database:
            old, new = [row[0] for row in database.execute("SELECT secret FROM token_key ORDER BY state")]
            database.execute("UPDATE token_key SET secret = ? WHERE state = 'active'", (new,))
        database.close()
        again = self.make_daemon(daemon.config).spawn()
        self.assertEqual(again.wait_exit(), 3)
        self.assertIn("does not open", again.log.text())
        self.assertNotEqual(old, new)


if __name__ == "__main__":
    unittest.main()
