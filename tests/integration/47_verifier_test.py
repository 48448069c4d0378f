"""Verifiers: a proxy asks whether a request may pass. With the real nginx in its documented configuration
(docs/examples/nginx/api.conf), and by hand (docs/PROXIES.md, lessons.md section 3 on headers that are trusted)."""

import json
import os
import pathlib
import socket
import ssl
import time
import unittest

from support import dpop, tokens
from support.cases import API, OTHER_API
from support.client import parse_head
from support.daemon import eventually, run
from support.verifiers import ProxyTests, UnixConnection, VerifierCase, base64_of, escaped, is_listening_at


class Asking(VerifierCase):
    """Asks the verifier at the Unix socket as nginx would."""

    def verify(self, headers, target="/verify"):
        connection = UnixConnection(self.socket)
        self.addCleanup(connection.close)
        connection.putrequest("GET", target)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        answer.read()
        return answer

    def given(self, token=None, cert=None):
        return ([("Authorization", f"Bearer {token}")] if token else []) + ([("X-SSL-Client-Cert", escaped(cert))] if cert else [])


class Verifiers(Asking):
    def test_the_socket_is_its_owners(self):
        self.assertEqual(os.stat(self.socket).st_mode & 0o7777, 0o600)

    def test_says_whose_token_it_is(self):
        answer = self.verify(self.given(self.access_token(), self.etl))
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.getheader("X-Certbound-Client-Id"), "etl")
        self.assertEqual(answer.getheader("X-Certbound-Certificate"), self.etl.x5t())
        self.assertEqual(set(answer.getheader("X-Certbound-Scope").split()), {"orders.read", "orders.write"})

    def test_refuses_with_the_challenge(self):
        """8705-3-3, 8705-3-4: the certificate of the connection, exactly one, in the one format."""
        token = self.access_token()
        stock = self.access_token(client_id="stock")
        header = ("X-SSL-Client-Cert", escaped(self.etl))
        for what, headers in {
            "another's certificate": self.given(token, self.reader),
            "no certificate": self.given(token),
            "no token": self.given(None, self.etl),
            "forged": self.given(token[:-4] + "AAAA", self.etl),
            "twice": [*self.given(token, self.etl), header],
            "an alias beside it": [*self.given(token, self.etl), ("X_SSL_Client_Cert", escaped(self.reader))],
            "another format": [*self.given(token), ("X-SSL-Client-Cert", ":AAAA:")],
            "another header": [*self.given(token), ("Client-Cert", escaped(self.etl))],
            "for another resource": self.given(stock, self.etl),
        }.items():
            with self.subTest(what):
                answer = self.verify(headers)
                self.assertEqual(answer.status, 401)
                self.assertTrue(answer.getheader("WWW-Authenticate").startswith(f'Bearer realm="{API}"'))
                self.assertIsNone(answer.getheader("X-Certbound-Client-Id"))
        self.assertEqual(self.verify(self.given(token, self.etl), "/verify?scope=orders.delete").status, 403)
        self.assertEqual(self.verify(self.given(token, self.etl), "/verify?scope=a&scope=b").status, 400)
        self.assertEqual(self.verify(self.given(token, self.etl), "/oauth2/token").status, 404)

    def test_the_challenge_repeats_no_other_scope(self):
        """RFC 6750 section 3: of what the query asks for, only what a scope may hold; the octets of the head, since a line may be in it."""
        with socket.socket(socket.AF_UNIX) as plain:
            plain.settimeout(10)
            plain.connect(self.socket)
            for query, scope in (("a%22%0d%0ax", ""), ("orders.delete%20a%22%0d%0ax", ', scope="orders.delete"')):
                fields = "".join(f"{name}: {value}\r\n" for name, value in self.given(self.access_token(), self.etl))
                plain.sendall(f"GET /verify?scope={query} HTTP/1.1\r\nHost: verifier\r\n{fields}\r\n".encode())
                head = b""
                while b"\r\n\r\n" not in head:
                    octets = plain.recv(65536)
                    self.assertTrue(octets, head)
                    head += octets
                status, headers = parse_head(head)
                self.assertEqual(status, 403)
                challenges = [value for name, value in headers if name.lower() == "www-authenticate"]
                self.assertEqual(challenges, [f'Bearer realm="{API}", error="insufficient_scope"{scope}'])
                self.assertEqual([line for line in head.splitlines()[1:] if b'a"' in line or line and b": " not in line], [])

    def test_a_denied_token(self):
        """In effect when the verb has ended, on every worker; another token of the same client goes on."""
        denied, other = self.access_token(), self.access_token()
        jti = tokens.decode(denied)[1]["jti"]
        for _ in range(8):
            self.assertEqual(self.verify(self.given(denied, self.etl)).status, 200)
        done = run("deny", "add", "--jti", jti, "--reason", "a test", "--config", self.daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        for _ in range(8):
            answer = self.verify(self.given(denied, self.etl))
            self.assertEqual(answer.status, 401)
            self.assertIn('error="invalid_token"', answer.getheader("WWW-Authenticate"))
            self.assertEqual(self.verify(self.given(other, self.etl)).status, 200)

    def test_a_rotation_of_the_keys(self):
        """Tokens of the old key and of the new one."""
        old = self.access_token()
        self.assertEqual(self.verify(self.given(old, self.etl)).status, 200)
        done = run("keys", "rotate", "--now", "--config", self.daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        new = self.access_token()
        self.assertNotEqual(tokens.decode(old)[0]["kid"], tokens.decode(new)[0]["kid"])
        for token in (old, new, old, new):
            self.assertEqual(self.verify(self.given(token, self.etl)).status, 200)

    def test_a_port_answers_its_proxies_alone(self):
        """RFC 9440 by default; the handshake of anybody else fails or is refused."""
        events = [event for event in self.daemon.log.events("listening") if event["listener"] == "verifier"]
        port = int(next(event["address"] for event in events if event["scheme"] == "https").rpartition(":")[2])
        token = self.access_token()
        headers = [f"Authorization: Bearer {token}", f"Client-Cert: :{base64_of(self.etl)}:"]
        answer = self.curl("https://localhost/verify", cert=self.proxy, port=port, headers=headers)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.header("X-Certbound-Client-Id"), "etl")
        answer = self.curl("https://localhost/verify", cert=self.etl, port=port, headers=headers)
        self.assertEqual((answer.status, answer.header("X-Certbound-Client-Id")), (403, None))
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            with self.tls(port=port) as connection:
                connection.send(b"GET /verify HTTP/1.1\r\nHost: x\r\n\r\n")
                if connection.receive() is None:
                    raise ConnectionError("closed")

    def test_a_kept_connection_serves_many(self):
        token, connection = self.access_token(), UnixConnection(self.socket)
        self.addCleanup(connection.close)
        for cert, status in ((self.etl, 200), (self.reader, 401)) * 50:
            connection.request("GET", "/verify", headers=dict(self.given(token, cert)))
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, status)

    def test_bad_configurations(self):
        """Each is an error at its place."""
        good = {"address": "unix:/tmp/x.sock", "audience": API}
        for members, text in (
            ({"address": "unix:x.sock"}, "no Unix socket"),
            ({"address": "unix:/" + "x" * 120}, "too long"),
            ({"address": "127.0.0.1:1"}, "anybody can reach"),
            ({"proxies": [self.proxy.certificate]}, "a Unix socket has no TLS"),
            ({"audience": "https://nobody.example"}, "none of the resources"),
            ({"socket_mode": "rw"}, "is no mode"),
            ({"certificate_header": "Authorization"}, "no header name"),
            ({"certificate_format": "pem"}, "certificate_format"),
            ({"url": "https://api.example.com/v1"}, "is no https origin"),
            ({"url": "http://api.example.com"}, "is no https origin"),
            ({"uri_header": "x-uri"}, "belongs to url"),
            ({"url": API, "method_header": "dpop"}, "the client's own"),
            ({"url": API, "uri_header": "x-original-method"}, "another header of this verifier"),
            ({"url": API, "method_header": "client-cert"}, "another header of this verifier"),
            ({"address": "127.0.0.1:1", "proxies": ["/nowhere.crt"]}, "verifiers[0].proxies[0]"),
        ):
            with self.subTest(text):
                config = self.base_config()
                config["verifiers"] = [{**good, **members}]
                path = self.pki.write("bad.yaml", json.dumps(config))
                done = run("check", "--config", path)
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertIn(text, done.stderr)


