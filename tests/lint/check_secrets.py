#!/usr/bin/env python3
"""No secret in a log: a call of log:: may not touch an identifier that smells of one. A line that is right all the same says
`// lint: ok` and why."""

import re

import sources

_CALL = re.compile(r"\blog\s*::\s*(?:write|debug|info|warning|error)\s*\(")
_SECRET = re.compile(r"token|secret|private_key|assertion|password|passphrase|authorization|jwt|jws|cookie", re.IGNORECASE)
# Names that hold such a word and no secret.
_HARMLESS = {"token_type", "token_endpoint", "token_endpoint_auth_method", "grant_token", "tokens_issued", "token_format"}


def check_text(name, original):
    text = sources.strip(original)
    lines = original.splitlines()
    problems = []
    for call in _CALL.finditer(text):
        opening = call.end() - 1
        end = sources.matching(text, opening)
        for word in re.finditer(r"[A-Za-z_]\w*", text[opening:end]):
            if not _SECRET.search(word.group(0)) or word.group(0) in _HARMLESS:
                continue
            line = sources.line_of(text, opening + word.start())
            first = sources.line_of(text, call.start())
            if any("lint: ok" in lines[number - 1] for number in {line, first}):
                continue
            problems.append(f"{name}:{line}: `{word.group(0)}` in a log line; a token or secret is never logged")
    return problems


def check(root=sources.ROOT):
    return sources.check_each(check_text, ["src"], root)


if __name__ == "__main__":
    sources.report(check(), "secrets")
