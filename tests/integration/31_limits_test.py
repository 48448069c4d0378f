"""Every wait has a deadline, every buffer a bound (product.md section 8, conformance.md SRV-3 and SRV-4)."""

import resource
import socket
import ssl
import time
import unittest

from support.cases import METADATA, TOKEN, DaemonCase, grant
from support.client import form_request, get_request
from support.daemon import PATIENCE, eventually

KIB = 1024


class Sizes(DaemonCase):
    """The defaults: header 16 KiB, body 64 KiB."""

    def assert_too_large(self, octets, status):
        connection = self.tls(self.etl)
        try:
            connection.send(octets)
        except (ConnectionError, ssl.SSLError):
            pass  # the server may have closed before all was sent; its answer is there all the same
        response = connection.receive()
        self.assertIsNotNone(response)
        self.assertEqual(response.status, status, response)
        self.assertEqual(response.json()["request_id"], response.header("X-Request-Id"))
        self.assertTrue(connection.is_closed())

    def test_the_end_is_announced(self):
        """RFC 8446 section 6.1: also after an answer to what is malformed or too large; a peer sees no truncation."""
        head = b"POST /oauth2/token HTTP/1.1\r\nHost: a\r\n"
        for octets, status in (
            (b"GET / HTTP/1.1\nHost: a\n\n", 400),
            (head + b"Content-Length: 100000000\r\n\r\n", 413),
            (get_request("/" + "a" * (15 * KIB)), 414),
            (get_request(METADATA, headers=["X-A: " + "a" * (16 * KIB)]), 431),
            (get_request(METADATA, headers=["Connection: close"]), 200),
        ):
            with self.subTest(status=status):
                connection = self.tls(self.etl)
                connection.send(octets)
                self.assertEqual(connection.receive().status, status)
                self.assertTrue(connection.is_ended())

    def test_a_large_header_is_431(self):
        """SRV-4."""
        for size in (16 * KIB, 64 * KIB, 1024 * KIB):
            self.assert_too_large(get_request(METADATA, headers=["X-A: " + "a" * size]), 431)
        self.assert_too_large(get_request(METADATA, headers=[f"X-{i}: {i}" for i in range(4000)]), 431)

    def test_a_header_within_the_bound_is_served(self):
        connection = self.tls()
        connection.send(get_request(METADATA, headers=["X-A: " + "a" * (15 * KIB)]))
        self.assertEqual(connection.receive().status, 200)

    def test_a_long_target_is_414(self):
        """product.md section 8."""
        self.assert_too_large(get_request("/" + "a" * (15 * KIB)), 414)
        self.assert_too_large(get_request("/" + "a" * (1024 * KIB)), 414)

    def test_a_large_body_is_413(self):
        """6749-3.2-7: by its length before it is read, and by its size where no length is given."""
        body = b"grant_type=client_credentials&client_id=etl&x=" + b"a" * (2 * KIB * KIB)
        self.assert_too_large(form_request(body), 413)
        head = b"POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        chunk = b"1000\r\n" + b"a" * 4096 + b"\r\n"
        self.assert_too_large(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 32, 413)
        response = self.curl(TOKEN, cert=self.etl, data=body, headers=["Expect: 100-continue"])
        self.assertEqual(response.status, 413)

    def test_the_largest_body_is_read(self):
        start = b"grant_type=client_credentials&client_id=etl&x="
        body = start + b"a" * (64 * KIB - len(start))
        response = self.curl(TOKEN, cert=self.etl, data=body)
        self.assert_granted(response, self.etl)
        self.assertEqual(self.curl(TOKEN, cert=self.etl, data=body + b"a").status, 413)

    def test_many_parameters_are_no_effort(self):
        """A form of 20,000 parameters is answered as fast as any."""
        body = b"grant_type=client_credentials&client_id=etl" + b"".join(b"&%x" % i for i in range(10000))
        started = time.monotonic()
        response = self.curl(TOKEN, cert=self.etl, data=body)
        self.assertIn(response.status, (200, 400))
        self.assertLess(time.monotonic() - started, 5 * PATIENCE)