class Proofs(Asking):
    """DPoP (RFC 9449 section 7) by hand: what the proxy tells of the client's request, and what it does not."""

    def setUp(self):
        self.key = dpop.make_key()
        self.bound = self.dpop_token(self.key)

    def prove(self, *, method="GET", uri="/orders/1?page=2", proofs=None, htu=f"{API}/orders/1", more=()):
        given = proofs if proofs is not None else [dpop.proof(self.key, "GET", htu, token=self.bound)]
        headers = [("Authorization", f"DPoP {self.bound}"), *(("DPoP", proof) for proof in given), *more]
        headers += [("X-Original-Method", method)] if method else []
        headers += [("X-Original-URI", uri)] if uri else []
        return self.verify(headers)

    def assert_refused_for(self, reason, **options):
        def ask():
            answer = self.prove(**options)
            self.assertEqual(answer.status, 401)
            self.assertIn("DPoP algs=", answer.getheader("WWW-Authenticate"))
            return answer.getheader("X-Request-Id")

        return self.assert_logged(ask, reason)

    def test_says_whose_token_it_is(self):
        answer = self.prove()
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.getheader("X-Certbound-Client-Id"), "prover")
        self.assertEqual(answer.getheader("X-Certbound-Jkt"), dpop.jkt(self.key))
        self.assertEqual(answer.getheader("X-Certbound-Certificate"), "")

    def test_the_request_is_the_proxys_to_tell(self):
        for what, options in {
            "another path": {"uri": "/orders/2"},
            "another method": {"method": "POST"},
            "no method": {"method": None},
            "no path": {"uri": None},
            "no slash": {"uri": ".example.org/orders/1"},
            "another alias": {"more": [("X_Original_URI", "/orders/1")]},
            "twice": {"more": [("X-Original-URI", "/orders/1?page=2")]},
        }.items():
            with self.subTest(what):
                self.assert_refused_for("proof_request_mismatch", **options)
        self.assertIn("missing", self.assert_refused_for("proof_request_mismatch", uri=None)["detail"])

    def test_a_proof_is_used_once_over_a_reload(self):
        """Also after the configuration was read anew: a proof is no token."""
        proof = dpop.proof(self.key, "GET", f"{API}/orders/1", token=self.bound)
        self.assertEqual(self.prove(proofs=[proof]).status, 200)
        self.daemon.reload()
        for _ in range(8):
            self.assert_refused_for("proof_replayed", proofs=[proof])

    def test_a_verifier_without_url(self):
        """It can judge no proof, so it takes no token that needs one; the log says so."""
        events = [event for event in self.daemon.log.events("listening") if event["listener"] == "verifier"]
        port = int(next(event["address"] for event in events if event["scheme"] == "https").rpartition(":")[2])
        proof = dpop.proof(self.key, "GET", f"{API}/orders/1", token=self.bound)
        for scheme, reason in (("DPoP", "token_missing"), ("Bearer", "proof_missing")):
            headers = [f"Authorization: {scheme} {self.bound}", f"DPoP: {proof}", "X-Original-Method: GET", "X-Original-URI: /orders/1"]

            def ask(given=headers):
                answer = self.curl("https://localhost/verify", cert=self.proxy, port=port, headers=given)
                self.assertEqual((answer.status, "DPoP" in answer.header("WWW-Authenticate")), (401, False), answer)
                return answer.header("X-Request-Id")

            self.assert_logged(ask, reason)


