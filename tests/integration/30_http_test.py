"""HTTP as the daemon speaks it (conformance.md section 21; product.md section 8)."""

import unittest

from support.cases import API, JWKS, METADATA, TOKEN, DaemonCase, grant
from support.client import form_request, get_request

FORM = b"grant_type=client_credentials&client_id=etl"
HEAD = b"Host: localhost:8443\r\nContent-Type: application/x-www-form-urlencoded\r\n"


class Methods(DaemonCase):
    def test_unknown_paths(self):
        """404 as JSON with a request id; a path is compared as it stands."""
        for path in ("/", "/oauth2", "/oauth2/token/", "/oauth2//token", "/oauth2/../oauth2/token", "/OAUTH2/token",
                     "/oauth2/token%00", "/oauth2/introspection", "/oauth2/revoke/", "/.well-known/openid-configuration",
                     "/.well-known/oauth-authorization-server/x", "/x/.well-known/oauth-authorization-server"):  # fmt: skip
            with self.subTest(path=path):
                self.assert_error(self.curl(path, cert=self.etl), "not_found", 404)

    def test_the_token_endpoint_takes_post_only(self):
        """6749-3.2-1, SRV-5: 405 with Allow."""
        for method in ("GET", "PUT", "DELETE", "PATCH", "TRACE", "BREW"):
            with self.subTest(method=method):
                response = self.curl(TOKEN, cert=self.etl, method=method)
                self.assert_error(response, "method_not_allowed", 405)
                self.assertIn("POST", response.header("Allow"))
                self.assertNotIn("GET", response.header("Allow"))
        response = self.curl(TOKEN, cert=self.etl, method="HEAD")
        self.assertEqual((response.status, response.body), (405, b""))

    def test_documents_take_get_and_head(self):
        """8414-3-2, 8414-3-4, SRV-5."""
        for path in (METADATA, JWKS, "/healthz", "/readyz"):
            with self.subTest(path=path):
                whole = self.curl(path)
                head = self.curl(path, method="HEAD")
                self.assertEqual((whole.status, head.status), (200, 200))
                self.assertEqual(head.body, b"")
                self.assertEqual(head.header("Content-Type"), whole.header("Content-Type"))
                self.assertEqual(int(head.header("Content-Length")), len(whole.body))
                connection = self.tls()  # a body in the answer to HEAD would be read as the next answer
                connection.send(get_request(path, method="HEAD") + get_request(path))
                self.assertEqual(connection.receive(to_head=True).status, 200)
                self.assertEqual(connection.receive().body, whole.body)
                refused = self.curl(path, form=grant())
                self.assert_error(refused, "method_not_allowed", 405)
                self.assertIn("GET", refused.header("Allow"))

    def test_options_and_connect(self):
        """SRV-5."""
        response = self.curl(TOKEN, method="OPTIONS")
        self.assertEqual(response.status, 204)
        self.assertIn("POST", response.header("Allow"))
        connection = self.tls()
        connection.send(b"CONNECT localhost:443 HTTP/1.1\r\nHost: localhost:443\r\n\r\n")
        answer = connection.receive()
        self.assertIn(answer.status, (400, 404, 405))


