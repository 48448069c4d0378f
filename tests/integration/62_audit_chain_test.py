"""The hash chain of the audit log: across restart and rotation, under load and SIGKILL; `audit verify`, `audit show` (product.md section 7)."""

import json
import os
import shutil
import signal
import ssl
import threading
import time
import unittest

from support import tokens
from support.cases import TOKEN, OwnDaemonCase, grant
from support.client import form_request
from support.daemon import eventually, run

KILLS = 4


class Loader(threading.Thread):
    """Asks for tokens on one connection until it breaks, and keeps the jti of each that was answered."""

    def __init__(self, case, daemon, cert):
        super().__init__(daemon=True)
        self.case, self.server, self.cert = case, daemon, cert
        self.request = form_request(grant())
        self.jtis, self.refused, self.done = [], [], threading.Event()

    def run(self):
        try:
            with self.case.tls(self.server, self.cert) as connection:
                while not self.done.is_set():
                    connection.send(self.request)
                    response = connection.receive()
                    if response is None:
                        return
                    if response.status != 200:
                        self.refused.append(response.status)
                        continue
                    self.jtis.append(tokens.decode(response.json()["access_token"])[1]["jti"])
        except (OSError, ssl.SSLError, AssertionError, IndexError, ValueError):
            return  # the daemon was killed in the middle of an answer