class Deadlines(DaemonCase):
    """All of one second."""

    @classmethod
    def configure(cls, config):
        config["limits"].update(handshake_timeout="1s", header_timeout="1s", body_timeout="1s", idle_timeout="2s")

    def test_a_slow_handshake_is_cut(self):
        """SRV-3."""
        for start in (b"", b"\x16", b"\x16\x03\x01\x02\x00\x01"):
            with socket.create_connection(("127.0.0.1", self.daemon.port), timeout=8 * PATIENCE) as plain:
                plain.sendall(start)
                try:
                    while plain.recv(4096):  # an alert may come first; TimeoutError where the end does not
                        pass
                except ConnectionError:
                    pass

    def test_a_slow_header_is_408(self):
        """SRV-3."""
        connection = self.tls()
        connection.send("GET / HT")
        response = connection.receive()
        self.assertIsNotNone(response)
        self.assertEqual(response.status, 408)
        self.assertEqual(response.json()["request_id"], response.header("X-Request-Id"))
        self.assertTrue(connection.is_ended())

    def test_a_trickle_does_not_renew_the_deadline(self):
        """SRV-3: a byte now and then (slowloris) ends like silence."""
        connection = self.tls()
        connection.socket.settimeout(0.2)
        started = time.monotonic()
        octets = iter(get_request(METADATA, headers=["X-A: " + "a" * 4000]))
        ended = False
        while not ended and time.monotonic() - started < 10 * PATIENCE:
            try:
                connection.send(bytes([next(octets)]))
                connection.socket.recv(1)  # the 408 or the end; TimeoutError where there is none yet
                ended = True
            except TimeoutError:
                continue
            except (ssl.SSLError, ConnectionError):
                ended = True
        self.assertTrue(ended, "a trickled header kept its connection")

    def test_a_slow_body_is_408(self):
        """SRV-3."""
        connection = self.tls(self.etl)
        connection.send(form_request(grant())[:-1])
        response = connection.receive()
        self.assertIsNotNone(response)
        self.assertEqual(response.status, 408)
        self.assertTrue(connection.is_ended())

    def test_an_idle_connection_ends_without_a_word(self):
        connection = self.tls(self.etl)
        connection.send(form_request(grant()))
        self.assert_granted(connection.receive(), self.etl)
        self.assertTrue(connection.is_ended(within=8))

    def test_a_reader_that_does_not_read_is_cut(self):
        """SRV-3: answers that nobody takes do not pile up."""
        connection = self.tls()
        connection.socket.settimeout(0.5)
        before = self.daemon.resident_kib()
        deadline = time.monotonic() + 20 * PATIENCE
        ended = False
        while not ended and time.monotonic() < deadline:
            try:
                connection.send(get_request(METADATA) * 100)
            except TimeoutError:
                continue
            except (ssl.SSLError, ConnectionError):
                ended = True
        self.assertTrue(ended)
        self.assertLess(self.daemon.resident_kib() - before, 16 * KIB)

    def test_the_slow_do_not_hold_up_the_others(self):
        """SRV-3."""
        slow = [socket.create_connection(("127.0.0.1", self.daemon.port), timeout=20) for _ in range(50)]
        try:
            for _ in range(5):
                self.assert_granted(self.token(self.etl), self.etl)
        finally:
            for plain in slow:
                plain.close()


