"""Start and stop of the daemon: what it prints, what it leaves, how it ends."""

import glob
import json
import os
import signal
import socket
import sqlite3
import ssl
import stat
import textwrap
import unittest

from support import daemon as daemons
from support import tokens
from support.cases import JWKS, METADATA, TOKEN, OwnDaemonCase, grant
from support.client import Curl, form_request
from support.daemon import eventually


class Start(OwnDaemonCase):
    def test_it_is_ready_and_healthy(self):
        """product.md section 4: /healthz and /readyz answer 200, on the operations listener and under the issuer."""
        daemon, curl = self.start()
        for path in ("/healthz", "/readyz"):
            self.assertEqual(curl.operations(path).status, 200)
            self.assertEqual(curl(path).status, 200)
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        daemon.stop()

    def test_what_it_keeps_is_private(self):
        """product.md section 6: the signing keys are kept with mode 0600; nothing of the state directory is others' to read."""
        daemon, _ = self.start()
        found = glob.glob(os.path.join(daemon.state_dir, "**"), recursive=True)
        files = [path for path in found if os.path.isfile(path)]
        self.assertTrue(any(path.endswith(".db") for path in files), files)
        for path in files:
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode) & 0o077, 0, path)
        self.assertEqual(stat.S_IMODE(os.stat(daemon.state_dir).st_mode) & 0o007, 0)
        daemon.stop()

    def test_a_restart_keeps_the_signing_key(self):
        """SRV-7: a token that was issued before a restart verifies with the keys that are published after it."""
        daemon, curl = self.start()
        token = curl(TOKEN, cert=self.etl, form=grant()).json()["access_token"]
        daemon.stop()
        daemon.start()
        self.assertTrue(tokens.has_valid_signature(token, curl(JWKS).json()))
        later = curl(TOKEN, cert=self.etl, form=grant()).json()["access_token"]
        self.assertEqual(tokens.decode(later)[0]["kid"], tokens.decode(token)[0]["kid"])
        daemon.stop()

    def test_a_killed_daemon_starts_again_and_kept_every_record(self):
        """architecture.md section 4: the audit record leaves before the answer; durability kernel survives a killed process."""
        daemon, curl = self.start()
        issued = set()
        for _ in range(5):
            answer = curl(TOKEN, cert=self.etl, form=grant()).json()
            issued.add(tokens.decode(answer["access_token"])[1]["jti"])
        daemon.process.send_signal(signal.SIGKILL)
        daemon.wait_exit()
        self.assertEqual(issued, {record["jti"] for record in daemon.audit_records()})
        daemon.start()
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        daemon.stop()

    def test_it_tells_systemd(self):
        """sd_notify: READY=1 when it serves, STOPPING=1 when it ends."""
        path = os.path.join(self.folder, "notify.sock")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
            receiver.bind(path)
            receiver.settimeout(10 * daemons.PATIENCE)
            daemon, _ = self.start(environment={"NOTIFY_SOCKET": path})
            self.assertIn("READY=1", receiver.recv(4096).decode().split("\n"))
            daemon.stop()
            self.assertIn("STOPPING=1", receiver.recv(4096).decode().split("\n"))

    def test_json_and_block_yaml_are_the_same_configuration(self):
        """product.md section 3: JSON is YAML too, and must load; so must plain YAML with comments."""
        config = self.base_config()
        text = textwrap.dedent(f"""\
            # A comment.
            issuer: https://localhost:8443
            listeners:
              - address: "127.0.0.1:0"
                client_certificate: request
            operations: {{address: "127.0.0.1:0"}}
            tls:
              certificate: {config["tls"]["certificate"]}
              private_key: {config["tls"]["private_key"]}
            state_dir: ${{CERTBOUND_TEST_STATE}}
            log: {{format: json, level: debug}}
            resources:
              - identifier: https://api.example.com
                scopes: [orders.read]
            trust_stores:
              partner:
                anchors: [{self.partner_ca.certificate}]
            clients:
              - client_id: etl
                token_endpoint_auth_method: tls_client_auth
                tls_client_auth_subject_dn: "CN=etl-01,O=Partner Corp,C=GB"
                trust_store: partner
                scope: orders.read
                resources: [https://api.example.com]
            """)
        daemon = self.make_daemon(text)
        daemon.environment["CERTBOUND_TEST_STATE"] = daemon.state_dir
        daemon.start()
        self.assert_granted(Curl(daemon, self.server_ca)(TOKEN, cert=self.etl, form=grant()), self.etl)
        daemon.stop()


