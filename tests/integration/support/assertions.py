"""Client assertions (RFC 7523 section 2.2) as a client makes them, by python3-cryptography and nothing of the daemon's own code."""

import json
import os
import secrets
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from .pki import base64url, thumbprint_7638

ISSUER = "https://localhost:8443"
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ("ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "EdDSA")

_CURVES = {"ES256": (ec.SECP256R1, "P-256"), "ES384": (ec.SECP384R1, "P-384"), "ES512": (ec.SECP521R1, "P-521")}
_HASHES = {"256": hashes.SHA256, "384": hashes.SHA384, "512": hashes.SHA512}


class SigningKey:
    """A key pair for one algorithm. Fits support.dpop.proof() too."""

    def __init__(self, algorithm="ES256", private=None):
        self.algorithm = algorithm
        if private is not None:
            self.private = private
        elif algorithm in _CURVES:
            self.private = ec.generate_private_key(_CURVES[algorithm][0]())
        elif algorithm == "EdDSA":
            self.private = ed25519.Ed25519PrivateKey.generate()
        else:
            self.private = rsa.generate_private_key(65537, 2048)

    def with_algorithm(self, algorithm):
        """The same RSA key for another algorithm."""
        return SigningKey(algorithm, self.private)

    def pem(self):
        """The public half as `openssl pkey -pubout` writes it."""
        public = self.private.public_key()
        return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    def jwk(self, **members):
        public = self.private.public_key()
        if self.algorithm in _CURVES:
            size = (public.curve.key_size + 7) // 8
            x, y = (number.to_bytes(size, "big") for number in (public.public_numbers().x, public.public_numbers().y))
            found = {"crv": _CURVES[self.algorithm][1], "kty": "EC", "x": base64url(x), "y": base64url(y)}
        elif self.algorithm == "EdDSA":
            octets = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            found = {"crv": "Ed25519", "kty": "OKP", "x": base64url(octets)}
        else:
            n = public.public_numbers().n
            found = {"e": "AQAB", "kty": "RSA", "n": base64url(n.to_bytes((n.bit_length() + 7) // 8, "big"))}
        return {**found, **members}

    def jkt(self):
        return thumbprint_7638(self.jwk())

    def sign(self, text):
        if self.algorithm == "EdDSA":
            return self.private.sign(text)
        digest = _HASHES[self.algorithm[2:]]()
        if self.algorithm in _CURVES:
            size = (self.private.curve.key_size + 7) // 8
            numbers = utils.decode_dss_signature(self.private.sign(text, ec.ECDSA(digest)))
            return b"".join(number.to_bytes(size, "big") for number in numbers)
        pad = padding.PKCS1v15()
        if self.algorithm.startswith("PS"):
            pad = padding.PSS(padding.MGF1(digest), digest.digest_size)
        return self.private.sign(text, pad, digest)

    def jws(self, header, claims):
        """Compact; each part as JSON, or as it is where it is text."""
        parts = [part if isinstance(part, str) else json.dumps(part) for part in (header, claims)]
        text = ".".join(base64url(part.encode()) for part in parts)
        return f"{text}.{base64url(self.sign(text.encode()))}"


def assertion(key, client_id, *, header=None, **claims):
    """A good one of now, for a minute. `header` and `claims` change it; a member that is None is left out."""
    now = int(time.time())
    head = {"alg": key.algorithm, **(header or {})}
    body = {"iss": client_id, "sub": client_id, "aud": ISSUER, "jti": secrets.token_urlsafe(16), "iat": now, "exp": now + 60, **claims}
    return key.jws(*({name: value for name, value in part.items() if value is not None} for part in (head, body)))


def parameters(text):
    """Of the request that brings it."""
    return {"client_assertion_type": JWT_BEARER, "client_assertion": text}


def jwt_client(client_id, *, scope="orders.read", **members):
    return {
        "client_id": client_id, "token_endpoint_auth_method": "private_key_jwt", "scope": scope,
        "resources": ["https://api.example.com"], **members,
    }  # fmt: skip


def write_pem(case, key):
    """The path of a file with the public key."""
    path = os.path.join(case.folder, f"{secrets.token_hex(8)}.pub")
    with open(path, "w", encoding="ascii") as file:
        file.write(key.pem())
    return path