class Connections(DaemonCase):
    def test_kept_alive(self):
        """SRV-1: several requests on one connection; curl reuses it."""
        connection = self.tls(self.etl)
        for _ in range(20):
            connection.send(form_request(grant()))
            self.assert_granted(connection.receive(), self.etl)

    def test_closed_when_asked(self):
        connection = self.tls(self.etl)
        connection.send(form_request(grant(), connection="close"))
        response = connection.receive()
        self.assert_granted(response, self.etl)
        self.assertEqual(response.header("Connection").lower(), "close")
        self.assertTrue(connection.is_closed())

    def test_http_1_0(self):
        connection = self.tls()
        connection.send(f"GET {METADATA} HTTP/1.0\r\n\r\n")
        self.assertEqual(connection.receive().status, 200)
        self.assertTrue(connection.is_closed())
        self.assert_granted(self.token(self.etl, options=["--http1.0", "--no-alpn"]), self.etl)

    def test_pipelined(self):
        """SRV-1: answers come in the order of the requests."""
        connection = self.tls(self.etl)
        connection.send(form_request(grant()) + get_request(METADATA) + form_request(grant("nobody")) + get_request("/x"))
        self.assert_granted(connection.receive(), self.etl)
        self.assertIn(b"token_endpoint", connection.receive().body)
        self.assert_refused(connection.receive())
        self.assert_error(connection.receive(), "not_found", 404)

    def test_chunked(self):
        """SRV-1."""
        self.assert_granted(self.token(self.etl, headers=["Transfer-Encoding: chunked"]), self.etl)
        connection = self.tls(self.etl)
        chunks = b"".join(b"%x;ext=1\r\n%c\r\n" % (1, octet) for octet in FORM)
        connection.send(b"POST /oauth2/token HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\nX-T: 1\r\n\r\n")
        self.assert_granted(connection.receive(), self.etl)
        connection.send(form_request(grant()))
        self.assert_granted(connection.receive(), self.etl)

    def test_expect_100_continue(self):
        """SRV-1: the interim answer comes before the body is sent."""
        connection = self.tls(self.etl)
        connection.send(b"POST /oauth2/token HTTP/1.1\r\n" + HEAD + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(FORM))
        self.assertTrue(connection.socket.recv(64).startswith(b"HTTP/1.1 100 "))
        connection.send(FORM)
        self.assert_granted(connection.receive(), self.etl)
        self.assert_granted(self.token(self.etl, headers=["Expect: 100-continue"]), self.etl)

    def test_split_at_every_byte(self):
        """SRV-1, product.md section 8: a request may come in any pieces."""
        whole = form_request(grant())
        connection = self.tls(self.etl)
        for position in range(1, len(whole)):
            connection.send(whole[:position])
            connection.send(whole[position:])
            response = connection.receive()
            self.assertIsNotNone(response, position)
            self.assertEqual(response.status, 200, (position, response))
        for octet in whole:
            connection.send(bytes([octet]))
        self.assert_granted(connection.receive(), self.etl)


