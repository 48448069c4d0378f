"""A CA, a server certificate for localhost, one client certificate and one of a proxy, and keys that sign proofs, made by openssl for one
run."""

import base64
import hashlib
import pathlib
import ssl
import subprocess

CLIENT_SUBJECT = "CN=client-000000,O=Bench"


def run_openssl(*arguments, cwd):
    done = subprocess.run(["openssl", *arguments], cwd=cwd, capture_output=True, timeout=30)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class Pki:
    """Files in `directory`: ca.crt, server.crt, server.key, client.crt, client.key, proxy.crt, proxy.key, assertion.key, dpop.key."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(mode=0o755)
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        run_openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2", "-subj", "/O=Bench/CN=CA",
                    "-addext", "keyUsage=critical,keyCertSign,cRLSign", cwd=self.directory)
        self._issue("server", "/CN=localhost", "serverAuth", "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        # RFC 4514 writes the most specific first; openssl's -subj the other way round.
        self._issue("client", "/O=Bench/CN=client-000000", "clientAuth", "")
        self._issue("proxy", "/O=Bench/CN=proxy", "clientAuth", "")
        for name in ("assertion", "dpop"):
            run_openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", f"{name}.key", cwd=self.directory)

    def _issue(self, name, subject, usage, more):
        extensions = (f"basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage={usage}\n"
                      f"subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n{more}")
        (self.directory / f"{name}.ext").write_text(extensions)
        run_openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
                    "-out", f"{name}.csr", "-subj", subject, cwd=self.directory)
        run_openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                    "2", "-extfile", f"{name}.ext", "-out", f"{name}.crt", cwd=self.directory)
        (self.directory / f"{name}.key").chmod(0o600)

    def path(self, name):
        return str(self.directory / name)

    def jwk(self, name):
        """The public half of a key."""
        spki = run_openssl("pkey", "-in", f"{name}.key", "-pubout", "-outform", "DER", cwd=self.directory)
        point = spki[-64:]
        return {"kty": "EC", "crv": "P-256", "x": base64url(point[:32]), "y": base64url(point[32:])}

    def client_jwk(self):
        """The client's public key as a JWK that registers the certificate (x5t#S256), not the key alone."""
        der = ssl.PEM_cert_to_DER_cert((self.directory / "client.crt").read_text())
        return self.jwk("client") | {"x5t#S256": base64url(hashlib.sha256(der).digest())}

    def client_context(self):
        context = ssl.create_default_context(cafile=self.path("ca.crt"))
        context.load_cert_chain(self.path("client.crt"), self.path("client.key"))
        return context