class Connections(DaemonCase):
    @classmethod
    def configure(cls, config):
        config["workers"] = 1
        config["limits"].update(connections_per_worker=4)

    def test_a_full_worker_closes_the_longest_idle(self):
        """product.md section 8: a limit with a defined answer. Idle connections give way, so that nobody can hold all places."""
        idle = [self.tls(self.etl) for _ in range(4)]
        for connection in idle:
            connection.send(form_request(grant()))
            self.assert_granted(connection.receive(), self.etl)
        for _ in range(3):
            newcomer = self.tls(self.etl)
            newcomer.send(form_request(grant()))
            self.assert_granted(newcomer.receive(), self.etl)
            newcomer.close()
        self.assertTrue(idle[0].is_closed())
        for connection in idle:
            connection.close()

    def test_a_worker_full_of_busy_connections_refuses_and_recovers(self):
        connections = [self.tls(self.etl) for _ in range(4)]
        whole = form_request(grant(), headers=["Expect: 100-continue"])
        head, _, body = whole.partition(b"\r\n\r\n")
        for connection in connections:
            connection.send(head + b"\r\n\r\n")
            self.assertTrue(connection.socket.recv(64).startswith(b"HTTP/1.1 100 "))  # the server waits for this body now
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            extra = self.tls(self.etl)
            extra.send(form_request(grant()))
            if extra.receive() is None:
                raise ConnectionError
        # Operators have places of their own.
        self.assertEqual(self.curl.operations("/healthz").status, 200)
        for connection in connections:
            connection.send(body)
            self.assert_granted(connection.receive(), self.etl)
            connection.close()
        self.assert_granted(self.token(self.etl), self.etl)


class Descriptors(DaemonCase):
    file_limit = 80

    def test_fewer_connections_where_fewer_descriptors(self):
        """The configured 10,000 do not fit: said at the start."""
        event = self.daemon.log.wait("connections_reduced")
        self.assertEqual(event["open_files"], 80)
        self.assertLess(event["connections_per_worker"], 80)

    def test_many_connections_are_survived(self):
        """product.md section 8: with 80 descriptors and 100 connections it neither dies nor spins, and serves again after it."""
        held = [socket.create_connection(("127.0.0.1", self.daemon.port), timeout=5) for _ in range(100)]
        eventually(lambda: self.curl.metrics()[("certbound_connections_refused_total", frozenset())] > 0, what="refused connections")
        self.assertTrue(self.daemon.is_alive())
        for plain in held:
            plain.close()

        def works():
            response = self.curl(TOKEN, cert=self.etl, form=grant(), check=False)
            return response.exit_code == 0 and response.status == 200

        eventually(works, what="service after the shortage")
        self.assert_granted(self.token(self.etl), self.etl)

    def test_idle_connections_give_way(self):
        """Connections that wait for a request do not keep others out, however many there are."""
        for _ in range(100):
            connection = self.tls(self.etl)
            connection.send(form_request(grant()))
            self.assert_granted(connection.receive(), self.etl)


class Exhausted(DaemonCase):
    @classmethod
    def configure(cls, config):
        config["workers"] = 1

    def test_out_of_descriptors_is_survived(self):
        """Idle connections give way too where the system, not a limit of ours, has no more descriptors."""
        idle = [self.tls(self.etl) for _ in range(5)]
        for connection in idle:
            connection.send(form_request(grant()))
            self.assert_granted(connection.receive(), self.etl)
        soft, hard = resource.prlimit(self.daemon.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self.daemon.process.pid, resource.RLIMIT_NOFILE, (self.daemon.open_files(), hard))
        try:
            newcomer = self.tls(self.etl)
            newcomer.send(form_request(grant()))
            self.assert_granted(newcomer.receive(), self.etl)
            self.daemon.log.wait("accept_failed")
            self.assertTrue(idle[0].is_ended())
            idle[-1].send(form_request(grant()))  # none gives way without need
            self.assert_granted(idle[-1].receive(), self.etl)
            self.assertEqual(self.curl.operations("/healthz").status, 200)
        finally:
            resource.prlimit(self.daemon.process.pid, resource.RLIMIT_NOFILE, (soft, hard))
        self.assert_granted(self.token(self.etl), self.etl)


if __name__ == "__main__":
    unittest.main()
