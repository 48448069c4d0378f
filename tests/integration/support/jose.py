"""José, the command line tool: an independent maker and judge of keys and signatures."""

import contextlib
import json
import os
import subprocess
import tempfile

from .pki import base64url


def jose(*arguments, stdin=None, check=True):
    """Exit status and standard output; where `check` is set, a failure is an error of the test."""
    done = subprocess.run(["jose", *arguments], input=stdin, capture_output=True, text=True, check=False, timeout=60)
    if check and done.returncode != 0:
        raise AssertionError(f"jose {' '.join(arguments)}: {done.stderr}")
    return done.returncode, done.stdout


@contextlib.contextmanager
def in_a_file(jwk):
    """The tool reads keys from files alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "jwk.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(jwk, file)
        yield path


def make_key(alg, **members):
    """A private JWK."""
    return {**json.loads(jose("jwk", "gen", "-i", json.dumps({"alg": alg}))[1]), **members}


def public(jwk):
    """The public half, as the tool makes it of the private one; what it says of operations is left out."""
    found = json.loads(jose("jwk", "pub", "-i", "-", stdin=json.dumps(jwk))[1])
    found.pop("key_ops", None)
    return found


def thumbprint(jwk):
    """RFC 7638, SHA-256."""
    return jose("jwk", "thp", "-a", "S256", "-i", "-", stdin=json.dumps(jwk))[1].strip()


def sign(header, payload, jwk, *, compact=True, unprotected=None):
    """A JWS: compact, or the flattened JSON form. A protected header that is text is taken as it is, duplicates and all; else the tool
    adds `alg` where it is missing."""
    protected = base64url(header.encode()) if isinstance(header, str) else header
    template = json.dumps({"protected": protected, **({"header": unprotected} if unprotected else {})})
    payload = payload if isinstance(payload, str) else json.dumps(payload)
    with in_a_file(jwk) as key:
        return jose("jws", "sig", "-I", "-", "-s", template, "-k", key, *(["-c"] if compact else []), stdin=payload)[1].strip()


def verify(jws, keys):
    """The payload as JSON, or None where no key fits."""
    with in_a_file(keys) as key:
        status, payload = jose("jws", "ver", "-i", "-", "-k", key, "-O", "-", stdin=jws, check=False)
    return json.loads(payload) if status == 0 else None
