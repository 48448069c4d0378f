"""The token endpoint after RFC 6749 and RFC 8707 (conformance.md sections 4.1 and 13)."""

import unittest

from support.cases import API, ETL_DN, OTHER_API, TOKEN, DaemonCase, grant, pki_client


class Parameters(DaemonCase):
    def test_what_is_missing(self):
        """6749-5.2-1, 6749-3.2-2, 8705-2-2: an absent or empty grant_type or client_id."""
        for form in ({"client_id": "etl"}, {"client_id": "etl", "grant_type": ""}):
            self.assert_error(self.curl(TOKEN, cert=self.etl, form=form), "invalid_request")
        for form in ({"grant_type": "client_credentials"}, {"grant_type": "client_credentials", "client_id": ""}):
            self.assert_error(self.curl(TOKEN, cert=self.etl, form=form), ("invalid_request", "invalid_client"))
        self.assert_error(self.curl(TOKEN, cert=self.etl, form={}), "invalid_request")

    def test_what_is_repeated(self):
        """6749-3.2-4: each parameter at most once, also where both say the same, and unknown ones too."""
        for name, value in (("client_id", "etl"), ("grant_type", "client_credentials"), ("scope", "orders.read"), ("foo", "a")):
            with self.subTest(name=name):
                form = [*grant(scope="orders.read", foo="a").items(), (name, value)]
                self.assert_error(self.curl(TOKEN, cert=self.etl, form=form), "invalid_request")

    def test_what_is_unknown(self):
        """6749-3.2-3: ignored."""
        self.assert_granted(self.token(self.etl, foo="bar", nonce="1", audience="x"), self.etl)

    def test_empty_is_absent(self):
        """6749-3.2-2."""
        claims = self.assert_granted(self.token(self.etl, scope=""), self.etl)
        self.assertEqual(claims["scope"], "orders.read orders.write")

    def test_other_grants(self):
        """6749-5.2-1: what the server does not know."""
        for name in ("password", "authorization_code", "implicit", "refresh_token", "CLIENT_CREDENTIALS", "client_credentials ",
                     "urn:ietf:params:oauth:grant-type:token-exchange", "a" * 2000, "\u00e4"):  # fmt: skip
            with self.subTest(name=name):
                response = self.curl(TOKEN, cert=self.etl, form={"grant_type": name, "client_id": "etl"})
                self.assert_error(response, "unsupported_grant_type")

    def test_authentication_comes_before_the_rest(self):
        """6749-5.2-4: a stranger learns nothing of grants, scopes and resources."""
        forms = (grant(scope="nonsense"), grant(resource="https://nowhere.example"), {"grant_type": "password", "client_id": "etl"})
        for form in forms:
            self.assert_refused(self.curl(TOKEN, form=form))

    def test_descriptions_hold_what_they_may(self):
        """6749-5.2-3: no quote, backslash, line end or byte outside ASCII, whatever was sent."""
        for scope in ('"\r\n', "\u00e4", 'a"b', "a\\b", "\t"):
            self.assert_error(self.token(self.etl, scope=scope), ("invalid_scope", "invalid_request"))
        for client_id in ('"\r\nSet-Cookie: a=b', "\u00e4", "\\"):
            response = self.token(self.etl, client_id)
            self.assert_refused(response)
            self.assertEqual(response.header_values("Set-Cookie"), [])


class Answers(DaemonCase):
    def test_the_token_response(self):
        """6749-5.1-1, 6749-5.1-2, 6749-4.4-3, 8705-3-7."""
        response = self.token(self.etl, scope="orders.read")
        self.assertEqual(response.status, 200)
        answer = response.json()
        self.assertEqual(answer["token_type"].lower(), "bearer")
        self.assertIs(type(answer["expires_in"]), int)
        self.assertEqual(answer["expires_in"], 300)
        self.assertEqual(answer["scope"], "orders.read")
        self.assertNotIn("refresh_token", answer)
        self.assertEqual(set(answer), {"access_token", "token_type", "expires_in", "scope"})
        self.assertTrue(response.header("Content-Type").startswith("application/json"))
        self.assertEqual(response.header("Cache-Control"), "no-store")
        self.assertEqual(response.header("Pragma"), "no-cache")

    def test_the_error_response(self):
        """6749-5.2: JSON, not to be cached."""
        response = self.token()
        self.assert_refused(response)
        self.assertTrue(response.header("Content-Type").startswith("application/json"))
        self.assertEqual(response.header("Cache-Control"), "no-store")
        self.assertIsNone(response.header("WWW-Authenticate"))

    def test_401_where_the_header_was_used(self):
        """6749-5.2-2, D1: with an Authorization header 401 and a challenge of the same scheme; else 400."""
        for value, scheme in (("Basic ZXRsOnNlY3JldA==", "Basic"), ("Bearer abc", "Bearer")):
            response = self.token(headers=[f"Authorization: {value}"])
            self.assert_error(response, "invalid_client", 401)
            self.assertTrue(response.header("WWW-Authenticate").startswith(scheme + " "))