class OutOfService(Asking):
    """Each kind of denial and a revocation: on every worker, for a token that was accepted a moment before."""

    def tearDown(self):
        for denial in self.deny("list")["denials"]:
            self.deny("remove", str(denial["id"]))

    def deny(self, verb, *arguments):
        done = run("deny", verb, "--json", "--config", self.daemon.config_path, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def assert_answers(self, token, status):
        for _ in range(8):
            answer = self.verify(self.given(token, self.etl))
            self.assertEqual(answer.status, status)
            if status == 401:
                self.assertIn('error="invalid_token"', answer.getheader("WWW-Authenticate"))

    def assert_denied_until_removed(self, token, *arguments):
        self.assert_answers(token, 200)
        denial = self.deny("add", *arguments, "--reason", "a test")
        self.assert_answers(token, 401)
        self.deny("remove", str(denial["id"]))
        self.assert_answers(token, 200)

    def test_by_jti(self):
        token = self.access_token()
        self.assert_denied_until_removed(token, "--jti", tokens.decode(token)[1]["jti"])

    def test_by_thumbprint(self):
        self.assert_denied_until_removed(self.access_token(), "--thumbprint", self.etl.x5t())

    def test_by_client(self):
        self.assert_denied_until_removed(self.access_token(), "--client", "etl")

    def test_by_time(self):
        """Of all clients; what is issued later is accepted all the while."""
        token = self.access_token()
        end = tokens.decode(token)[1]["iat"] + 1
        eventually(lambda: time.time() >= end + 1, what="the second after the token's")
        self.assert_answers(token, 200)
        denial = self.deny("add", "--issued-before", str(end), "--reason", "a test")
        self.assert_answers(token, 401)
        self.assert_answers(self.access_token(), 200)
        self.deny("remove", str(denial["id"]))
        self.assert_answers(token, 200)

    def test_a_revoked_token(self):
        """7009-2.1-4: when the client has its answer; another token of the same client goes on."""
        token, other = self.access_token(), self.access_token()
        self.assert_answers(token, 200)
        response = self.curl("/oauth2/revoke", cert=self.etl, form={"client_id": "etl", "token": token})
        self.assertEqual(response.status, 200, response)
        self.assert_answers(token, 401)
        self.assert_answers(other, 200)


class OtherTypes(Asking):
    """RFC 8725 section 3.11: what the same keys sign for another purpose is no access token."""

    @classmethod
    def configure(cls, config):
        super().configure(config)
        config["resources"][0]["introspection_clients"] = ["reader"]

    def assert_of_another_type(self, text, kind):
        self.assertEqual(tokens.decode(text)[0]["typ"], kind)

        def ask():
            answer = self.verify(self.given(text, self.etl))
            self.assertEqual(answer.status, 401)
            self.assertIn('error="invalid_token"', answer.getheader("WWW-Authenticate"))
            return answer.getheader("X-Request-Id")

        self.assert_logged(ask, "type_wrong")

    def test_the_deny_feed(self):
        self.assert_of_another_type(self.curl("/oauth2/denied").body.decode(), "denied+jwt")

    def test_a_signed_introspection_answer(self):
        """9701-8-1: though the token that it tells of is one."""
        token = self.access_token()
        self.assertEqual(self.verify(self.given(token, self.etl)).status, 200)
        response = self.curl("/oauth2/introspect", cert=self.reader, form={"client_id": "reader", "token": token},
                             headers=["Accept: application/token-introspection+jwt"])  # fmt: skip
        text = response.body.decode()
        self.assertIs(tokens.decode(text)[1]["token_introspection"]["active"], True)
        self.assert_of_another_type(text, "token-introspection+jwt")


class OpaqueTokens(VerifierCase):
    """Product section 6: sealed tokens are judged as JWTs are, by every worker, in the format of Traefik."""

    certificate_format = "base64"

    @classmethod
    def configure(cls, config):
        super().configure(config)
        config["resources"][0]["token_format"] = "opaque"

    def ask(self, token, certificate, target="/verify"):
        connection = UnixConnection(self.socket)
        self.addCleanup(connection.close)
        headers = {"Authorization": f"Bearer {token}"} | ({"X-Forwarded-Tls-Client-Cert": certificate} if certificate else {})
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        answer.read()
        return answer

    def opaque_token(self, **parameters):
        token = self.token(self.etl, **parameters).json()["access_token"]
        self.assertEqual(token.count("."), 4)
        return token

    def test_says_whose_it_is(self):
        answer = self.ask(self.opaque_token(), base64_of(self.etl))
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.getheader("X-Certbound-Client-Id"), "etl")
        self.assertEqual(answer.getheader("X-Certbound-Certificate"), self.etl.x5t())
        self.assertEqual(set(answer.getheader("X-Certbound-Scope").split()), {"orders.read", "orders.write"})

    def test_refuses_with_the_same_reasons(self):
        token, etl = self.opaque_token(), base64_of(self.etl)
        changed = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
        for reason, text, certificate in (
            ("certificate_mismatch", token, base64_of(self.reader)),
            ("certificate_missing", token, None),
            ("certificate_malformed", token, f"{etl},{base64_of(self.partner_ca)}"),
            ("certificate_malformed", token, f":{etl}:"),
            ("signature_wrong", changed, etl),
            ("token_malformed", token[:-1], etl),
        ):
            with self.subTest(reason, certificate=str(certificate)[:8]):

                def ask(token=text, certificate=certificate):
                    answer = self.ask(token, certificate)
                    self.assertEqual(answer.status, 401)
                    self.assertIn('error="invalid_token"', answer.getheader("WWW-Authenticate"))
                    self.assertIsNone(answer.getheader("X-Certbound-Client-Id"))
                    return answer.getheader("X-Request-Id")

                self.assert_logged(ask, reason)
        self.assertEqual(self.ask(token, etl, "/verify?scope=orders.delete").status, 403)

    def test_a_denial_and_a_rotation(self):
        """On every worker; sealing keys rotate as the others do, and what they sealed lives on."""
        denied, other, etl = self.opaque_token(), self.opaque_token(), base64_of(self.etl)
        jti = self.ask(denied, etl).getheader("X-Certbound-Token-Id")
        done = run("deny", "add", "--jti", jti, "--reason", "a test", "--config", self.daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = run("keys", "rotate", "--now", "--config", self.daemon.config_path)
        self.assertEqual(done.returncode, 0, done.stderr)
        new = self.opaque_token()
        for _ in range(8):
            self.assertEqual(self.ask(denied, etl).status, 401)
            self.assertEqual(self.ask(other, etl).status, 200)
            self.assertEqual(self.ask(new, etl).status, 200)


class BehindNginx(ProxyTests, VerifierCase):
    """docs/examples/nginx/api.conf as it stands, but for its addresses."""

    client_id_header, scope_header = "x-client-id", "x-scope"

    @classmethod
    def start_proxy(cls):
        text = cls.example("nginx/api.conf", {
            "unix:/run/certbound/verify.sock": f"unix:{cls.socket}",
            "127.0.0.1:8080": f"127.0.0.1:{cls.backend.port}",
            "listen 443 ssl": f"listen 127.0.0.1:{cls.port} ssl",
            "/etc/nginx/tls/api.crt": cls.server.certificate,
            "/etc/nginx/tls/api.key": cls.server.key,
        })  # fmt: skip
        folder = os.path.join(cls.folder, "nginx")
        os.mkdir(folder)
        own = "".join(f"{kind}_temp_path {folder};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        main = f"daemon off; user root; pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; {own} {text} }}"
        path = os.path.join(folder, "nginx.conf")
        pathlib.Path(path).write_text(main, encoding="utf-8")
        cls.run_proxy("nginx", "-p", folder, "-c", path)


