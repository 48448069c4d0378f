#!/usr/bin/env python3
"""The library as somebody gets it who installs it: a project outside finds it, links it both ways, and needs nothing else."""

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))

from support import tokens  # noqa: E402
from support.pki import Pki  # noqa: E402

BUILD = os.environ["CERTBOUND_BUILD"]
CMAKE = os.environ["CERTBOUND_CMAKE"]
COMPILER = os.environ["CERTBOUND_COMPILER"]
FOREIGN = re.compile(r"/(boost|spdlog|nlohmann|openssl|prometheus|fmt)/")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=250)
    if done.returncode != 0:
        raise AssertionError(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="certbound-package-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = temporary.name
        cls.prefix = os.path.join(cls.folder, "installed")
        run(CMAKE, "--install", BUILD, "--prefix", cls.prefix, "--component", "library")
        cls.built = os.path.join(cls.folder, "build")
        run(CMAKE, "-S", os.path.join(HERE, "outside"), "-B", cls.built, f"-DCMAKE_PREFIX_PATH={cls.prefix}", f"-DCMAKE_CXX_COMPILER={COMPILER}")
        run(CMAKE, "--build", cls.built)
        cls.pki = Pki(os.path.join(cls.folder, "pki"))
        cls.client = cls.pki.ca("CN=client")
        cls.signer = cls.pki.ca("CN=signer")
        cls.jwks = cls.pki.write("jwks.json", json.dumps({"keys": [{**cls.pki.jwk(cls.signer), "kid": "k"}]}))

    def token(self, **changes):
        claims = {
            "iss": "https://as.example.com", "aud": "https://api.example.com", "sub": "a", "client_id": "a", "jti": "b",
            "iat": int(time.time()), "exp": int(time.time()) + 60, "scope": "orders.read", "cnf": {"x5t#S256": self.client.x5t()},
            **changes,
        }  # fmt: skip
        return tokens.signed({"alg": "ES256", "kid": "k", "typ": "at+jwt"}, claims, self.signer.key)

    def files(self, pattern):
        found = []
        for folder, _, names in os.walk(self.prefix):
            found += [os.path.join(folder, name) for name in names if re.fullmatch(pattern, name)]
        return sorted(found)

    def test_it_decides(self):
        for program in ("with_static", "with_shared"):
            path = os.path.join(self.built, program)
            arguments = (self.jwks, self.token(), self.client.certificate)
            self.assertEqual(run(path, *arguments), f"accepted {self.client.x5t()}\n")
            self.assertEqual(run(path, self.jwks, self.token(), self.signer.certificate), f"certificate_mismatch {self.signer.x5t()}\n")
            self.assertEqual(run(path, self.jwks, self.token(scope="x"), self.client.certificate).split()[0], "scope_missing")
            self.assertEqual(run(path, self.jwks, self.token()[:-4] + "AAAA", self.client.certificate).split()[0], "signature_wrong")

    def test_its_headers_need_the_standard_library_alone(self):
        include = os.path.dirname(os.path.dirname(self.files(r"token_verifier\.hpp")[0]))
        self.assertEqual(len(self.files(r".*\.hpp")), 5)
        for header in self.files(r".*\.hpp"):
            needed = run(COMPILER, "-std=c++20", f"-I{include}", "-M", "-x", "c++", header)
            self.assertIsNone(FOREIGN.search(needed), needed)
            run(COMPILER, "-std=c++20", "-Wall", "-Wextra", "-Werror", f"-I{include}", "-fsyntax-only", "-include", header, "-x", "c++", os.devnull)

    def test_it_links_openssl_and_nothing_else(self):
        (library,) = self.files(r"libcertbound\.so\.\d+\.\d+\.\d+")
        needed = re.findall(r"\(NEEDED\).*\[(.*?)\.so", run("readelf", "--dynamic", "--wide", library))
        self.assertIn("libcrypto", needed)
        self.assertLessEqual(set(needed), {"libcrypto", "libstdc++", "libm", "libgcc_s", "libc", "ld-linux-x86-64", "ld-linux-aarch64"})

    def test_it_shows_its_interface_and_nothing_else(self):
        (library,) = self.files(r"libcertbound\.so\.\d+\.\d+\.\d+")
        symbols = run("nm", "--dynamic", "--defined-only", "--demangle", library)
        ours = [line.split(" ", 2)[2] for line in symbols.splitlines() if " certbound::" in line]
        self.assertIn("certbound::PresentedCertificate::none()", ours)
        hidden = [name for name in ours if re.match(r"certbound::(base|crypto|jose|x509|verifier)::", name) or "json" in name]
        self.assertEqual(hidden, [])

    def test_its_archive_is_machine_code(self):
        """What link time optimisation leaves in an archive is for one version of one compiler."""
        (archive,) = self.files(r"libcertbound\.a")
        self.assertIn("certbound::TokenVerifier::verify", run("nm", "--demangle", "--defined-only", archive))
        self.assertNotIn(".gnu.lto_", run("readelf", "--sections", "--wide", archive))


if __name__ == "__main__":
    unittest.main()
