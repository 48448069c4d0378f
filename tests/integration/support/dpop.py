"""DPoP proofs (RFC 9449 section 4) as a client makes them, by python3-cryptography and nothing of the daemon's own code."""

import base64
import hashlib
import json
import secrets
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils


def to_base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class Key:
    """One key pair of a client; `algorithm` is ES256 or EdDSA."""

    def __init__(self, algorithm):
        self.algorithm = algorithm
        self.private = ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else ed25519.Ed25519PrivateKey.generate()

    def jwk(self):
        """The public key, with its required members alone, as RFC 7638 orders them."""
        public = self.private.public_key()
        if self.algorithm == "ES256":
            point = public.public_numbers()
            return {"crv": "P-256", "kty": "EC", "x": to_base64url(point.x.to_bytes(32, "big")), "y": to_base64url(point.y.to_bytes(32, "big"))}
        octets = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return {"crv": "Ed25519", "kty": "OKP", "x": to_base64url(octets)}

    def private_member(self):
        """`d` of the private key: no proof may show it."""
        if self.algorithm == "ES256":
            return to_base64url(self.private.private_numbers().private_value.to_bytes(32, "big"))
        octets = self.private.private_bytes(serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption())
        return to_base64url(octets)

    def sign(self, text):
        if self.algorithm == "EdDSA":
            return self.private.sign(text)
        numbers = utils.decode_dss_signature(self.private.sign(text, ec.ECDSA(hashes.SHA256())))
        return b"".join(number.to_bytes(32, "big") for number in numbers)


def make_key(algorithm="ES256"):
    return Key(algorithm)


def jkt(key):
    """RFC 7638 thumbprint: what `cnf.jkt` of the key's tokens has to be."""
    return to_base64url(hashlib.sha256(json.dumps(key.jwk(), separators=(",", ":")).encode()).digest())


def ath(token):
    return to_base64url(hashlib.sha256(token.encode()).digest())


def proof(key, method, url, *, token=None, header=None, **claims):
    """A good proof of now, with `ath` where a token is given. `header` and `claims` change it; a member that is None is left out."""
    head = {"typ": "dpop+jwt", "alg": key.algorithm, "jwk": key.jwk(), **(header or {})}
    body = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": url, "iat": int(time.time()), "ath": ath(token) if token else None, **claims}
    parts = [{name: value for name, value in part.items() if value is not None} for part in (head, body)]
    text = ".".join(to_base64url(json.dumps(part).encode()) for part in parts)
    return f"{text}.{to_base64url(key.sign(text.encode()))}"
