"""Access tokens as a resource server would read them, with nothing of the daemon's own code."""

import base64
import json
import os
import re
import subprocess
import tempfile

from . import der

_B64 = re.compile(r"[A-Za-z0-9_-]*\Z")


def from_base64url(text):
    """Strict: no padding, no blank, canonical."""
    if not _B64.match(text):
        raise AssertionError(f"{text!r} is not base64url")
    octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64.urlsafe_b64encode(octets).rstrip(b"=").decode() != text:
        raise AssertionError(f"{text!r} is not canonical")
    return octets


def decode(token):
    """Header, claims and signature of a compact JWS."""
    parts = token.split(".")
    if len(parts) != 3:
        raise AssertionError("a JWT has three parts")
    header, claims = (json.loads(from_base64url(part)) for part in parts[:2])
    return header, claims, from_base64url(parts[2])


def signed(header, claims, key):
    """A compact JWS by ES256, with the private key of that PEM file; the parts may be octets."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    text = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=text.encode(), capture_output=True, check=True)
    numbers = [der.read(number)[1] for number in der.children(der.read(done.stdout)[1])]
    raw = b"".join(number.lstrip(b"\0").rjust(32, b"\0") for number in numbers)
    return f"{text}.{base64.urlsafe_b64encode(raw).rstrip(b'=').decode()}"


def public_key_pem(jwk):
    """SubjectPublicKeyInfo of a JWK, made here from its members."""
    if jwk["kty"] == "EC":
        algorithm = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")  # id-ecPublicKey, prime256v1
        key = b"\x04" + from_base64url(jwk["x"]) + from_base64url(jwk["y"])
    elif jwk["kty"] == "OKP":
        algorithm = bytes.fromhex("300506032b6570")  # id-Ed25519
        key = from_base64url(jwk["x"])
    else:
        algorithm = bytes.fromhex("300d06092a864886f70d0101010500")  # rsaEncryption, NULL
        key = der.sequence(der.integer(from_base64url(jwk["n"])), der.integer(from_base64url(jwk["e"])))
    text = base64.encodebytes(der.sequence(algorithm, der.bit_string(key))).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{text}-----END PUBLIC KEY-----\n"


def has_valid_signature(token, jwks):
    """Verifies with openssl, with the key that `kid` names and the algorithm that `alg` names."""
    header, _, signature = decode(token)
    jwk = next(key for key in jwks["keys"] if key["kid"] == header["kid"])
    if jwk.get("alg", header["alg"]) != header["alg"]:
        raise AssertionError(f"the key is for {jwk['alg']}, the token says {header['alg']}")
    with tempfile.TemporaryDirectory() as folder:

        def write(name, octets):
            path = os.path.join(folder, name)
            with open(path, "wb") as file:
                file.write(octets)
            return path

        if header["alg"] == "ES256":
            if len(signature) != 64:
                raise AssertionError(f"an ES256 signature has 64 octets, not {len(signature)}")
            signature = der.sequence(der.integer(signature[:32]), der.integer(signature[32:]))
        key = write("key.pem", public_key_pem(jwk).encode())
        signed = write("signed", token.rpartition(".")[0].encode())
        sign = write("signature", signature)
        if header["alg"] == "EdDSA":
            command = ["pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", signed, "-sigfile", sign]
        else:
            command = ["dgst", "-sha256", "-verify", key, "-signature", sign]
            if header["alg"] == "PS256":
                command += ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]
            command.append(signed)
        return subprocess.run(["openssl", *command], capture_output=True, check=False).returncode == 0