class RefusedStart(OwnDaemonCase):
    def refused(self, config, status, *words):
        """The daemon ends with that status and says these words; nothing of it stays behind."""
        daemon = self.make_daemon(config)
        daemon.spawn()
        self.assertEqual(daemon.wait_exit(), status, daemon.log.tail())
        daemon.check_log()
        for word in words:
            self.assertIn(word, daemon.log.text())
        return daemon

    def test_an_invalid_configuration_ends_with_78(self):
        """product.md section 2: serve exits 78, so that systemd does not restart it in a loop; every problem is named at once."""
        config = self.base_config()
        config["tokens"]["lifetme"] = "5m"
        config["listeners"][0]["client_certificate"] = "demand"
        daemon = self.refused(config, 78, "lifetme", "did you mean lifetime", "client_certificate")
        self.assertRegex(daemon.log.text(), r"certbound\.yaml:\d+:\d+: ")
        self.assertFalse(os.path.exists(os.path.join(daemon.state_dir, "certbound.db")))

    def test_keys_of_later_features_are_refused(self):
        """Issue 2: what is not served yet is not accepted rather than accepted and ignored."""
        later = [
            (("clients", 0, "jwks_uri"), "https://a.example/jwks"),
            (("trust_stores", "partner", "revocation"), {"mode": "require"}),
            (("clients", 0, "tls_client_auth_subject_dn_pattern"), "CN=*.a.example"),
        ]
        for path, value in later:
            with self.subTest(path=path):
                config = self.base_config()
                target = config
                for step in path[:-1]:
                    target = target[step]
                target[path[-1]] = value
                self.refused(config, 78, path[-1])

    def test_a_client_without_a_subject_or_with_two_is_refused_by_name(self):
        """8705-2.1.2-1, cloudfoundry/uaa 3972: exactly one subject field; the message names the client."""
        for members in ({}, {"tls_client_auth_subject_dn": "CN=a", "tls_client_auth_san_dns": "a.example"}):
            config = self.base_config()
            client = dict(config["clients"][0], client_id="batch-07")
            del client["tls_client_auth_subject_dn"]
            config["clients"].append({**client, **members})
            with self.subTest(members=members):
                self.refused(config, 78, "batch-07", "tls_client_auth_subject_dn")

    def test_malformed_subjects_are_refused(self):
        """8705-2.1.2-2, 2.1.2-5, 2.1.2-7, DN-3, DN-6, DN-21: what cannot be parsed is refused at load, never compared raw."""
        bad = [
            ("tls_client_auth_subject_dn", "CN=a,,O=b"),
            ("tls_client_auth_subject_dn", "CN"),
            ("tls_client_auth_subject_dn", ""),
            ("tls_client_auth_subject_dn", "NOSUCH=a"),
            ("tls_client_auth_subject_dn", 'CN=a"b'),
            ("tls_client_auth_subject_dn", "CN=a\\"),
            ("tls_client_auth_san_ip", "010.0.0.1"),
            ("tls_client_auth_san_ip", "10.1"),
            ("tls_client_auth_san_dns", ["a.example"]),
            ("tls_client_auth_san_dns", ""),
            ("tls_client_auth_san_uri", "not a uri"),
            ("tls_client_auth_san_email", "nobody"),
        ]
        for name, value in bad:
            with self.subTest(name=name, value=value):
                config = self.base_config()
                del config["clients"][0]["tls_client_auth_subject_dn"]
                config["clients"][0][name] = value
                self.refused(config, 78, name)

    def test_empty_and_damaged_trust_stores_fail_closed(self):
        """CVE-2026-27586: an unreadable, empty or damaged set of anchors is fatal; it never means "no restriction"."""
        whole = self.partner_ca.pem()
        for name, content in {"empty.pem": "", "damaged.pem": whole[:200] + "?" + whole[201:], "key.pem": "no certificate"}.items():
            with self.subTest(name=name):
                config = self.base_config()
                config["trust_stores"]["partner"]["anchors"] = [self.pki.write(name, content)]
                self.refused(config, 78, name)
        config = self.base_config()
        config["trust_stores"]["partner"]["anchors"] = [os.path.join(self.folder, "gone.pem")]
        self.refused(config, 78, "gone.pem")
        config["trust_stores"]["partner"]["anchors"] = []
        self.refused(config, 78, "anchors")

    def test_a_client_certificate_is_no_anchor(self):
        """openiddict 2417: a leaf in a trust store never becomes a CA."""
        config = self.base_config()
        config["trust_stores"]["partner"]["anchors"] = [self.etl.certificate]
        self.refused(config, 78, "partner", "not a CA")

    def test_a_key_that_is_not_the_certificates_is_refused(self):
        """product.md section 3: a contradiction between files is an error at load."""
        config = self.base_config()
        config["tls"]["private_key"] = self.etl.key
        self.refused(config, 78, os.path.basename(self.etl.key))

    def test_a_taken_port_ends_with_3(self):
        """product.md section 2: exit status 3 when it could not run; a failed bind does not vanish without a word."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            config = self.base_config()
            config["listeners"][0]["address"] = f"127.0.0.1:{taken.getsockname()[1]}"
            self.refused(config, 3, str(taken.getsockname()[1]))

    def test_a_second_daemon_on_one_state_dir_ends_with_3(self):
        """Two daemons would each make the registry what its own configuration says."""
        first, curl = self.start()
        config = self.base_config()
        config["clients"] = []
        config["state_dir"] = first.state_dir
        self.refused(config, 3, "another certbound uses it")
        first.reload()
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        first.stop()

    def test_a_port_of_another_certbound_ends_with_3(self):
        """product.md section 2: two daemons of one user do not share a port, and its clients, without a word."""
        for workers in (1, 2):
            daemon, _ = self.start({**self.base_config(), "workers": workers})
            for name, port in (("listeners", daemon.port), ("operations", daemon.operations_port)):
                config = {**self.base_config(), "workers": workers}
                section = config["listeners"][0] if name == "listeners" else config["operations"]
                section["address"] = f"127.0.0.1:{port}"
                self.refused(config, 3, f"127.0.0.1:{port}: cannot listen")
            daemon.stop()

    def test_all_addresses_of_a_port_may_be_listened_to(self):
        """Any IPv4 and any IPv6 address of one port overlap, but are two listeners of one daemon."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        config = self.base_config()
        config["listeners"] = [{"address": f"0.0.0.0:{port}"}, {"address": f"[::]:{port}"}]
        daemon, curl = self.start(config)
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant(), port=port), self.etl)
        daemon.stop()

    def test_a_damaged_database_ends_with_3_and_is_left_alone(self):
        """product.md section 8: a malformed database never crashes it, and nothing of it is lost."""
        config = self.base_config()
        daemon = self.make_daemon(config)
        os.mkdir(daemon.state_dir, 0o700)
        path = os.path.join(daemon.state_dir, "certbound.db")
        with open(path, "wb") as file:
            file.write(b"this is no database, whatever its name says" * 100)
        os.chmod(path, 0o600)
        daemon.spawn()
        self.assertEqual(daemon.wait_exit(), 3, daemon.log.tail())
        daemon.check_log()
        self.assertIn("certbound.db", daemon.log.text())
        with open(path, "rb") as file:
            self.assertTrue(file.read().startswith(b"this is no database"))

    def test_a_database_of_a_newer_version_is_refused_unchanged(self):
        """architecture.md section 11: a database newer than the binary is refused."""
        daemon, _ = self.start()
        daemon.stop()
        path = os.path.join(daemon.state_dir, "certbound.db")
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA user_version = 9999")
        database.close()
        daemon.spawn()
        self.assertEqual(daemon.wait_exit(), 3, daemon.log.tail())
        self.assertIn("newer", daemon.log.text())
        with sqlite3.connect(path) as database:
            self.assertEqual(database.execute("PRAGMA user_version").fetchone(), (9999,))
        database.close()


