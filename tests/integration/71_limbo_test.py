"""x509-limbo's client certificates through `cert verify` (tests/fixtures/limbo; 8705-7.5-2): the same verdict as the suite's, and as
OpenSSL's with X509_STRICT, purpose sslclient and security level 2."""

import concurrent.futures
import json
import os
import tempfile
import unittest

from support.daemon import run

FIXTURES = os.environ.get("CERTBOUND_FIXTURES") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fixtures")


def load(name):
    with open(os.path.join(FIXTURES, "limbo", name), encoding="utf-8") as file:
        return json.load(file)


# Ten certificates are presented, of which the path needs three. A peer may present six, and `cert verify` judges as the daemon does.
OVER_THE_BOUND = {"cve::cve-2024-0567"}


class Limbo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cases = {case["id"]: case for case in load("limbo-client.json")["testcases"]}
        cls.cases = [(cases[name], verdict) for name, verdict in load("limbo-expect.json")["expected"].items()]

    def verdict(self, case, folder, *more):
        stem = os.path.join(folder, case["id"].replace(":", "_").replace("/", "_"))
        with open(stem + ".anchors.pem", "w", encoding="ascii") as file:
            file.write("\n".join(case["trusted_certs"]))
        with open(stem + ".chain.pem", "w", encoding="ascii") as file:
            file.write("\n".join([case["peer_certificate"], *case["untrusted_intermediates"]]))
        arguments = ["cert", "verify", "--json", "--anchors", stem + ".anchors.pem", "--chain", stem + ".chain.pem"]
        for number, crl in enumerate(case["crls"]):
            with open(f"{stem}.{number}.crl", "w", encoding="ascii") as file:
                file.write(crl)
            arguments += ["--crl", f"{stem}.{number}.crl"]
        if case["validation_time"]:
            arguments += ["--time", case["validation_time"]]
        if case["max_chain_depth"] is not None:
            arguments += ["--max-depth", str(case["max_chain_depth"])]
        return run(*arguments, *more)

    def test_every_expected_case(self):
        self.assertEqual(len(self.cases), 126)
        self.assertEqual(sum(1 for case, _ in self.cases if case["crls"]), 6)
        with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
            results = pool.map(lambda pair: self.verdict(pair[0], folder), self.cases)
            for (case, expected), done in zip(self.cases, results, strict=True):
                with self.subTest(case["id"]):
                    self.assertIn(done.returncode, (0, 1, 3), done.stderr)
                    if case["id"] in OVER_THE_BOUND:
                        self.assertEqual(json.loads(done.stdout)["reason"], "chain_too_long")
                        done = self.verdict(case, folder, "--max-certificates", "10")
                    verdict = "SUCCESS" if done.returncode == 0 else "FAILURE"
                    self.assertEqual(verdict, expected, done.stdout + done.stderr)
                    if done.returncode < 2:
                        self.assertIs(json.loads(done.stdout)["valid"], expected == "SUCCESS")


if __name__ == "__main__":
    unittest.main()
