"""The life of a token with requests-oauthlib; what it has no call for (keys, introspection, revocation) its session does by itself."""

from common import JOB, RESULT, WITHIN, attempt, configure, discover, endpoint, tell, thumbprint_of
from oauthlib.oauth2 import BackendApplicationClient
from requests_oauthlib import OAuth2Session

METADATA = discover(JOB["issuer"])


def session_of(client):
    backend = BackendApplicationClient(client_id=client["id"], scope=JOB["parameters"]["scope"])
    return configure(OAuth2Session(client=backend), client)


def post(session, name, client, form):
    """The library adds a token to whatever it sends unless it is told not to."""
    url = endpoint(METADATA, name, client)
    answer = session.post(url, data={"client_id": client["id"], **form}, withhold_token=True, timeout=WITHIN)
    answer.raise_for_status()
    return answer


def introspect(session, token):
    answer = post(session, "introspection_endpoint", JOB["resource_server"], {"token": token})
    return {"type": answer.headers["Content-Type"], "answer": answer.json()}


def revoke(session, token):
    post(session, "revocation_endpoint", JOB["client"], {"token": token})
    return True


def main():
    me, server = session_of(JOB["client"]), session_of(JOB["resource_server"])
    url = endpoint(METADATA, "token_endpoint", JOB["client"])

    def token():
        # Without include_client_id the library sends HTTP Basic with an empty secret.
        extra = {name: value for name, value in JOB["parameters"].items() if name != "scope"}
        named = {"include_client_id": True} if JOB["client"].get("include_client_id", True) else {}
        # verify is named since the library passes its own default on, which is not the session's.
        answer = dict(me.fetch_token(url, timeout=WITHIN, verify=JOB["ca"], **named, **extra))
        # The library has split it.
        return {**answer, "scope": " ".join(answer["scope"])}

    RESULT.update(metadata=METADATA, token=attempt(token))
    access_token = RESULT["token"].get("access_token")
    if access_token:
        if "certificate" in JOB["client"]:
            RESULT["x5t"] = thumbprint_of(JOB["client"]["certificate"])
        RESULT["introspected"] = attempt(introspect, server, access_token)
        RESULT["second_token"] = attempt(token)
        RESULT["revoked"] = attempt(revoke, me, access_token)
        RESULT["introspected_after"] = attempt(introspect, server, access_token)
    tell()


main()