class Malformed(DaemonCase):
    def assert_bad(self, octets, statuses=(400,)):
        """A 4xx or 501/505 as JSON, and the connection is closed; no second answer."""
        connection = self.tls(self.etl)
        connection.send(octets)
        response = connection.receive()
        self.assertIsNotNone(response, octets)
        self.assertIn(response.status, statuses, response)
        answer = response.json()
        self.assertEqual(answer["request_id"], response.header("X-Request-Id"))
        self.assertNotIn("access_token", answer)
        self.assertEqual(response.header("Connection").lower(), "close")
        self.assertTrue(connection.is_closed(), octets)

    def post(self, *headers, body=FORM, head=HEAD):
        lines = b"".join(header + b"\r\n" for header in headers)
        return b"POST /oauth2/token HTTP/1.1\r\n" + head + lines + b"\r\n" + body

    def test_smuggling(self):
        """SRV-2: what two servers could read in two ways is refused and the connection closed."""
        length = b"Content-Length: %d" % len(FORM)
        chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(FORM), FORM)
        cases = {
            "length and chunked": self.post(length, b"Transfer-Encoding: chunked", body=chunked),
            "two lengths": self.post(length, b"Content-Length: 0"),
            "two equal lengths": self.post(length, length),
            "a list of lengths": self.post(b"Content-Length: %d, %d" % (len(FORM), len(FORM))),
            "a signed length": self.post(b"Content-Length: +%d" % len(FORM)),
            "a negative length": self.post(b"Content-Length: -1"),
            "a hexadecimal length": self.post(b"Content-Length: 0x2b"),
            "an endless length": self.post(b"Content-Length: 99999999999999999999999999"),
            "a folded header": self.post(length, b"X-A: 1\r\n folded"),
            "a blank before the colon": self.post(b"Content-Length : %d" % len(FORM)),
            "a header without a colon": self.post(length, b"nonsense"),
            "a header without a name": self.post(length, b": nonsense"),
            "a NUL in a header": self.post(length, b"X-A: a\0b"),
            "a bare CR in a header": self.post(length, b"X-A: a\rb"),
            "bare line feeds": self.post(length).replace(b"\r\n", b"\n"),
            "one bare line feed": self.post(length).replace(b"\r\n", b"\n", 1),
            "no Host": self.post(length, head=b"Content-Type: application/x-www-form-urlencoded\r\n"),
            "two Hosts": self.post(length, b"Host: other"),
            "a chunk size that is no number": self.post(b"Transfer-Encoding: chunked", body=b"zz\r\n"),
            "a chunk size that overflows": self.post(b"Transfer-Encoding: chunked", body=b"fffffffffffffffff\r\nabc"),
            "a chunk longer than it says": self.post(b"Transfer-Encoding: chunked", body=b"1\r\nabc\r\n0\r\n\r\n"),
        }
        for name, octets in cases.items():
            with self.subTest(name):
                self.assert_bad(octets, (400, 413, 431, 501))

    def test_other_transfer_codings(self):
        """SRV-2: only `chunked`, once."""
        for coding in (b"gzip", b"chunked, chunked", b"gzip, chunked", b"identity", b"xchunked", b"chunked;a=b"):
            with self.subTest(coding=coding):
                self.assert_bad(self.post(b"Transfer-Encoding: " + coding, body=b"0\r\n\r\n"), (400, 501))
        self.assert_bad(self.post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n"), (400, 501))

    def test_other_protocols(self):
        """Garbage, HTTP/2 without ALPN, HTTP/0.9, a TLS record inside TLS: an answer or an end, and nothing else happens."""
        for octets in (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET /\r\n\r\n", b"\x16\x03\x01\x00\x05hello\r\n\r\n",
                       b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
                       b"\0" * 64 + b"\r\n\r\n", b"GET /\xff HTTP/1.1\r\nHost: a\r\nX\xff: b\r\n\r\n"):  # fmt: skip
            with self.subTest(octets=octets):
                self.assert_bad(octets, (400, 414, 501, 505))
        self.assert_granted(self.token(self.etl), self.etl)


class Bodies(DaemonCase):
    def test_content_types(self):
        """6749-3.2-6: a form, whatever the case and the parameters of its media type; nothing else."""
        for kind in ("application/x-www-form-urlencoded;charset=UTF-8", "Application/X-WWW-Form-Urlencoded ; charset=utf-8"):
            response = self.curl(TOKEN, cert=self.etl, data=FORM, headers=[f"Content-Type: {kind}"])
            self.assert_granted(response, self.etl)
        for kind, data in {
            "application/json": b'{"grant_type":"client_credentials","client_id":"etl"}',
            "multipart/form-data; boundary=x": b"--x--",
            "text/plain": FORM,
            "application/x-www-form-urlencodedx": FORM,
            "": FORM,
        }.items():
            with self.subTest(kind=kind):
                response = self.curl(TOKEN, cert=self.etl, data=data, headers=[f"Content-Type:{' ' if kind else ''}{kind}"])
                self.assert_error(response, ("invalid_request", "unsupported_media_type"), response.status)
                self.assertIn(response.status, (400, 415))

    def test_malformed_forms(self):
        """6749-3.2-6, CWE-20: bad escapes, bad UTF-8 and NUL are refused; a plus is a blank."""
        for data in (b"&x=%zz", b"&x=%4", b"&x=%", b"&x=%ff", b"&x=\xc3\x28", b"&x=%00", b"&x=%ed%a0%80", b"&x=%c0%80"):
            with self.subTest(data=data):
                self.assert_error(self.curl(TOKEN, cert=self.etl, data=FORM + data), "invalid_request")
        response = self.curl(TOKEN, cert=self.etl, data=FORM + b"&scope=orders.read+orders.write&resource=" + API.encode())
        self.assertEqual(self.assert_granted(response, self.etl)["scope"], "orders.read orders.write")

    def test_the_query_counts_for_nothing(self):
        """6749-3.2-1, 6749-2.3.1-2: parameters in the URI are ignored."""
        response = self.curl(f"{TOKEN}?grant_type=client_credentials&client_id=etl", cert=self.etl, data=b"")
        self.assert_error(response, "invalid_request")
        response = self.curl(f"{TOKEN}?client_id=nobody&scope=x", cert=self.etl, form=grant())
        self.assert_granted(response, self.etl)


class RequestIds(DaemonCase):
    def test_each_request_has_its_own(self):
        """product.md section 4: the answer carries a request id that finds it in the log and in the audit record."""
        seen = set()
        for _ in range(5):
            response = self.token(cert=None)
            request_id = self.assert_refused(response)
            seen.add(request_id)
            self.assertEqual(self.daemon.audit_record(request_id)["client_id"], "etl")
            self.daemon.log.wait("client_refused", request_id=request_id, client_id="etl")
        self.assertEqual(len(seen), 5)
        self.assertNotIn(self.token(self.etl).header("X-Request-Id"), seen | {None})

    def test_the_callers_is_not_taken(self):
        """A caller cannot choose the id under which it is recorded."""
        response = self.token(headers=["X-Request-Id: chosen-by-the-caller"])
        self.assertNotEqual(self.assert_refused(response), "chosen-by-the-caller")

    def test_common_headers(self):
        """No version of the server, no sniffing, a date."""
        response = self.token(self.etl)
        self.assertIsNotNone(response.header("Date"))
        for name, value in response.headers:
            self.assertNotIn("OpenSSL", value)
            self.assertNotIn("Beast", value, name)


if __name__ == "__main__":
    unittest.main()