class Scopes(DaemonCase):
    @classmethod
    def configure(cls, config):
        config["resources"][0]["scopes"] = ["orders.read", "orders.write", "Orders.read"]
        config["clients"] += [
            pki_client("both", tls_client_auth_subject_dn=ETL_DN, scope="orders.read stock.read", resources=[API, OTHER_API]),
            pki_client("none", tls_client_auth_subject_dn=ETL_DN, scope="orders.read", resources=[API]),
        ]

    def scope(self, response):
        claims = self.assert_granted(response, self.etl)
        answer = response.json()
        self.assertEqual(claims.get("scope"), answer.get("scope"))
        return set(answer["scope"].split(" "))

    def test_order_is_irrelevant_and_case_is_not(self):
        """6749-3.3-1."""
        self.assertEqual(self.scope(self.token(self.etl, scope="orders.write orders.read")), {"orders.read", "orders.write"})
        self.assertEqual(self.scope(self.token(self.etl, scope="orders.read orders.write")), {"orders.read", "orders.write"})
        self.assert_error(self.token(self.etl, scope="Orders.read"), "invalid_scope")
        self.assert_error(self.token(self.etl, scope="ORDERS.READ"), "invalid_scope")

    def test_characters(self):
        """6749-3.3-1: %x21 / %x23-5B / %x5D-7E."""
        for scope in ('a"b', "a\\b", "a\tb", "a\x7fb", "a\u00e4"):
            self.assert_error(self.token(self.etl, scope=scope), ("invalid_scope", "invalid_request"))

    def test_more_than_allowed_is_refused_and_not_cut(self):
        """6749-3.3-2, AthenZ 3483: never silently less than was asked."""
        self.assert_error(self.token(self.etl, scope="orders.read stock.read"), "invalid_scope")
        self.assert_error(self.token(self.etl, "none", scope="orders.write"), "invalid_scope")

    def test_none_asked_is_all_that_the_audience_offers(self):
        """6749-3.3-3: and the response says which."""
        self.assertEqual(self.scope(self.token(self.etl)), {"orders.read", "orders.write"})
        self.assertEqual(self.scope(self.token(self.etl, "both")), {"orders.read"})
        self.assertEqual(self.scope(self.token(self.etl, "both", resource=OTHER_API)), {"stock.read"})

    def test_scopes_fit_the_resource(self):
        """8707-3-1, 9068-2.2.3-1, 9068-3-2: a scope of another resource than the audience is refused."""
        self.assert_error(self.token(self.etl, "both", scope="stock.read"), "invalid_scope")
        self.assert_error(self.token(self.etl, "both", scope="orders.read", resource=OTHER_API), "invalid_scope")

    def test_scopes_of_two_resources_need_both_named(self):
        """8707-3-1, 9068-3-2: without `resource` there is one audience, and the client's other scope is none of its."""
        scope = "orders.read stock.read"
        self.assert_error(self.token(self.etl, "both", scope=scope), "invalid_scope")
        form = [*grant("both", scope=scope).items(), ("resource", API), ("resource", OTHER_API)]
        self.assertEqual(self.scope(self.curl(TOKEN, cert=self.etl, form=form)), {"orders.read", "stock.read"})


class Resources(DaemonCase):
    @classmethod
    def configure(cls, config):
        config["clients"] += [
            pki_client("both", tls_client_auth_subject_dn=ETL_DN, scope="orders.read stock.read", resources=[API, OTHER_API]),
        ]

    def audience(self, response):
        audience = self.assert_granted(response, self.etl)["aud"]
        return [audience] if isinstance(audience, str) else audience

    def test_the_audience_is_the_resource(self):
        """8707-2.2-1, 9068-3-1: octet for octet; without one, the client's first."""
        self.assertEqual(self.audience(self.token(self.etl, "both")), [API])
        self.assertEqual(self.audience(self.token(self.etl, "both", resource=OTHER_API)), [OTHER_API])

    def test_several(self):
        """8707-2-2."""
        form = [*grant("both").items(), ("resource", API), ("resource", OTHER_API)]
        response = self.curl(TOKEN, cert=self.etl, form=form)
        self.assertEqual(set(self.audience(response)), {API, OTHER_API})
        self.assertEqual(set(response.json()["scope"].split()), {"orders.read", "stock.read"})

    def test_the_same_one_twice(self):
        """8707-2-2, 9068-3-1: one audience, so `aud` is a string and no list."""
        form = [*grant("both").items(), ("resource", API), ("resource", API)]
        self.assertEqual(self.assert_granted(self.curl(TOKEN, cert=self.etl, form=form), self.etl)["aud"], API)

    def test_an_empty_one_is_absent(self):
        """6749-3.2-2."""
        response = self.token(self.etl, "both", resource="")
        self.assertEqual(self.assert_granted(response, self.etl)["aud"], API)

    def test_what_is_no_resource_of_the_client(self):
        """8707-2-1, 8707-2-3: relative, with a fragment, unknown, another client's, almost the same."""
        for resource in ("orders", "/orders", API + "#a", "https://nowhere.example", OTHER_API, API + "/", API.upper(), "https://", " " + API):
            with self.subTest(resource=resource):
                self.assert_error(self.token(self.etl, resource=resource), "invalid_target")
        form = [*grant().items(), ("resource", API), ("resource", OTHER_API)]
        self.assert_error(self.curl(TOKEN, cert=self.etl, form=form), "invalid_target")

    def test_unknown_and_forbidden_look_alike(self):
        """A client does not learn which other resources exist."""
        unknown = self.token(self.etl, resource="https://nowhere.example").json()
        forbidden = self.token(self.etl, resource=OTHER_API).json()
        for answer in (unknown, forbidden):
            del answer["request_id"]
        self.assertEqual(unknown, forbidden)


if __name__ == "__main__":
    unittest.main()