class Lives(VerifierCase):
    @classmethod
    def configure(cls, config):
        super().configure(config)
        config["tokens"]["lifetime"] = "10s"

    def test_an_expired_token(self):
        """Also one that was accepted a moment before."""
        token, connection = self.access_token(), UnixConnection(self.socket)
        self.addCleanup(connection.close)

        def ask():
            connection.request("GET", "/verify", headers={"Authorization": f"Bearer {token}", "X-SSL-Client-Cert": escaped(self.etl)})
            answer = connection.getresponse()
            answer.read()
            return answer.status

        self.assertEqual(ask(), 200)
        eventually(lambda: ask() == 401, within=40, what="the end of the token")
        self.daemon.log.wait("verifier_refused", reason="expired")

    def test_the_life_of_the_socket(self):
        """Removed at the end; what an earlier run left is replaced; a second daemon gets none."""
        config = {**self.daemon.config, "state_dir": os.path.join(self.folder, "other")}
        path = self.pki.write("second.yaml", json.dumps(config))
        done = run("serve", "--config", path)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("somebody does already", done.stderr)
        self.assertTrue(os.path.exists(self.socket))
        self.daemon.kill()
        self.assertTrue(os.path.exists(self.socket))
        self.daemon.start()
        self.assertTrue(is_listening_at(self.socket))
        self.daemon.stop()
        self.assertFalse(os.path.exists(self.socket))
        self.daemon.start()


if __name__ == "__main__":
    unittest.main()
