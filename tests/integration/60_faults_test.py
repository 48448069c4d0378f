"""Bad bytes, full disks, locked databases, crowds: a clear answer, nothing lost, nothing hung (product.md section 8)."""

import contextlib
import fcntl
import os
import random
import signal
import socket
import sqlite3
import ssl
import threading
import time
import unittest

from support.cases import METADATA, TOKEN, DaemonCase, OwnDaemonCase, grant, pki_client
from support.client import form_request, get_request
from support.daemon import PATIENCE, eventually


class Bytes(DaemonCase):
    @classmethod
    def configure(cls, config):
        config["limits"].update(handshake_timeout="2s", header_timeout="2s", body_timeout="2s")

    def tearDown(self):
        self.assertTrue(self.daemon.is_alive())
        self.daemon.check_log()
        self.assert_granted(self.token(self.etl), self.etl)

    def exchange(self, octets):
        """Sends octets to the port without TLS and reads to the end."""
        with socket.create_connection(("127.0.0.1", self.daemon.port), timeout=10 * PATIENCE) as plain:
            try:
                plain.sendall(octets)
                plain.shutdown(socket.SHUT_WR)
                while plain.recv(4096):
                    pass
            except TimeoutError:
                raise  # it has to end
            except OSError:
                pass  # reset, or gone before the end was announced

    def test_garbage_instead_of_a_handshake(self):
        generator = random.Random(1)
        for size in (0, 1, 4, 5, 6, 100, 5000, 100_000):
            self.exchange(generator.randbytes(size))
            self.exchange(b"\x16\x03\x01" + generator.randbytes(size))
            self.exchange(b"\x16\x03\x03\x40\x00\x01" + generator.randbytes(size))

    def test_a_client_hello_cut_and_changed(self):
        """A true ClientHello, cut at places and with bytes changed."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context()
        hello = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
        with contextlib.suppress(ssl.SSLWantReadError):
            hello.do_handshake()
        octets = outgoing.read()
        generator = random.Random(2)
        for length in range(1, len(octets), 23):
            self.exchange(octets[:length])
        for _ in range(60):
            position = generator.randrange(len(octets))
            changed = bytearray(octets)
            changed[position] = generator.randrange(256)
            self.exchange(bytes(changed))

    def test_random_http(self):
        """Whatever comes inside TLS is answered with an error or an end."""
        generator = random.Random(3)
        alphabet = [b"GET ", b"POST ", b"/oauth2/token", b" HTTP/1.1", b"\r\n", b"\n", b"\r", b": ", b"Host", b"Content-Length",
                    b"Transfer-Encoding", b"chunked", b"5", b"-1", b"\0", b"\xff", b"%", b"&", b"=", b" ", b"\t", b"a" * 300]  # fmt: skip
        for _ in range(150):
            octets = b"".join(generator.choices(alphabet, k=generator.randrange(1, 40))) + b"\r\n\r\n"
            with contextlib.suppress(ssl.SSLError, ConnectionError):
                connection = self.tls(self.etl)
                connection.send(octets)
                connection.socket.settimeout(10 * PATIENCE)
                response = connection.receive()
                connection.close()
                self.assertTrue(response is None or 400 <= response.status < 510, (octets, response))

    def test_changed_requests(self):
        """A true request with bytes changed: never a 500."""
        generator = random.Random(4)
        whole = form_request(grant(scope="orders.read"))
        for _ in range(150):
            changed = bytearray(whole)
            for _ in range(generator.randrange(1, 4)):
                changed[generator.randrange(len(changed))] = generator.randrange(256)
            with contextlib.suppress(ssl.SSLError, ConnectionError):
                connection = self.tls(self.etl)
                connection.send(bytes(changed))
                response = connection.receive()
                connection.close()
                self.assertTrue(response is None or response.status < 500 or response.status in (501, 505), (bytes(changed), response))

    def test_connections_that_vanish(self):
        """A reset in the handshake, in the header, in the body, before the answer is read."""
        whole = form_request(grant())
        for cut in (None, 0, 30, len(whole) - 3, len(whole)):
            for _ in range(5):
                plain = socket.create_connection(("127.0.0.1", self.daemon.port), timeout=10)
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
                if cut is None:
                    plain.sendall(b"\x16\x03\x01\x00")
                    plain.close()
                    continue
                context = ssl.create_default_context(cafile=self.server_ca.certificate)
                context.load_cert_chain(self.etl.certificate, self.etl.key)
                connection = context.wrap_socket(plain, server_hostname="localhost")
                connection.sendall(whole[:cut] or b"P")
                connection.close()


class Crowd(DaemonCase):
    def test_many_at_once(self):
        """Threads with kept and new connections, good and bad requests: every answer is the right one."""
        problems = []

        def work(number):
            try:
                for i in range(15):
                    connection = self.tls(self.etl if number % 3 else None)
                    for _ in range(4):
                        connection.send(form_request(grant("etl" if i % 4 else "nobody")))
                        response = connection.receive()
                        expected = 200 if number % 3 and i % 4 else 400
                        if response is None or response.status != expected:
                            problems.append((number, i, response))
                    connection.close()
            except (OSError, AssertionError) as error:
                problems.append(error)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(problems, [])

    def test_the_audit_log_of_a_crowd_is_whole(self):
        """product.md section 7: one line for each decision, also where many are taken at once."""
        before = len(self.daemon.audit_records())
        self.test_many_at_once()
        records = self.daemon.audit_records()[before:]
        self.assertEqual(len(records), 8 * 15 * 4)
        self.assertEqual(len({record["request_id"] for record in records}), len(records))


class Disk(OwnDaemonCase):
    def test_no_record_no_token(self):
        """product.md section 8: a full disk under the audit log refuses tokens, keeps serving documents, and shows in /readyz; with room
        again service comes back without a restart, and every line of the record is whole."""
        import resource

        config = self.base_config()
        daemon, curl = self.start(config, restore_signals=False)  # SIGXFSZ stays ignored, as this interpreter has it
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        size = os.path.getsize(daemon.audit_path())
        # A write past RLIMIT_FSIZE fails with EFBIG, as one to a full disk fails with ENOSPC.
        soft, hard = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (size, hard))
        response = curl(TOKEN, cert=self.etl, form=grant())
        self.assertIn(response.status, (500, 503), response)
        self.assertNotIn(b"access_token", response.body)
        self.assertEqual(curl(METADATA).status, 200)
        self.assertEqual(curl.operations("/readyz").status, 503)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (soft, hard))

        def works():
            return curl(TOKEN, cert=self.etl, form=grant()).status == 200

        eventually(works, what="service with room on the disk")
        eventually(lambda: curl.operations("/readyz").status == 200, what="readiness with room on the disk")
        for record in daemon.audit_records():  # every line is whole
            self.assertIn("request_id", record)
        daemon.stop()


class Database(OwnDaemonCase):
    def test_a_locked_database(self):
        """product.md section 8: what needs the database is refused, what does not goes on, and nothing hangs."""
        config = self.base_config()
        daemon, curl = self.start(config)
        self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        path = os.path.join(daemon.state_dir, "certbound.db")
        holder = sqlite3.connect(path, isolation_level=None, timeout=10)
        holder.execute("BEGIN EXCLUSIVE")
        try:
            for _ in range(4):
                self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
            started = time.monotonic()
            response = curl(TOKEN, cert=self.etl, form=grant("nobody"))
            self.assertIn(response.status, (400, 503))
            self.assertLess(time.monotonic() - started, 15 * PATIENCE)
            changed = dict(config, clients=[*config["clients"], pki_client("late", tls_client_auth_san_dns="a.example")])
            daemon.reload(changed, expect="reload_failed", within=30)
            self.assert_granted(curl(TOKEN, cert=self.etl, form=grant()), self.etl)
        finally:
            holder.execute("ROLLBACK")
            holder.close()
        daemon.reload()
        daemon.stop()

    def test_a_database_that_blocks_its_readers(self):
        """product.md section 8: those who wait for it get an answer in seconds, not one after the other, and SIGTERM ends."""
        daemon, _ = self.start(dict(self.base_config(), limits={"drain_timeout": "1s"}))
        known = self.tls(daemon, self.etl)  # one connection, so one worker, which keeps the client
        known.send(form_request(grant()))
        self.assert_granted(known.receive(), self.etl)
        # SQLite's file format, section 4.4 (WAL-index locks): the octets from 120 on; without those from 123 on none reads.
        with open(os.path.join(daemon.state_dir, "certbound.db-shm"), "r+b") as shared:
            fcntl.lockf(shared, fcntl.LOCK_EX, 5, 123)
            waiting = [self.tls(daemon, self.etl) for _ in range(24)]
            started = time.monotonic()
            for number, connection in enumerate(waiting):
                connection.send(form_request(grant(f"nobody-{number}")))
            known.send(form_request(grant()))
            self.assert_granted(known.receive(), self.etl)
            daemon.process.send_signal(signal.SIGTERM)
            for connection in waiting:
                response = connection.receive()
                self.assertIsNotNone(response)
                self.assertIn(response.status, (500, 503), response)
            self.assertEqual(daemon.wait_exit(within=30), 0)
            self.assertLess(time.monotonic() - started, 25 * PATIENCE)
        daemon.check_log()


class BlockedLog(OwnDaemonCase):
    def test_a_log_that_nobody_reads_stops_no_worker(self):
        """architecture.md: log lines go through a bounded queue; a blocked terminal never stops a request."""
        daemon, curl = self.start()
        connection = self.tls(daemon, self.etl)
        daemon.log.hold()
        try:
            for number in range(2500):  # far more than a pipe's 64 KiB
                connection.send(form_request(grant("nobody" if number % 2 else "etl")))
                response = connection.receive()
                self.assertIsNotNone(response)
                self.assertEqual(response.status, 400 if number % 2 else 200)
            self.assertEqual(curl(METADATA).status, 200)
        finally:
            daemon.log.go_on()
        daemon.stop()


class Memory(OwnDaemonCase):
    def test_bad_requests_leak_nothing(self):
        """product.md section 8: connections, descriptors and memory come back."""
        daemon, _ = self.start()

        def round_of_everything():
            for number in range(60):
                with contextlib.suppress(ssl.SSLError, ConnectionError):
                    connection = self.tls(daemon, self.etl if number % 2 else None)
                    connection.send([form_request(grant()), form_request(b"%zz"), get_request("/x"), b"\0\r\n\r\n"][number % 4])
                    connection.receive()
                    connection.close()

        for _ in range(3):
            round_of_everything()
        eventually(lambda: daemon.open_files() < 60, what="closed connections")
        files, memory = daemon.open_files(), daemon.resident_kib()
        for _ in range(5):
            round_of_everything()
        eventually(lambda: daemon.open_files() <= files + 2, what="closed connections")
        if PATIENCE == 1:  # a sanitizer's quarantine is no leak
            self.assertLess(daemon.resident_kib() - memory, 4 * 1024)
        daemon.stop()


if __name__ == "__main__":
    unittest.main()
