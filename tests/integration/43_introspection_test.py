"""Introspection: RFC 7662, RFC 8705 section 3.2, RFC 9701 (conformance.md section 6)."""

import email.utils
import hashlib
import unittest

from support import tokens
from support.cases import API, JWKS, METADATA, OTHER_API, DaemonCase, pki_client, self_signed_client
from support.client import form_request
from support.daemon import eventually

INTROSPECT = "/oauth2/introspect"
JWT = "application/token-introspection+jwt"
INACTIVE = b'{"active":false}'


class Introspection(DaemonCase):
    @classmethod
    def configure(cls, config):
        config["resources"][0]["introspection_clients"] = ["orders-api", "orders-gateway"]
        config["resources"][1]["introspection_clients"] = ["stock-api"]
        cls.orders_api = cls.pki.leaf("CN=orders-api", issuer=cls.partner_ca)
        cls.stock_api = cls.pki.leaf("CN=stock-api", issuer=cls.partner_ca)
        cls.gateway = cls.pki.leaf("CN=gateway")
        cls.other = cls.pki.leaf("CN=other", issuer=cls.partner_ca)
        config["clients"] += [
            pki_client("orders-api", tls_client_auth_subject_dn="CN=orders-api"),
            pki_client("stock-api", tls_client_auth_subject_dn="CN=stock-api", scope="stock.read", resources=[OTHER_API]),
            pki_client("other", tls_client_auth_subject_dn="CN=other"),
            self_signed_client("orders-gateway", certificates=[cls.gateway.certificate]),
            pki_client("both", tls_client_auth_subject_dn="CN=other", scope="orders.read stock.read", resources=[API, OTHER_API]),
            pki_client("unbound", tls_client_auth_subject_dn="CN=other", tls_client_certificate_bound_access_tokens=False),
        ]

    def a_token(self, cert=None, client_id="etl", **parameters):
        response = self.token(cert or self.etl, client_id, **parameters)
        self.assertEqual(response.status, 200, response)
        return response.json()["access_token"]

    def introspect(self, token, cert=None, client_id="orders-api", *, headers=(), **more):
        return self.curl(
            INTROSPECT, cert=cert or self.orders_api, form={"client_id": client_id, "token": token, **more}, headers=headers
        )

    def assert_inactive(self, response):
        self.assertEqual((response.status, response.body), (200, INACTIVE), response)

    def test_an_active_token(self):
        """7662-2.2-1, 7662-2.2-3, 7662-4-2, 7662-4-5, 8705-3.2-1, 8705-3.2-2: every claim of the JWT, and nothing that it does not say."""
        token = self.a_token()
        response = self.introspect(token)
        self.assertEqual(response.status, 200)
        self.assertEqual(response.header("Content-Type"), "application/json")
        self.assertIn("no-store", response.header("Cache-Control"))
        _, claims, _ = tokens.decode(token)
        self.assertEqual(response.json(), {"active": True, "token_type": "Bearer", **claims})
        self.assertEqual(claims["cnf"], {"x5t#S256": self.etl.x5t()})

    def test_by_either_method(self):
        """8705-2-9: a self-signed client introspects as well."""
        response = self.introspect(self.a_token(), self.gateway, "orders-gateway")
        self.assertIs(response.json()["active"], True)

    def test_an_unbound_token_has_no_cnf(self):
        answer = self.introspect(self.a_token(self.other, "unbound")).json()
        self.assertIs(answer["active"], True)
        self.assertNotIn("cnf", answer)

    def test_nobody_else_learns_anything(self):
        """7662-4-1, lessons.md "Introspection scope leak": not another resource's server, not another client, not the client itself."""
        token = self.a_token()
        self.assert_inactive(self.introspect(token, self.stock_api, "stock-api"))
        self.assert_inactive(self.introspect(token, self.other, "other"))
        self.assert_inactive(self.introspect(token, self.etl, "etl"))
        both = self.a_token(self.other, "both", resource=API)
        self.assert_inactive(self.introspect(both, self.stock_api, "stock-api"))

    def test_a_token_for_two(self):
        """8707-2-2: each of its resources' servers sees it."""
        response = self.curl("/oauth2/token", cert=self.other, form=[
            ("grant_type", "client_credentials"), ("client_id", "both"), ("resource", API), ("resource", OTHER_API)])  # fmt: skip
        token = response.json()["access_token"]
        for cert, client_id in ((self.orders_api, "orders-api"), (self.stock_api, "stock-api")):
            self.assertEqual(self.introspect(token, cert, client_id).json()["aud"], [API, OTHER_API])

    def test_what_is_no_token_of_ours(self):
        """7662-2.2-2: forged, malformed, truncated, another algorithm, another issuer's."""
        token = self.a_token()
        header, claims, signature = token.split(".")
        flipped = signature[:-6] + ("A" if signature[-6] != "A" else "B") + signature[-5:]
        none = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0"  # {"alg":"none","typ":"at+jwt"}
        for other in (
            "x", "..", "....", token[:-1], token + "A", f"{header}.{claims}.", f"{header}.{claims}.{flipped}", f"{none}.{claims}.",
            token.replace(".", ".."), " ", "\u00e9", "x" * 60000,
        ):  # fmt: skip
            with self.subTest(token=other[:40]):
                if other.strip():
                    self.assert_inactive(self.introspect(other))
        self.assertIs(self.introspect(token).json()["active"], True)

    def test_the_request(self):
        """7662-2.1-1: POST only; `token` is needed; a hint changes nothing."""
        self.assert_error(
            self.curl(INTROSPECT, cert=self.orders_api, form={"client_id": "orders-api"}), "invalid_request"
        )
        self.assertEqual(self.curl(INTROSPECT, cert=self.orders_api).status, 405)
        token = self.a_token()
        for hint in ("access_token", "refresh_token", "banana"):
            self.assertIs(self.introspect(token, token_type_hint=hint).json()["active"], True)

    def test_only_who_authenticates(self):
        """7662-2.1-2, 7662-2.1-3, 8705-2-9, D1: 401, one answer for every failure, with a challenge."""
        token = self.a_token()
        form = {"client_id": "orders-api", "token": token}
        missing = self.curl(INTROSPECT, form=form)
        wrong = self.curl(INTROSPECT, cert=self.etl, form=form)
        unknown = self.curl(INTROSPECT, cert=self.etl, form={**form, "client_id": "nobody"})
        for response in (missing, wrong, unknown):
            self.assert_error(response, "invalid_client", 401)
            self.assertRegex(response.header("WWW-Authenticate"), r'\A[A-Za-z]+ realm="certbound"\Z')
        descriptions = {response.json()["error_description"] for response in (missing, wrong, unknown)}
        self.assertEqual(len(descriptions), 1)

    def test_no_error_is_stored(self):
        """6749-5.2: 400, 401 and 405 say so."""
        form = {"client_id": "orders-api", "token": "x"}
        for what, status, response in (
            ("no token", 400, self.curl(INTROSPECT, cert=self.orders_api, form={"client_id": "orders-api"})),
            ("no form", 400, self.curl(INTROSPECT, cert=self.orders_api, data=b"token=%zz")),
            ("no certificate", 401, self.curl(INTROSPECT, form=form)),
            ("another's certificate", 401, self.curl(INTROSPECT, cert=self.etl, form=form)),
            ("an Authorization header", 401, self.curl(INTROSPECT, form=form, headers=["Authorization: Basic YTpi"])),
            ("GET", 405, self.curl(INTROSPECT, cert=self.orders_api)),
        ):
            with self.subTest(what):
                self.assertEqual((response.status, response.header("Cache-Control")), (status, "no-store"))

    def test_a_signed_answer(self):
        """9701-4-1, 9701-5-1, 9701-7-1: what the JSON says, signed, for the caller, without a top-level sub or exp."""
        token = self.a_token()
        plain = self.introspect(token).json()
        response = self.introspect(token, headers=[f"Accept: {JWT}"])
        self.assertEqual((response.status, response.header("Content-Type")), (200, JWT))
        self.assertIn("no-store", response.header("Cache-Control"))
        answer = response.body.decode()
        header, payload, _ = tokens.decode(answer)
        self.assertEqual(header["typ"], "token-introspection+jwt")
        self.assertEqual(set(payload), {"iss", "aud", "iat", "token_introspection"})
        self.assertEqual((payload["iss"], payload["aud"]), ("https://localhost:8443", "orders-api"))
        self.assertEqual(payload["token_introspection"], plain)
        self.assertTrue(tokens.has_valid_signature(answer, self.curl(JWKS).json()))
        self.assertIn(header["alg"], self.curl(METADATA).json()["introspection_signing_alg_values_supported"])
        for other in ("*/*", "application/json", "application/jwt"):
            self.assertEqual(self.introspect(token, headers=[f"Accept: {other}"]).json(), plain)

    def test_a_signed_no(self):
        """9701-5-2, 9701-5-3, 9701-8-1: an inactive token is answered as JWT too; a stranger is not; the JWT is no access token."""
        response = self.introspect("x", headers=[f"Accept: {JWT}"])
        _, payload, _ = tokens.decode(response.body.decode())
        self.assertEqual(payload["token_introspection"], {"active": False})
        refused = self.curl(INTROSPECT, form={"client_id": "orders-api", "token": "x"}, headers=[f"Accept: {JWT}"])
        self.assert_error(refused, "invalid_client", 401)
        self.assert_inactive(self.introspect(response.body.decode()))

    def test_it_is_recorded_and_counted(self):
        """product.md section 7: who asked, about which token, what was said; never the token."""
        before = self.curl.metrics().get(("certbound_introspections_total", frozenset({("active", "true")})), 0)
        token = self.a_token()
        response = self.introspect(token)
        record = self.daemon.audit_record(response.header("X-Request-Id"))
        _, claims, _ = tokens.decode(token)
        self.assertEqual((record["endpoint"], record["outcome"], record["token_state"]), ("introspection", "granted", "active"))
        self.assertEqual((record["client_id"], record["token_client_id"], record["jti"]), ("orders-api", "etl", claims["jti"]))
        self.assertNotIn(token, str(record))
        after = self.curl.metrics()[("certbound_introspections_total", frozenset({("active", "true")}))]
        self.assertEqual(after, before + 1)

    def test_many_on_one_connection(self):
        """7662-4-3: hundreds of guesses cost a caller that authenticates nothing but time, and tell it nothing."""
        connection = self.tls(self.orders_api)
        for number in range(200):
            guess = hashlib.sha256(str(number).encode()).hexdigest()
            connection.send(form_request({"client_id": "orders-api", "token": guess}, INTROSPECT))
            self.assert_inactive(connection.receive())


class Expiry(DaemonCase):
    @classmethod
    def configure(cls, config):
        config["tokens"]["lifetime"] = "10s"
        config["resources"][0]["introspection_clients"] = ["etl"]

    def test_it_ends_with_the_token(self):
        """7662-2.2-2, 7662-4-5: active until `exp`, then not, without a word more."""
        token = self.token(self.etl).json()["access_token"]
        _, claims, _ = tokens.decode(token)
        form = {"client_id": "etl", "token": token}
        response = self.curl(INTROSPECT, cert=self.etl, form=form)
        self.assertIs(response.json()["active"], True)
        seen = []

        def is_over():
            response = self.curl(INTROSPECT, cert=self.etl, form=form)
            seen.append((email.utils.parsedate_to_datetime(response.header("Date")).timestamp(), response.body == INACTIVE))
            return seen[-1][1]

        eventually(is_over, within=15, what="the end of the token")
        self.assertTrue(all(is_inactive == (now >= claims["exp"]) or now == claims["exp"] for now, is_inactive in seen), seen)


if __name__ == "__main__":
    unittest.main()
