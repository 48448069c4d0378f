"""The life of a token with Authlib: request, verification of the signature, introspection in both forms, revocation."""

import time

from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from common import JOB, RESULT, WITHIN, attempt, configure, discover, endpoint, tell, thumbprint_of

SIGNED = "application/token-introspection+jwt"
METADATA = discover(JOB["issuer"])
LIFETIME = 60  # of an assertion, in seconds


class AssertionForTheIssuer(PrivateKeyJWT):
    """Authlib addresses an assertion to the token endpoint and lets it live for an hour; rfc7523bis wants the issuer."""

    def sign(self, auth, token_endpoint):
        # Anew each time: the library leaves its jti in the dict that it is given.
        self.claims = {"exp": int(time.time()) + LIFETIME}
        return super().sign(auth, JOB["issuer"])


class LongAssertionForTheIssuer(PrivateKeyJWT):
    def sign(self, auth, token_endpoint):
        return super().sign(auth, JOB["issuer"])


class ShortAssertionForTheEndpoint(PrivateKeyJWT):
    def sign(self, auth, token_endpoint):
        self.claims = {"exp": int(time.time()) + LIFETIME}
        return super().sign(auth, token_endpoint)


ASSERTIONS = {"issuer": AssertionForTheIssuer, "endpoint": ShortAssertionForTheEndpoint, "long": LongAssertionForTheIssuer,
              "default": PrivateKeyJWT}  # fmt: skip


def session_of(client):
    """Authlib knows no tls_client_auth: `none` sends client_id alone, and the certificate does the rest."""
    method = client.get("method", "none")
    secret = None
    if "private_key" in client:
        with open(client["private_key"], encoding="ascii") as file:
            secret = file.read()
        method = "private_key_jwt"
    session = OAuth2Session(
        client["id"], secret, token_endpoint_auth_method=method, revocation_endpoint_auth_method=method, default_timeout=WITHIN
    )
    if method == "tls_client_auth":
        session.register_client_auth_method(("tls_client_auth", by_certificate))
    if "private_key" in client:
        session.register_client_auth_method(ASSERTIONS[client.get("assertion", "issuer")](alg=client["alg"]))
    return configure(session, client)


def by_certificate(auth, _method, uri, headers, body):
    """RFC 8705 section 2: client_id in the form; the connection authenticates."""
    return uri, headers, f"{body}&client_id={auth.client_id}"


def verified(jwt, keys, **claims):
    """The claims, once signature, times and these claims were checked."""
    options = {name: {"essential": True, "value": value} for name, value in claims.items()}
    found = JsonWebToken(["ES256"]).decode(jwt, keys, claims_options=options)
    found.validate()
    return {"header": dict(found.header), "payload": dict(found)}


def introspect(session, keys, token, accept):
    client = JOB["resource_server"]
    headers = {"Accept": accept, "Content-Type": "application/x-www-form-urlencoded"}
    answer = session.introspect_token(endpoint(METADATA, "introspection_endpoint", client), token=token, headers=headers)
    answer.raise_for_status()
    if accept == SIGNED:
        claims = verified(answer.text, keys, iss=JOB["issuer"], aud=client["id"])["payload"]
        return {"type": answer.headers["Content-Type"], "answer": claims["token_introspection"]}
    return {"type": answer.headers["Content-Type"], "answer": answer.json()}


def revoke(session, token):
    session.revoke_token(endpoint(METADATA, "revocation_endpoint", JOB["client"]), token=token).raise_for_status()
    return True


def main():
    me, server = session_of(JOB["client"]), session_of(JOB["resource_server"])
    url = endpoint(METADATA, "token_endpoint", JOB["client"])

    def token():
        return dict(me.fetch_token(url, grant_type="client_credentials", **JOB["parameters"]))

    RESULT.update(metadata=METADATA, token=attempt(token))
    access_token = RESULT["token"].get("access_token")
    if access_token:
        keys = JsonWebKey.import_key_set(configure(session_of(JOB["client"]), JOB["client"]).get(METADATA["jwks_uri"], withhold_token=True).json())
        RESULT["verified"] = attempt(verified, access_token, keys, iss=JOB["issuer"], aud=JOB["audience"])
        if "certificate" in JOB["client"]:
            RESULT["x5t"] = thumbprint_of(JOB["client"]["certificate"])
        RESULT["introspected"] = attempt(introspect, server, keys, access_token, "application/json")
        RESULT["introspected_as_jwt"] = attempt(introspect, server, keys, access_token, SIGNED)
        RESULT["second_token"] = attempt(token)
        RESULT["revoked"] = attempt(revoke, me, access_token)
        RESULT["introspected_after"] = attempt(introspect, server, keys, access_token, "application/json")
    tell()


main()
