"""Certificates made for the run with the openssl program. EC P-256 unless said otherwise, since that is fast.

A subject is a list in DER order (country first), each part `"O=Partner Corp"`; a tuple of such parts is one multi-valued RDN.
"""

import base64
import dataclasses
import datetime
import hashlib
import json
import os
import secrets
import ssl
import subprocess

from . import der

DAY = datetime.timedelta(days=1)

_KEY_ARGUMENTS = {
    "ec256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ec384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "ec521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
    "ed25519": ["-algorithm", "ED25519"],
    "rsa1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
    "rsa2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
}


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def openssl(*arguments, stdin=None):
    """Runs openssl and returns its standard output; a failure is an error of the test."""
    done = subprocess.run(["openssl", *arguments], input=stdin, capture_output=True, check=False, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(arguments)}: {done.stderr.decode(errors='replace')}")
    return done.stdout


@dataclasses.dataclass(frozen=True)
class Credential:
    """A certificate (PEM file; what follows the first is sent along) and its key."""

    certificate: str
    key: str
    issuer: "Credential | None" = None
    subject: tuple = ()

    def pem(self):
        with open(self.certificate, encoding="ascii") as file:
            return file.read()

    def leaf_pem(self):
        end = "-----END CERTIFICATE-----"
        return self.pem().split(end)[0] + end + "\n"

    def der(self):
        return ssl.PEM_cert_to_DER_cert(self.leaf_pem())

    def x5t(self):
        """x5t#S256 of the leaf, computed here and not by what is tested."""
        return base64url(hashlib.sha256(self.der()).digest())

    def with_chain(self, *others):
        """The same credential with other certificates after the leaf in its file."""
        path = f"{self.certificate}.{secrets.token_hex(4)}.chain.pem"
        with open(path, "w", encoding="ascii") as file:
            file.write(self.leaf_pem() + "".join(other.leaf_pem() for other in others))
        return dataclasses.replace(self, certificate=path)

    def with_key_of(self, other):
        return dataclasses.replace(self, key=other.key)

    def dn(self):
        """The subject as RFC 4514 writes it: most specific first."""
        return rfc4514(self.subject)


def rfc4514(subject):
    def escaped(value):
        value = "".join("\\" + c if c in '\\,+"<>;=' else c for c in value)
        if value.startswith(("#", " ")):
            value = "\\" + value
        return value[:-1] + "\\ " if value.endswith(" ") and not value.endswith("\\ ") else value

    def rdn(part):
        pairs = (part,) if isinstance(part, str) else part
        return "+".join(f"{kind}={escaped(value)}" for kind, value in (pair.split("=", 1) for pair in pairs))

    return ",".join(rdn(part) for part in reversed(subject))


