"""Shared secrets of clients, to migrate from: the verbs, the configuration, what is stored and what is told."""

import base64
import hashlib
import json
import os
import pathlib
import re
import signal
import time
import unittest

from support.cases import API, ETL_DN, OwnDaemonCase, pki_client
from support.daemon import eventually, run

SECRET = re.compile(r"\A[A-Za-z0-9_-]{43}\n\Z")
DAY = 86400


def secret_client(client_id="legacy", *, method="client_secret_basic", **members):
    return {"client_id": client_id, "token_endpoint_auth_method": method, "scope": "orders.read", "resources": [API], **members}


class ClientSecrets(OwnDaemonCase):
    @classmethod
    def base_config(cls):
        config = super().base_config()
        config["client_secrets"] = "allowed"
        config["clients"] += [secret_client(), secret_client("other", method="client_secret_post")]
        return config

    def verb(self, daemon, *words, status=0, as_json=True):
        done = run("client", *words, "--config", daemon.config_path, *(["--json"] if as_json else []))
        self.assertEqual(done.returncode, status, done.stderr + done.stdout)
        return json.loads(done.stdout) if status == 0 and as_json else done

    def new(self, daemon, client_id="legacy", *options):
        return self.verb(daemon, "secret", "new", client_id, *options)

    def listed(self, daemon, client_id="legacy"):
        return self.verb(daemon, "secret", "list", client_id)

    def ids(self, daemon, client_id="legacy"):
        return [secret["id"] for secret in self.listed(daemon, client_id)["secrets"]]

    def check(self, config, status):
        path = self.pki.write("checked.yaml", json.dumps(config))
        done = run("check", "--config", path)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr

    def test_new_list_remove(self):
        """Issue 5, 2: made by us, shown once, two at a time, with an end; the secret alone on standard output."""
        daemon, _ = self.start()
        before = int(time.time())
        made = self.verb(daemon, "secret", "new", "legacy", as_json=False)
        self.assertRegex(made.stdout, SECRET)
        self.assertIn("shown this once", made.stderr)
        first = self.listed(daemon)
        self.assertEqual((first["client_id"], first["token_endpoint_auth_method"], first["declared_secret"]),
                         ("legacy", "client_secret_basic", False))  # fmt: skip
        [listed] = first["secrets"]
        self.assertFalse(listed["expired"])
        created, end = (time.mktime(time.strptime(listed[name], "%Y-%m-%dT%H:%M:%SZ")) for name in ("created_at", "expires_at"))
        self.assertEqual(end - created, 90 * DAY)
        self.assertLessEqual(abs(created - time.mktime(time.gmtime(before))), 60)

        second = self.new(daemon, "legacy", "--expires", "never")
        self.assertRegex(second["client_secret"] + "\n", SECRET)
        self.assertNotEqual(second["client_secret"] + "\n", made.stdout)
        self.assertIsNone(second["expires_at"])
        self.assertEqual(self.ids(daemon), [listed["id"], second["id"]])
        refused = self.verb(daemon, "secret", "new", "legacy", status=1)
        self.assertEqual(refused.stdout, "")
        self.assertIn(f"number {listed['id']}, number {second['id']}", refused.stderr)
        self.new(daemon, "other")

        removed = self.verb(daemon, "secret", "remove", "legacy", str(listed["id"]))
        self.assertEqual((removed["client_id"], removed["id"]), ("legacy", listed["id"]))
        self.assertEqual(self.ids(daemon), [second["id"]])
        third = self.new(daemon)
        self.assertGreater(third["id"], second["id"])
        text = self.verb(daemon, "secret", "list", "legacy", as_json=False).stdout
        self.assertRegex(text, rf"(?m)\A{second['id']}\tsince \S+Z\tuntil removed\n{third['id']}\tsince \S+Z\tuntil \S+Z\n\Z")
        daemon.stop()

    def test_one_that_has_ended_makes_room(self):
        daemon, _ = self.start()
        short, long = self.new(daemon, "legacy", "--expires", "1s")["id"], self.new(daemon)["id"]
        eventually(lambda: self.listed(daemon)["secrets"][0]["expired"], what="the end of the first")
        self.assertEqual([secret["expired"] for secret in self.listed(daemon)["secrets"]], [True, False])
        self.assertIn("expired", self.verb(daemon, "secret", "list", "legacy", as_json=False).stdout)
        self.assertEqual(self.ids(daemon), [short, long])
        third = self.new(daemon)["id"]
        self.assertEqual(self.ids(daemon), [long, third])
        daemon.stop()

    def test_bad_input(self):
        """Product section 2: 2 for wrong usage, 1 where the answer is no, 3 where none runs; and nothing is made."""
        daemon, _ = self.start()
        for words, status, said in (
            (("new", "nobody"), 1, "no client \"nobody\" is registered"),
            (("new", "etl"), 1, "authenticates by tls_client_auth and takes no secret"),
            (("new", "\u00e9"), 2, "client_id"),
            (("new",), 2, "ID"),
            (("new", "legacy", "--expires", "soon"), 2, "write for example 90d, or never"),
            (("new", "legacy", "--expires", "0s"), 2, "between 1s and 3650d"),
            (("new", "legacy", "--expires", "3651d"), 2, "between 1s and 3650d"),
            (("remove", "legacy", "1"), 1, "has no secret 1"),
            (("remove", "legacy", "18446744073709551615"), 1, "has no secret 18446744073709551615"),
            (("remove", "legacy", "first"), 2, "not a secret's number"),
            (("remove", "legacy", "-1"), 2, ""),
            (("remove", "legacy"), 2, "NUMBER"),
            (("list", "nobody"), 1, "no client"),
            (("list", "\n"), 2, "client_id"),
        ):
            with self.subTest(words=words):
                self.assertIn(said, self.verb(daemon, "secret", *words, status=status, as_json=False).stderr)
        mine = self.new(daemon)["id"]
        self.verb(daemon, "secret", "remove", "other", str(mine), status=1)
        self.assertEqual(self.ids(daemon), [mine])
        daemon.stop()
        self.verb(daemon, "secret", "new", "legacy", status=3)
        self.verb(daemon, "secret", "remove", "legacy", str(mine), status=3)
        self.assertEqual(self.ids(daemon), [mine], "list needs no server")

    def test_help(self):
        for words in (("client", "secret"), ("client", "secret", "new"), ("client", "secret", "list"), ("client", "secret", "remove")):
            for arguments in (("help", *words), (*words, "--help")):
                done = run(*arguments)
                self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        self.assertRegex(run("help", "client", "secret", "new").stdout, r"(?s)--expires.*never.*90d")
        self.assertEqual(run("help", "client", "secret", "old").returncode, 2)
        self.assertEqual(run("client", "secret").returncode, 2)

    def test_restart_and_reload(self):
        """Stored durably before the answer; a client that is changed keeps its secrets, one that moves on has none left."""
        daemon, curl = self.start()
        first, second = self.new(daemon)["id"], self.new(daemon)["id"]
        os.kill(daemon.process.pid, signal.SIGKILL)
        daemon.kill()
        daemon.start()
        self.assertEqual(self.ids(daemon), [first, second])
        config = self.base_config()
        config["state_dir"] = daemon.config["state_dir"]
        config["clients"][1] = secret_client(method="client_secret_post", client_name="Renamed")
        daemon.reload(config)
        self.assertEqual(self.ids(daemon), [first, second])
        self.verb(daemon, "secret", "remove", "legacy", str(first))
        self.new(daemon, "other")
        config["clients"] = [config["clients"][0], pki_client("legacy", tls_client_auth_san_dns="legacy.example")]
        mark = daemon.log.mark()
        daemon.reload(config)
        self.assertEqual(daemon.log.wait("clients_reconciled", after=mark)["removed_secrets"], 2)
        self.assertIn("takes no secret", self.verb(daemon, "secret", "new", "legacy", status=1).stderr)
        back = {**self.base_config(), "state_dir": daemon.config["state_dir"]}
        daemon.reload(back)
        self.assertEqual(self.ids(daemon), [])
        self.assertEqual(self.ids(daemon, "other"), [])
        self.assertGreater(self.new(daemon)["id"], second)
        daemon.stop()

    def test_who_still_has_to_move(self):
        """`client list --method`, `client show`, the metrics, the daily line of the log."""
        config = self.base_config()
        secret = self.pki.write("old.secret", "0" * 40 + "\n")
        os.chmod(secret, 0o600)
        config["clients"].append(secret_client("declared", client_secret_file=secret))
        daemon, curl = self.start(config)
        event = daemon.log.wait("clients_with_secrets")
        self.assertEqual((event["count"], event["client_ids"]), (3, "declared legacy other"))
        made = self.new(daemon, "legacy", "--expires", "10d")
        self.new(daemon, "other", "--expires", "31d")

        def methods():
            metrics = curl.metrics()
            return {method: metrics[("certbound_clients_by_method", frozenset({("method", method)}))] for method in
                    ("tls_client_auth", "self_signed_tls_client_auth", "private_key_jwt", "client_secret_basic", "client_secret_post")}  # fmt: skip

        self.assertEqual(methods(), {"tls_client_auth": 1, "self_signed_tls_client_auth": 0, "private_key_jwt": 0,
                                     "client_secret_basic": 2, "client_secret_post": 1})  # fmt: skip
        self.assertEqual(curl.metrics()[("certbound_client_secrets_expiring", frozenset())], 1)

        listed = self.verb(daemon, "list", "--method", "client_secret_basic")
        self.assertEqual([client["client_id"] for client in listed["clients"]], ["declared", "legacy"])
        self.assertEqual([len(client["secrets"]) for client in listed["clients"]], [0, 1])
        self.assertEqual(self.verb(daemon, "list", "--method", "self_signed_tls_client_auth")["clients"], [])
        text = self.verb(daemon, "list", "--method", "client_secret_post", as_json=False).stdout
        self.assertTrue(text.startswith("other\tclient_secret_post\tsecret "), text)
        self.assertIn("there are tls_client_auth, ", self.verb(daemon, "list", "--method", "basic", status=2, as_json=False).stderr)
        self.verb(daemon, "list", "--method", "client_secret_post", "--expiring", "30d", status=2, as_json=False)

        shown = self.verb(daemon, "show", "legacy")
        self.assertEqual((shown["declared_secret"], [entry["id"] for entry in shown["secrets"]]), (False, [made["id"]]))
        self.assertEqual(shown["secrets"][0]["expires_at"], made["expires_at"])
        shown = self.verb(daemon, "show", "declared")
        self.assertEqual((shown["declared_secret"], shown["secrets"]), (True, []))
        self.assertNotIn("secrets", self.verb(daemon, "show", "etl"))
        # One is declared, so there is room for one.
        self.new(daemon, "declared")
        self.assertIn("client_secret_file", self.verb(daemon, "secret", "new", "declared", status=1).stderr)
        daemon.stop()
        daemon.start()
        event = daemon.log.wait("client_secret_ends")
        self.assertEqual((event["client_id"], event["id"], event["until"]), ("legacy", made["id"], made["expires_at"]))
        self.assertEqual(len(daemon.log.events("client_secret_ends")), 1)
        daemon.stop()

    def test_audit(self):
        """A record of the chain for each change, with who asked."""
        daemon, _ = self.start()
        made = self.new(daemon, "legacy", "--expires", "10d")
        self.new(daemon, "other", "--expires", "never")
        self.verb(daemon, "secret", "remove", "legacy", str(made["id"]))
        records = [record for record in daemon.audit_lines() if record.get("record") == "client_secret"]
        self.assertEqual([(record["action"], record["client_id"]) for record in records],
                         [("added", "legacy"), ("added", "other"), ("removed", "legacy")])  # fmt: skip
        for record in records:
            self.assertEqual(record["uid"], os.geteuid())
            self.assertGreater(record["pid"], 1)
            self.assertEqual(set(record) - {"expires_at"}, {"time", "record", "action", "uid", "pid", "client_id", "secret", "seq", "prev"})
        self.assertEqual(records[0]["secret"], made["id"])
        self.assertAlmostEqual(records[0]["expires_at"], time.time() + 10 * DAY, delta=60)
        self.assertNotIn("expires_at", records[1])
        self.assertEqual(run("audit", "verify", "--config", daemon.config_path).returncode, 0)
        done = run("audit", "show", "--client", "legacy", "--config", daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, rf"secret {made['id']} of client legacy added by user \d+ \(process \d+\), until \d{{4}}-\S+Z\n")
        self.assertRegex(done.stdout, rf"secret {made['id']} of client legacy removed by user")
        self.assertNotIn("other", done.stdout)
        daemon.stop()

    def test_the_secret_is_nowhere(self):
        """SRV-8: neither the log, nor the audit log, nor the database with what SQLite keeps beside it; the digest in the database only."""
        config = self.base_config()
        declared = "declared-secret-of-an-older-server-0123456789"
        path = self.pki.write("declared.secret", declared + "\n")
        os.chmod(path, 0o600)
        config["clients"].append(secret_client("declared", client_secret_file=path))
        daemon, _ = self.start(config)
        secrets = [declared, self.new(daemon)["client_secret"], self.new(daemon, "other")["client_secret"]]
        daemon.reload()

        def digest(secret):
            return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).rstrip(b"=")

        def files():
            return {str(path): path.read_bytes() for path in pathlib.Path(daemon.state_dir).rglob("*") if path.is_file()}

        while_running = files()
        log = daemon.log.text().encode()
        daemon.stop()
        database = os.path.join(daemon.state_dir, "certbound.db")
        for content in (while_running, files()):
            self.assertIn(database, content)
            for secret in secrets:
                for name, octets in [*content.items(), ("log", log)]:
                    self.assertNotIn(secret.encode(), octets, name)
                    if not name.startswith(database):
                        self.assertNotIn(digest(secret), octets, name)
        self.assertTrue(all(digest(secret) in files()[database] for secret in secrets), "what is compared is there")

    def test_they_are_off(self):
        """Load errors, at the method, that say what to write; a reload changes nothing."""
        config = self.base_config()
        del config["client_secrets"]
        said = self.check(config, 1)
        self.assertEqual(len(re.findall(r"token_endpoint_auth_method: secrets are off; .*client_secrets: allowed", said)), 2)
        daemon, _ = self.start()
        made = self.new(daemon)["id"]
        daemon.reload({**config, "state_dir": daemon.config["state_dir"]}, expect="reload_failed")
        daemon.write_config({**self.base_config(), "state_dir": daemon.config["state_dir"]})
        self.assertEqual(self.ids(daemon), [made])
        daemon.stop()

    def test_the_file(self):
        """128 bits by length, one line, printable; others who may read it are a warning."""
        config = self.base_config()
        path = self.pki.write("client.secret", "k" * 43)
        config["clients"] = [pki_client("etl", tls_client_auth_subject_dn=ETL_DN), secret_client(client_secret_file=path)]
        for mode, is_warned in ((0o600, False), (0o400, False), (0o640, True), (0o644, True)):
            os.chmod(path, mode)
            self.assertEqual("others than its owner may read" in self.check(config, 0), is_warned, oct(mode))
        os.chmod(path, 0o600)
        for content, said in (("short", "128 are needed"), ("a" * 43 + "\nb\n", "several lines"), ("\u00e4" * 43, "printable ASCII"), ("", "is empty"), ("9" * 513, "512")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
            problems = self.check(config, 1)
            self.assertIn(said, problems)
            self.assertIn("client_secret_file", problems)
            if len(content) > 10:
                self.assertNotIn(content[:10], problems)
        config["clients"][1] = secret_client(client_secret_file=path, trust_store="partner")
        with open(path, "w", encoding="utf-8") as file:
            file.write("k" * 43)
        self.assertIn("trust_store: not used with client_secret_basic", self.check(config, 1))


if __name__ == "__main__":
    unittest.main()
