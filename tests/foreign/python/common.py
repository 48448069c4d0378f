"""What the client programs share: the job on standard input, how an error is told, the thumbprint of a certificate."""

import base64
import hashlib
import json
import ssl
import sys

import requests

JOB = json.load(sys.stdin)
RESULT = {}
WITHIN = 20  # seconds for a request


def configure(session, client):
    """Trusts the CA of the job alone and presents the client's certificate, if it has one."""
    session.trust_env = False
    session.verify = JOB["ca"]
    if "certificate" in client:
        session.cert = (client["certificate"], client["key"])
    return session


def discover(issuer):
    """RFC 8414 section 3, by requests: neither library does it."""
    answer = configure(requests.Session(), {}).get(f"{issuer}/.well-known/oauth-authorization-server", timeout=WITHIN)
    answer.raise_for_status()
    metadata = answer.json()
    if metadata["issuer"] != issuer:
        raise ValueError(f"the metadata is of {metadata['issuer']}")
    return metadata


def endpoint(metadata, name, client):
    """RFC 8705 section 5: the alias, for a client that presents a certificate."""
    return (metadata["mtls_endpoint_aliases"] if client.get("alias") else metadata)[name]


def attempt(action, *arguments, **named):
    """The value, or what was raised as a value that the test can look at."""
    try:
        return action(*arguments, **named)
    except Exception as error:  # noqa: BLE001: told to the test, which looks at it
        told = {"name": type(error).__name__, "message": str(error), "error": getattr(error, "error", None)}
        return {"thrown": told}


def thumbprint_of(path):
    with open(path, encoding="ascii") as file:
        octets = ssl.PEM_cert_to_DER_cert(file.read())
    return base64.urlsafe_b64encode(hashlib.sha256(octets).digest()).rstrip(b"=").decode()


def tell():
    json.dump(RESULT, sys.stdout)
