"""Keys at rest under another key: `certbound keys reencrypt`, what `check` says, and a kill at any moment (docs/adr/0027)."""

import json
import os
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

from support import tokens
from support.cases import JWKS, OwnDaemonCase, grant
from support.client import Curl
from support.daemon import BINARY, eventually, run

KILLS = 24


class Reencryption(OwnDaemonCase):
    def key_file(self, octet):
        path = os.path.join(tempfile.mkdtemp(dir=self.folder), "at-rest.key")
        with open(path, "wb") as file:
            file.write(bytes([octet]) * 32)
        os.chmod(path, 0o400)
        return path

    def config_of(self, key=None):
        config = self.base_config()
        config["resources"][1]["token_format"] = "opaque"
        config["signing"] = {"key_encryption_key": key} if key else {}
        return config

    def stopped(self, key=None):
        """A state directory with five secret halves: of an active and a next key that sign (the retired one has none), and of three that
        seal; a token of the active one."""
        daemon, curl = self.start(self.config_of(key))
        for options in (("--now",), ()):
            self.assertEqual(run("keys", "rotate", *options, "--config", daemon.config_path).returncode, 0)
        response = curl("/oauth2/token", cert=self.etl, form=grant())
        self.assert_granted(response, self.etl)
        self.token, self.jwks = response.json()["access_token"], curl(JWKS).json()
        daemon.stop()
        return daemon

    def name(self, daemon, key):
        daemon.write_config({**daemon.config, "signing": {"key_encryption_key": key} if key else {}})

    def reencrypt(self, daemon, *options, status=0):
        done = run("keys", "reencrypt", "--config", daemon.config_path, "--json", *options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout) if status == 0 else done.stderr

    def secrets(self, daemon):
        database = sqlite3.connect(os.path.join(daemon.config["state_dir"], "certbound.db"))
        try:
            return [row[0] for row in database.execute("SELECT secret FROM token_key WHERE length(secret) > 0 ORDER BY kid")]
        finally:
            database.close()

    def check(self, daemon):
        done = run("check", "--config", daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def assert_same_keys(self, daemon):
        """The server starts, publishes what it published, and signs with what signed."""
        daemon.start()
        curl = Curl(daemon, self.server_ca)
        self.assertEqual(curl(JWKS).json(), self.jwks)
        response = curl("/oauth2/token", cert=self.etl, form=grant())
        self.assertEqual(tokens.decode(response.json()["access_token"])[0]["kid"], tokens.decode(self.token)[0]["kid"])
        self.assertTrue(tokens.has_valid_signature(response.json()["access_token"], self.jwks))
        daemon.stop()

    def test_under_another_key(self):
        """The way of docs/OPERATIONS.md: stop, name the new key, reencrypt with the old one, start."""
        old, new = self.key_file(1), self.key_file(2)
        daemon = self.stopped(old)
        before = self.secrets(daemon)
        self.assertEqual(len(before), 5)
        self.name(daemon, new)
        self.assertIn("it was encrypted with another key", self.start_fails(daemon))
        self.assertIn("name that key with --old-key; nothing was changed", self.reencrypt(daemon, status=3))
        self.assertIn("nothing was changed", self.reencrypt(daemon, "--old-key", self.key_file(3), status=3))
        self.assertEqual(self.secrets(daemon), before)
        self.assertEqual(self.reencrypt(daemon, "--old-key", old), {"changed": 5, "kept": 0})
        self.assertEqual(set(before) & set(self.secrets(daemon)), set())
        self.assertEqual(self.reencrypt(daemon, "--old-key", old), {"changed": 0, "kept": 5})
        self.assert_same_keys(daemon)
        self.name(daemon, old)
        self.assertIn("does not open with signing.key_encryption_key", self.start_fails(daemon))
        # What they were is in none of the database's files.
        for name in os.listdir(daemon.config["state_dir"]):
            if name.startswith("certbound.db"):
                with open(os.path.join(daemon.config["state_dir"], name), "rb") as file:
                    content = file.read()
                for secret in before:
                    self.assertNotIn(secret[:24], content, name)

    def start_fails(self, daemon):
        daemon.spawn()
        self.assertEqual(daemon.wait_exit(), 3)
        return daemon.log.text()

    def test_plain_keys(self):
        """Who had no key: `check` says what will happen, and the start, or the verb, does it."""
        daemon = self.stopped()
        self.assertIn("signing.key_encryption_key: not set", self.check(daemon))
        self.assertEqual(run("keys", "reencrypt", "--config", daemon.config_path).returncode, 1)
        self.name(daemon, self.key_file(1))
        self.assertIn("5 private keys lie there unencrypted; the next start of the server encrypts them", self.check(daemon))
        plain = self.secrets(daemon)
        self.assert_same_keys(daemon)
        self.assertEqual(set(plain) & set(self.secrets(daemon)), set())
        self.assertNotIn("private keys", self.check(daemon))
        self.assertEqual(self.reencrypt(daemon), {"changed": 0, "kept": 5})
        self.name(daemon, None)
        self.assertIn("5 private keys there are encrypted, and signing.key_encryption_key is not set", self.check(daemon))

    def test_plain_keys_by_the_verb(self):
        daemon = self.stopped()
        self.name(daemon, self.key_file(1))
        self.assertEqual(self.reencrypt(daemon), {"changed": 5, "kept": 0})
        self.assert_same_keys(daemon)

    def test_not_while_the_server_runs(self):
        daemon, _ = self.start(self.config_of(self.key_file(1)))
        self.assertIn("stop the server first", self.reencrypt(daemon, status=3))
        daemon.stop()

    def test_not_before_there_are_keys(self):
        daemon = self.make_daemon(self.config_of(self.key_file(1)))
        self.assertIn("there are no keys yet", self.reencrypt(daemon, status=3))
        self.assertFalse(os.path.exists(daemon.config["state_dir"]))

    def spawn(self, daemon, old):
        command = [BINARY, "keys", "reencrypt", "--config", daemon.config_path, "--old-key", old]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.wait()

    def has_open(self, process, name):
        folder = f"/proc/{process.pid}/fd"
        try:
            return any(os.readlink(os.path.join(folder, entry)).endswith(name) for entry in os.listdir(folder))
        except FileNotFoundError:
            return False

    def test_killed_before_it_is_stored(self):
        """It waits for the database, which somebody else writes to, and is killed: everything is under the old key."""
        old, new = self.key_file(1), self.key_file(2)
        daemon = self.stopped(old)
        before = self.secrets(daemon)
        self.name(daemon, new)
        database = sqlite3.connect(os.path.join(daemon.config["state_dir"], "certbound.db"), isolation_level=None)
        database.execute("BEGIN IMMEDIATE")
        process = self.spawn(daemon, old)
        eventually(lambda: self.has_open(process, "certbound.db"), what="the database open")
        self.kill(process)
        database.execute("ROLLBACK")
        database.close()
        self.assertEqual(self.secrets(daemon), before)
        self.name(daemon, old)
        self.assert_same_keys(daemon)

    def test_killed_when_it_is_stored(self):
        """… and while it waits to have the database's log cut: everything is under the new key."""
        old, new = self.key_file(1), self.key_file(2)
        daemon = self.stopped(old)
        before = self.secrets(daemon)
        self.name(daemon, new)
        database = sqlite3.connect(os.path.join(daemon.config["state_dir"], "certbound.db"), isolation_level=None)
        database.execute("BEGIN")
        database.execute("SELECT count(*) FROM token_key").fetchone()
        process = self.spawn(daemon, old)
        eventually(lambda: self.secrets(daemon) != before, what="the new ones stored")
        self.assertIsNone(process.poll())
        self.kill(process)
        database.close()
        self.assertEqual(self.reencrypt(daemon, "--old-key", old), {"changed": 0, "kept": 5})
        self.assert_same_keys(daemon)

    def test_killed_at_any_moment(self):
        """All under the one or all under the other, whenever that is; and it can be run again."""
        now, other = self.key_file(1), self.key_file(2)
        daemon = self.stopped(now)
        began = time.monotonic()
        self.name(daemon, other)
        self.reencrypt(daemon, "--old-key", now)
        lasts = time.monotonic() - began
        now, other = other, now
        outcomes = []
        for attempt in range(KILLS):
            self.name(daemon, other)
            process = self.spawn(daemon, now)
            time.sleep(1.1 * lasts * attempt / KILLS)  # the moment of the kill
            self.kill(process)
            done = self.reencrypt(daemon, "--old-key", now)
            self.assertIn(done, ({"changed": 5, "kept": 0}, {"changed": 0, "kept": 5}))
            outcomes.append(done["changed"])
            now, other = other, now
        self.assertIn(5, outcomes)
        self.assert_same_keys(daemon)


if __name__ == "__main__":
    unittest.main()