class ChainCase(OwnDaemonCase):
    def verify(self, daemon, *arguments, status=0):
        """`audit verify` of the configuration's log, with what its rotation left."""
        done = run("audit", "verify", "--config", daemon.config_path, "--json", *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def load(self, daemon, count=4):
        loaders = [Loader(self, daemon, self.etl) for _ in range(count)]
        for loader in loaders:
            loader.start()
        return loaders

    def end(self, loaders):
        for loader in loaders:
            loader.done.set()
        for loader in loaders:
            loader.join(30)
        return {jti for loader in loaders for jti in loader.jtis}

    def recorded(self, daemon):
        found = [record["jti"] for path in daemon.audit_files() for record in daemon.audit_lines(path) if "jti" in record]
        self.assertEqual(len(found), len(set(found)))
        return set(found)


class Rotation(ChainCase):
    def test_the_chain_goes_on_over_sighup_and_restart(self):
        daemon, curl = self.start()
        path = daemon.audit_path()
        curl(TOKEN, cert=self.etl, form=grant())
        first_head = self.verify(daemon)["head"]
        os.rename(path, path + ".1")
        daemon.reload()
        curl(TOKEN, cert=self.etl, form=grant())
        self.assertEqual(daemon.log.wait("audit_rotated")["head"], first_head)
        anchor = daemon.audit_lines()[0]
        self.assertEqual((anchor["record"], anchor["reason"], anchor["format"]), ("anchor", "rotated", 1))
        self.assertEqual(f"{anchor['seq'] - 1}:{anchor['prev']}", first_head)
        daemon.stop()
        closed = daemon.log.wait("audit_closed")["head"]
        daemon.start()
        self.assertEqual(daemon.log.wait("audit_opened")["head"], closed)
        curl(TOKEN, cert=self.etl, form=grant())
        found = self.verify(daemon, "--expect", first_head, "--expect", closed)
        self.assertTrue(found["whole"] and found["has_genesis"])
        self.assertEqual([os.path.basename(file["file"]) for file in found["files"]], ["audit.jsonl.1", "audit.jsonl"])
        self.assertEqual(found["records"], 2 + 3)
        self.assertEqual(int(found["head"].split(":")[0]), curl.metrics()[("certbound_audit_head_seq", frozenset())])
        daemon.stop()

    def test_by_size_under_load(self):
        """No record is lost and none stands twice while the file is exchanged; no earlier file is overwritten."""
        config = self.base_config()
        config["audit"] = {"rotate_size": "64KiB"}
        daemon, curl = self.start(config)
        loaders = self.load(daemon)
        eventually(lambda: len(daemon.audit_files()) >= 4, within=60, what="three rotations")
        issued = self.end(loaders)
        self.assertEqual([loader.refused for loader in loaders], [[]] * 4)
        self.assertEqual(self.recorded(daemon), issued)
        found = self.verify(daemon)
        self.assertEqual(len(found["files"]), len(daemon.audit_files()))
        self.assertEqual(found["records"], len(issued) + len(found["files"]))
        for path in daemon.audit_files():
            self.assertRegex(os.path.basename(path), r"\Aaudit\.jsonl(\.\d{8}T\d{6}Z(\.\d+)?)?\Z")
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
            if path != daemon.audit_path():
                self.assertLess(64 * 1024 - 1, os.path.getsize(path))
                self.assertLess(os.path.getsize(path), 68 * 1024)
        # By a pattern of the shell, the note of the head among them.
        self.assertEqual(run("audit", "verify", *daemon.audit_files(), daemon.audit_path() + ".head").returncode, 0)
        daemon.reload()
        daemon.stop()

    def test_too_small_a_size_is_refused(self):
        config = self.base_config()
        config["audit"] = {"rotate_size": "1KiB"}
        done = run("check", "--config", self.pki.write("small.yaml", json.dumps(config)))
        self.assertEqual(done.returncode, 1)
        self.assertIn("audit.rotate_size: a file for every few records", done.stderr)


class Killed(ChainCase):
    def check_kills(self, durability):
        config = self.base_config()
        config["audit"] = {"durability": durability, "rotate_size": "64KiB"}
        daemon, _ = self.start(config)
        answered = set()
        for _ in range(KILLS):
            loaders = self.load(daemon)
            enough = 40 + len(answered) // 10
            eventually(lambda: sum(len(loader.jtis) for loader in loaders) >= enough, within=60, what=f"{enough} tokens")
            daemon.process.send_signal(signal.SIGKILL)
            daemon.wait_exit()
            answered |= self.end(loaders)
            self.assertEqual(answered - self.recorded_whole(daemon), set())
            daemon.start()
            found = self.verify(daemon)
            self.assertTrue(found["whole"] and found["has_genesis"])
        self.assertGreater(len(answered), 40 * KILLS)
        daemon.stop()
        self.assertEqual(answered - self.recorded(daemon), set())

    def recorded_whole(self, daemon):
        """Also where the last line is half a one."""
        found = set()
        for path in daemon.audit_files():
            found |= {record["jti"] for record in daemon.audit_lines(path) if "jti" in record}
        return found

    def test_no_record_of_an_answered_token_is_lost(self):
        """Issue 4, 8: kill -9 during load, again and again."""
        self.check_kills("kernel")

    def test_nor_with_fsync(self):
        self.check_kills("fsync")


class Tampering(ChainCase):
    def setUp(self):
        super().setUp()
        self.daemon, curl = self.start()
        for _ in range(4):
            curl(TOKEN, cert=self.etl, form=grant())
        self.daemon.stop()
        with open(self.daemon.audit_path(), encoding="utf-8") as file:
            self.lines = file.read().splitlines(keepends=True)

    def assert_broken(self, lines, kind, line):
        with open(self.daemon.audit_path(), "w", encoding="utf-8") as file:
            file.write("".join(lines))
        broken = self.verify(self.daemon, status=1)["broken"]
        self.assertEqual((broken["kind"], broken["line"]), (kind, line), broken)
        done = run("audit", "verify", self.daemon.audit_path())
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{self.daemon.audit_path()}:{line}: record {broken['seq']}: {kind}: ", done.stdout)

    def test_is_found(self):
        lines = self.lines
        changed = lines[2].replace("client_credentials", "client_credentialz")
        self.assert_broken([*lines[:2], changed, *lines[3:]], "changed", 3)
        self.assert_broken([*lines[:2], *lines[3:]], "removed", 3)
        self.assert_broken([lines[0], lines[2], lines[1], *lines[3:]], "reordered", 2)
        self.assert_broken([*lines[:2], lines[1], *lines[2:]], "inserted", 3)
        self.assert_broken(lines[:-1], "truncated", 4)
        self.assert_broken([*lines[:-1], lines[-1][:50]], "torn", 5)
        self.assert_broken(lines[1:], "removed", 1)

    def test_stays_visible_after_the_next_start(self):
        """The server goes on from the head that it knows; what it found is set aside."""
        with open(self.daemon.audit_path(), "w", encoding="utf-8") as file:
            file.write("".join(self.lines[:-1]))
        self.daemon.start()
        event = self.daemon.log.wait("audit_file_replaced")
        self.assertEqual(self.daemon.audit_lines()[0]["reason"], "replaced")
        with open(event["set_aside"], encoding="utf-8") as file:
            self.assertEqual(file.read(), "".join(self.lines[:-1]))
        broken = self.verify(self.daemon, status=1)["broken"]
        self.assertEqual((broken["kind"], broken["seq"]), ("removed", 5))
        self.daemon.stop()

    def test_unreadable_is_3_and_wrong_usage_2(self):
        self.assertEqual(run("audit", "verify", os.path.join(self.folder, "missing")).returncode, 3)
        self.assertEqual(run("audit", "verify", self.daemon.audit_path(), "--expect", "nonsense").returncode, 2)
        self.assertEqual(run("audit", "show", self.daemon.audit_path()).returncode, 2)
        self.assertEqual(run("audit", "show", self.daemon.audit_path(), "--since", "soon").returncode, 2)
        done = run("audit", "verify", self.daemon.audit_path(), "--expect", "3:" + "A" * 43)
        self.assertEqual(done.returncode, 1)
        self.assertIn("record 3: rewritten: ", done.stdout)

    def test_a_removed_log_and_head_begin_another_chain(self):
        """Whoever kept a head or a file from before finds out."""
        kept = os.path.join(self.folder, "kept.jsonl")
        shutil.copy(self.daemon.audit_path(), kept)
        with open(self.daemon.audit_path() + ".head", encoding="ascii") as file:
            head = file.read().strip()
        os.remove(self.daemon.audit_path())
        os.remove(self.daemon.audit_path() + ".head")
        self.daemon.start()
        self.assertEqual(self.daemon.audit_lines()[0]["prev"], "genesis")
        self.assertEqual(self.verify(self.daemon, "--expect", head, status=1)["broken"]["kind"], "truncated")
        done = run("audit", "verify", "--json", kept, self.daemon.audit_path())
        # The second beginning, or where the new head is noted already that the kept records are not those of its chain.
        self.assertEqual(done.returncode, 1)
        self.assertIn(json.loads(done.stdout)["broken"]["kind"], ("genesis", "rewritten"))
        self.daemon.stop()


class Show(ChainCase):
    def show(self, daemon, *arguments, status=0):
        done = run("audit", "show", "--config", daemon.config_path, "--json", *arguments)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return json.loads(done.stdout)["records"]

    def test_tells_which_tokens_a_certificate_got_and_whether_they_live(self):
        """Issue 4, 8: for incidents."""
        config = self.base_config()
        config["tokens"] = {"lifetime": "10s"}
        daemon, curl = self.start(config)
        jtis = []
        for _ in range(2):
            response = curl(TOKEN, cert=self.etl, form=grant())
            jtis.append(tokens.decode(response.json()["access_token"])[1]["jti"])
        os.rename(daemon.audit_path(), daemon.audit_path() + ".1")
        config["tokens"] = {"lifetime": "5m"}
        config["state_dir"] = daemon.state_dir
        daemon.reload(config)
        response = curl(TOKEN, cert=self.etl, form=grant())
        jtis.append(tokens.decode(response.json()["access_token"])[1]["jti"])
        stranger = self.pki.leaf("CN=stranger")
        self.assert_refused(curl(TOKEN, cert=stranger, form=grant()))

        found = self.show(daemon, "--thumbprint", self.etl.x5t())
        self.assertEqual([record["jti"] for record in found], jtis)
        self.assertTrue(found[-1]["alive"])
        refused = self.show(daemon, "--thumbprint", stranger.x5t())
        self.assertEqual([(record["outcome"], "alive" in record) for record in refused], [("refused", False)])
        self.assertEqual(len(self.show(daemon, "--client", "etl")), 4)
        self.assertEqual([record["jti"] for record in self.show(daemon, "--jti", jtis[1])], [jtis[1]])
        self.assertEqual(len(self.show(daemon, "--client", "etl", "--since", found[0]["time"])), 4)
        self.assertEqual(self.show(daemon, "--client", "etl", "--since", str(int(time.time()) + 3600), status=1), [])
        self.assertEqual(self.show(daemon, "--jti", "nobody", status=1), [])

        eventually(lambda: not self.show(daemon, "--jti", jtis[0])[0]["alive"], within=30, what="the end of the first token")
        text = run("audit", "show", "--config", daemon.config_path, "--client", "etl").stdout.splitlines()
        self.assertEqual(len(text), 4)
        self.assertIn(f"jti {jtis[0]}", text[0])
        self.assertIn(" expired ", text[0])
        self.assertIn(" alive until ", text[2])
        self.assertIn("refused (", text[3])
        # Only the file that is named.
        done = run("audit", "show", daemon.audit_path() + ".1", "--client", "etl", "--json")
        self.assertEqual([record["jti"] for record in json.loads(done.stdout)["records"]], jtis[:2])
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
