"""The control socket: who may use it, what it takes, and that nobody at it holds up the server."""

import json
import os
import socket
import stat
import unittest

from support.cases import OwnDaemonCase, grant
from support.client import form_request
from support.daemon import run


class Control(OwnDaemonCase):
    def path(self, daemon):
        return os.path.join(daemon.config["state_dir"], "control.sock")

    def connect(self, daemon):
        connection = socket.socket(socket.AF_UNIX)
        self.addCleanup(connection.close)
        # The path of a test's folder may be longer than an address.
        before = os.getcwd()
        os.chdir(daemon.config["state_dir"])
        try:
            connection.connect("control.sock")
        finally:
            os.chdir(before)
        connection.settimeout(20)  # only now: with it connect() would not wait for room in the queue
        return connection

    def ask(self, daemon, octets, end=False):
        """What comes until the server closes."""
        connection = self.connect(daemon)
        try:
            connection.sendall(octets)
        except BrokenPipeError:
            pass  # refused before it was read to its end
        if end:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while True:
            try:
                part = connection.recv(65536)
            except ConnectionResetError:
                part = b""
            if not part:
                return answer
            answer += part

    def test_it_is_for_the_servers_user_only_and_ends_with_the_server(self):
        daemon, _ = self.start()
        status = os.lstat(self.path(daemon))
        self.assertTrue(stat.S_ISSOCK(status.st_mode))
        self.assertEqual(stat.S_IMODE(status.st_mode), 0o600)
        daemon.stop()
        self.assertFalse(os.path.exists(self.path(daemon)))

    def test_what_is_no_request_gets_an_answer_and_harms_nobody(self):
        daemon, curl = self.start()
        for octets in (b"garbage\n", b"\n", b"{}\n", b'{"verb":"keys.rotate"}{}\n', b"\x00\xff\n", b"[" * 5000 + b"\n", b"x" * 70000 + b"\n",
                       b'{"verb":"keys.explode"}\n', b'{"verb":"keys.rotate","arguments":{"now":"please"}}\n', b'{"verb":"a"}\n{"verb":"b"}\n'):  # fmt: skip
            with self.subTest(octets=octets[:40]):
                answer = json.loads(self.ask(daemon, octets))
                self.assertIs(answer["ok"], False)
                self.assertEqual(answer["error"]["code"], "invalid_request")
        self.assertIs(json.loads(self.ask(daemon, b'{"verb":"keys.rotate"', end=True))["ok"], False)
        self.assertEqual(self.ask(daemon, b"", end=True), b"")
        self.assertEqual(len(curl("/oauth2/jwks").json()["keys"]), 1, "nothing was rotated")
        daemon.stop()

    def test_silent_peers_hold_up_neither_reloads_nor_requests_nor_the_end(self):
        daemon, _ = self.start()
        silent = [self.connect(daemon) for _ in range(24)]
        silent[0].sendall(b'{"verb":')
        self.assertEqual(daemon.reload()["event"], "reloaded")
        with self.tls(daemon, self.etl) as connection:
            connection.send(form_request(grant()))
            self.assertEqual(connection.receive().status, 200)
        # More are connected than are served at a time: those who say nothing are dropped, and the verb gets its turn.
        done = run("keys", "rotate", "--config", daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(silent[0].recv(100), b"")
        daemon.stop()

    def test_a_second_server_leaves_the_first_ones_socket_alone(self):
        daemon, _ = self.start()
        other = self.make_daemon({**self.base_config(), "state_dir": daemon.config["state_dir"]})
        other.spawn()
        self.assertEqual(other.wait_exit(), 3)
        self.assertEqual(run("keys", "rotate", "--config", daemon.config_path).returncode, 0)

    def test_the_socket_of_a_killed_server_is_replaced(self):
        daemon, _ = self.start()
        daemon.process.kill()
        daemon.process.wait()
        self.assertTrue(os.path.exists(self.path(daemon)))
        done = run("keys", "rotate", "--config", daemon.config_path)
        self.assertEqual(done.returncode, 3)
        self.assertIn("no server runs there", done.stderr)
        again = self.make_daemon(daemon.config).start()
        self.assertEqual(run("keys", "rotate", "--config", again.config_path).returncode, 0)
        again.stop()

    def test_something_else_in_its_place_is_left_alone(self):
        daemon = self.make_daemon()
        os.mkdir(daemon.config["state_dir"], 0o700)
        with open(self.path(daemon), "w", encoding="ascii") as file:
            file.write("mine")
        daemon.spawn()
        self.assertEqual(daemon.wait_exit(), 3)
        self.assertIn("not a socket", daemon.log.text())
        with open(self.path(daemon), encoding="ascii") as file:
            self.assertEqual(file.read(), "mine")

    def test_a_verb_works_while_the_file_is_not_valid(self):
        """An emergency does not wait for somebody's typing mistake."""
        daemon, _ = self.start()
        daemon.write_config({**daemon.config, "tokens": {"lifetime": "soon"}})
        self.assertEqual(run("keys", "rotate", "--config", daemon.config_path).returncode, 0)


if __name__ == "__main__":
    unittest.main()