class Pki:
    """Makes certificates into one folder."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self._count = 0
        self._shared_keys = {}

    def _path(self, name):
        self._count += 1
        return os.path.join(self.folder, f"{self._count:03}-{name}")

    def write(self, name, text):
        """A file of the folder; returns its path."""
        path = self._path(name)
        with open(path, "wb" if isinstance(text, bytes) else "w") as file:
            file.write(text)
        return path

    def key(self, kind="ec256"):
        """Path of a private key. RSA keys are made once for each size, since they are slow."""
        if kind in self._shared_keys:
            return self._shared_keys[kind]
        path = self._path(f"{kind}.key")
        openssl("genpkey", *_KEY_ARGUMENTS[kind], "-out", path)
        os.chmod(path, 0o600)
        if kind.startswith("rsa"):
            self._shared_keys[kind] = path
        return path

    def ca(self, *subject, issuer=None, pathlen=None, name_constraints=None, **options):
        """A CA certificate, self-signed where no issuer is given."""
        constraints = "critical,CA:TRUE" + (f",pathlen:{pathlen}" if pathlen is not None else "")
        extensions = [("basicConstraints", constraints), ("keyUsage", "critical,keyCertSign,cRLSign")]
        if name_constraints:
            extensions.append(("nameConstraints", "critical," + name_constraints))
        return self.issue(*subject, issuer=issuer, extensions=extensions, **options)

    def leaf(self, *subject, issuer=None, san=(), eku="clientAuth", extra=(), **options):
        """An end entity certificate. `san` as openssl writes it (`DNS:a.example`), `eku=None` for none."""
        extensions = [("basicConstraints", "critical,CA:FALSE"), ("keyUsage", "critical,digitalSignature")]
        if eku:
            extensions.append(("extendedKeyUsage", eku))
        if san:
            entries = "\n".join(f"{entry.split(':', 1)[0]}.{i} = {_escaped(entry.split(':', 1)[1])}" for i, entry in enumerate(san))
            critical = "" if subject else "critical,"
            extensions.append(("subjectAltName", f"{critical}@names\n[names]\n{entries}\n"))
        return self.issue(*subject, issuer=issuer, extensions=[*extensions, *extra], **options)

    def server(self, issuer, kind="ec256", names=("DNS:localhost", "DNS:mtls.localhost", "IP:127.0.0.1", "IP:127.0.0.2")):
        return self.leaf("CN=localhost", issuer=issuer, san=names, eku="serverAuth", kind=kind)

    def issue(
        self, *subject, issuer=None, extensions=(), kind="ec256", key=None, not_before=None, not_after=None, serial=None,
        digest="default", string_mask="utf8only",
    ):  # fmt: skip
        """Any certificate: `openssl req` and `openssl ca` with a configuration written for it."""
        key = key or self.key(kind)
        folder = self._path("issue")
        os.mkdir(folder)
        config = os.path.join(folder, "openssl.cnf")
        _write(os.path.join(folder, "index.txt"), "")
        _write(os.path.join(folder, "serial"), f"{serial if serial is not None else secrets.randbits(62) + 1:016X}\n")
        _write(config, _CONFIG.format(folder=folder, digest=digest, mask=string_mask, dn=_dn_section(subject),
                                      extensions=_extension_section(extensions)))  # fmt: skip
        csr = os.path.join(folder, "request.csr")
        certificate = os.path.join(folder, "certificate.pem")
        openssl("req", "-new", "-utf8", "-config", config, "-key", key, "-out", csr, *([] if subject else ["-subj", "/"]))
        signer = ["-selfsign", "-keyfile", key] if issuer is None else ["-cert", issuer.certificate, "-keyfile", issuer.key]
        start = not_before or now() - DAY
        end = not_after or now() + 90 * DAY
        openssl("ca", "-batch", "-notext", "-utf8", "-preserveDN", "-config", config, *signer, "-in", csr, "-out", certificate,
                "-startdate", f"{start:%Y%m%d%H%M%SZ}", "-enddate", f"{end:%Y%m%d%H%M%SZ}")  # fmt: skip
        return Credential(certificate, key, issuer, tuple(subject))

    def crl(self, issuer, *revoked, this_update=None, next_update=None, number="01", extensions="authorityKeyIdentifier = keyid"):
        """Path of the CRL of `issuer` in PEM, by `openssl ca -revoke` and `-gencrl`. `revoked`: credentials."""
        folder = self._path("crl")
        os.mkdir(folder)
        config = os.path.join(folder, "openssl.cnf")
        _write(os.path.join(folder, "index.txt"), "")
        _write(os.path.join(folder, "crlnumber"), number + "\n")
        _write(config, f"[ca]\ndefault_ca = this\n[this]\ndatabase = {folder}/index.txt\ncrlnumber = {folder}/crlnumber\n"
                       f"default_md = sha256\nunique_subject = no\n[extensions]\n{extensions}\n")  # fmt: skip
        signer = ["-config", config, "-cert", issuer.certificate, "-keyfile", issuer.key]
        for credential in revoked:
            openssl("ca", *signer, "-revoke", self.write("revoked.pem", credential.leaf_pem()), "-crl_reason", "keyCompromise")
        begin = this_update or now() - DAY / 24
        end = next_update or now() + DAY
        path = os.path.join(folder, "list.crl")
        openssl("ca", *signer, "-gencrl", "-crlexts", "extensions", "-out", path,
                "-crl_lastupdate", f"{begin:%Y%m%d%H%M%SZ}", "-crl_nextupdate", f"{end:%Y%m%d%H%M%SZ}")  # fmt: skip
        return path

    def version_1(self, *subject):
        """A self-signed certificate without any extension: X.509 v1, as the one of RFC 8705 appendix A."""
        key = self.key()
        folder = self._path("v1")
        os.mkdir(folder)
        config = os.path.join(folder, "openssl.cnf")
        _write(config, _CONFIG.format(folder=folder, digest="default", mask="utf8only", dn=_dn_section(subject), extensions=""))
        csr, certificate = os.path.join(folder, "request.csr"), os.path.join(folder, "certificate.pem")
        openssl("req", "-new", "-utf8", "-config", config, "-key", key, "-out", csr)
        openssl("x509", "-req", "-in", csr, "-signkey", key, "-days", "2", "-out", certificate)
        return Credential(certificate, key, None, tuple(subject))

    def patched(self, credential, old, new):
        """The certificate with the octets `old` of its body replaced by `new` of the same length, signed again: for what the
        openssl program refuses to write, a NUL in a name for example."""
        assert len(old) == len(new), "lengths of DER stay"
        body, algorithm, _ = der.children(der.read(credential.der())[1])
        assert body.count(old) >= 1, f"{old!r} is not in the certificate"
        body = body.replace(old, new)
        issuer = credential.issuer or credential
        signature = openssl("dgst", "-sha256", "-sign", issuer.key, stdin=body)
        whole = der.sequence(body, algorithm, der.bit_string(signature))
        return dataclasses.replace(credential, certificate=self.write("patched.pem", ssl.DER_cert_to_PEM_cert(whole)))

    def damaged_signature(self, credential):
        body, algorithm, signature = der.children(der.read(credential.der())[1])
        whole = der.sequence(body, algorithm, signature[:-1] + bytes([signature[-1] ^ 1]))
        return dataclasses.replace(credential, certificate=self.write("damaged.pem", ssl.DER_cert_to_PEM_cert(whole)))

    def jwk(self, credential):
        """The public key of an EC P-256 credential as a JWK, from what openssl prints."""
        spki = openssl("pkey", "-in", credential.key, "-pubout", "-outform", "DER")
        point = spki[-64:]
        return {"kty": "EC", "crv": "P-256", "x": base64url(point[:32]), "y": base64url(point[32:])}


def thumbprint_7638(jwk):
    """RFC 7638 thumbprint of a JWK: what its kty requires, by name, without a blank."""
    names = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}[jwk["kty"]]
    text = json.dumps({name: jwk[name] for name in names}, separators=(",", ":"))
    return base64url(hashlib.sha256(text.encode()).digest())


_CONFIG = """
[req]
prompt = no
distinguished_name = dn
string_mask = {mask}
[dn]
{dn}
[ca]
default_ca = this
[this]
database = {folder}/index.txt
serial = {folder}/serial
new_certs_dir = {folder}
default_md = {digest}
policy = any
unique_subject = no
email_in_dn = yes
string_mask = {mask}
x509_extensions = extensions
[any]
commonName = optional
[extensions]
{extensions}
"""


def _write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _escaped(value):
    value = "".join("\\" + c if c in "\\\"'#$" else c for c in value)
    return f'"{value}"' if value != value.strip() else value


def _dn_section(subject):
    lines = []
    for position, part in enumerate(subject):
        for index, pair in enumerate((part,) if isinstance(part, str) else part):
            kind, value = pair.split("=", 1)
            lines.append(f"{position}{index}.{'+' if index else ''}{kind} = {_escaped(value)}")
    return "\n".join(lines)


def _extension_section(extensions):
    names = [name for name, _ in extensions]
    lines = []
    tail = []
    if "subjectKeyIdentifier" not in names:
        lines.append("subjectKeyIdentifier = hash")
    if "authorityKeyIdentifier" not in names:
        lines.append("authorityKeyIdentifier = keyid")
    for name, value in extensions:
        value, _, section = value.partition("\n")
        lines.append(f"{name} = {value}")
        tail += [section] if section else []
    return "\n".join(lines + tail)