class Stop(OwnDaemonCase):
    def is_closed_port(self, port):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:  # it was queued when its listener closed; another may still listen
            return False
        return False

    def test_sigterm_and_sigint_end_with_0_and_close_the_port(self):
        """product.md section 2: serve runs until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number):
                daemon, _ = self.start()
                port = daemon.port
                daemon.stop(number)
                self.assertTrue(daemon.log.events("stopping"))
                self.assertTrue(daemon.log.events("stopped"))
                with self.assertRaises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", port), timeout=5)

    def test_a_request_in_flight_is_answered(self):
        """SRV-6: SIGTERM drains; the token request that had begun completes, and its connection is closed after it."""
        daemon, _ = self.start()
        connection = self.tls(daemon, self.etl)
        octets = form_request(grant())
        connection.send(octets[:-5])
        # The server has the first part when both workers have answered another request.
        for _ in range(8):
            with_other = self.tls(daemon)
            with_other.send(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertEqual(with_other.receive().status, 200)
        daemon.process.send_signal(signal.SIGTERM)
        eventually(lambda: self.is_closed_port(daemon.port), what="closed listeners")  # every worker drains now
        connection.send(octets[-5:])
        response = connection.receive()
        self.assertIsNotNone(response, "the request in flight was cut")
        self.assert_granted(response, self.etl)
        self.assertEqual((response.header("Connection") or "").lower(), "close")
        self.assertTrue(connection.is_closed())
        daemon.stop()

    def test_idle_connections_do_not_delay_the_end(self):
        """architecture.md section 6: sessions that wait for a request end now, not after the drain timeout."""
        config = self.base_config()
        config["limits"]["drain_timeout"] = "60s"
        for _ in range(4):  # some of the connections may still be in their handshake, which differs from run to run
            daemon, _ = self.start(config)
            idle = [self.tls(daemon, self.etl) for _ in range(4)]
            idle[0].send(form_request(grant()))
            self.assertEqual(idle[0].receive().status, 200)
            daemon.stop(within=5)
            for connection in idle:
                self.assertTrue(connection.is_closed())

    def test_a_request_that_never_ends_is_cut_at_the_drain_timeout(self):
        """architecture.md section 6: past drain_timeout a session is cut, and the daemon still ends with 0."""
        config = self.base_config()
        config["limits"].update(drain_timeout="1s", header_timeout="60s", body_timeout="60s")
        daemon, _ = self.start(config)
        connection = self.tls(daemon, self.etl)
        connection.send(form_request(grant())[:-5])
        daemon.stop(within=8)
        self.assertTrue(connection.is_closed())

    def test_a_half_handshake_does_not_delay_the_end(self):
        daemon, _ = self.start()
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=20) as half:
            half.sendall(b"\x16\x03\x01")
            daemon.stop(within=8)

    def test_a_second_sigterm_changes_nothing(self):
        daemon, _ = self.start()
        daemon.process.send_signal(signal.SIGTERM)
        if daemon.is_alive():
            daemon.process.send_signal(signal.SIGTERM)
        self.assertEqual(daemon.wait_exit(), 0)
        daemon.check_log()


class Log(OwnDaemonCase):
    def test_every_line_is_one_json_object(self):
        """architecture.md section 1: log lines are built by us and escaped."""
        daemon, curl = self.start()
        curl(TOKEN, form=grant('a"b\\c'))
        curl(METADATA)
        daemon.stop()
        lines = daemon.log.text().splitlines()
        self.assertGreater(len(lines), 3)
        for line in lines:
            event = json.loads(line)
            self.assertIsInstance(event["event"], str)
            self.assertIn(event["level"], ("debug", "info", "warning", "error"))
            self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")

    def test_listening_tells_where(self):
        daemon, _ = self.start()
        schemes = sorted(event["scheme"] for event in daemon.log.events("listening"))
        self.assertIn("https", schemes)
        self.assertIn("http", schemes)
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=5) as plain:
            context = ssl.create_default_context(cafile=self.server_ca.certificate)
            with context.wrap_socket(plain, server_hostname="localhost") as connection:
                self.assertEqual(connection.version(), "TLSv1.3")
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
