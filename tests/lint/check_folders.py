#!/usr/bin/env python3
"""Folder order and third-party types for headers: docs/ARCHITECTURE.md, "Folder order". The build checks what links; this catches
what is header-only. The order itself is the table of cmake/folder.cmake."""

import fnmatch
import re

import sources

# Includes that match the pattern are permitted in these places and nowhere else. The first row that matches counts.
THIRD_PARTY = [
    ("boost/beast.hpp", ["net/session.cpp", "net/request_parser.*", "fetch/response_parser.cpp"]),
    ("boost/beast/*", ["net/session.cpp", "net/request_parser.*", "fetch/response_parser.cpp"]),
    ("boost/asio/ssl*", ["net/session.cpp", "net/request_parser.*", "fetch/exchange.cpp"]),
    ("boost/asio*", ["net/*", "app/*", "control/*", "fetch/*", "audit/*", "store/executor*", "base/task.hpp", "base/spawn.hpp", "base/waiter.hpp", "base/bell.cpp", "base/gate.cpp"]),
    ("openssl/*", ["crypto/*", "x509/*", "jose/*", "net/*", "fetch/tls_client.*"]),
    ("sqlite3.h", ["store/sqlite/*"]),
    ("yaml.h", ["config/*"]),
    ("yaml-cpp/*", []),
    ("nlohmann/json_fwd.hpp", ["*"]),
    ("nlohmann/*", ["*.cpp"]),
    ("spdlog/*", ["base/log.cpp"]),
    ("prometheus/*", ["base/metrics.cpp"]),
    ("CLI/*", ["cli/*"]),
    ("stringprep.h", ["x509/*"]),
    ("idna.h", ["x509/*"]),
]

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"(?P<own>[^"]+)"|<(?P<foreign>[^>]+)>)', re.MULTILINE)
_MAY_USE = re.compile(r'^set\(CERTBOUND_MAY_USE_(\w+)\s+"?([^")]*)"?\)', re.MULTILINE)


def permitted_uses(cmake_text):
    """Folder name to the set of folders that it may use, from cmake/folder.cmake."""
    return {name: set(uses.split()) for name, uses in _MAY_USE.findall(cmake_text)}


def check_file(path, text, table):
    """Problems of one file; `path` is relative to src/."""
    problems = []
    folder = path.split("/")[0] if "/" in path else ""
    if folder and folder not in table:
        return [f"src/{path}:1: folder {folder} is not in the table of cmake/folder.cmake"]
    for match in _INCLUDE.finditer(sources.strip(text, keep_strings=True)):
        where = f"src/{path}:{sources.line_of(text, match.start())}"
        own, foreign = match.group("own"), match.group("foreign")
        if own:
            problems += [f"{where}: {problem}" for problem in _own(folder, own, table)]
        else:
            problems += [f"{where}: {problem}" for problem in _foreign(path, foreign)]
    return problems


def _own(folder, included, table):
    if "/" not in included or included.startswith("."):
        return [f'"{included}" is not included by its path from src/']
    used = included.split("/")[0]
    if used == "certbound":  # the public headers of include/
        return []
    if used not in table:
        return [f'"{included}" is in no folder of the table']
    if folder == "":  # src/main.cpp
        return [] if used == "cli" else [f"main.cpp may include cli only, not {used}"]
    if used != folder and used not in table[folder]:
        return [f"{folder} may not use {used} ({included})"]
    return []


def _foreign(path, included):
    for pattern, places in THIRD_PARTY:
        if fnmatch.fnmatch(included, pattern):
            if any(fnmatch.fnmatch(path, place) for place in places):
                return []
            return [f"<{included}> is permitted only in {', '.join(places) or 'no file'}"]
    return []


def check_public(path, text):
    """A header of include/: whoever includes it has the standard library and the other ones."""
    problems = []
    for match in _INCLUDE.finditer(sources.strip(text, keep_strings=True)):
        own, foreign = match.group("own"), match.group("foreign")
        if (own and not own.startswith("certbound/")) or (foreign and not re.fullmatch(r"[a-z_]+", foreign)):
            where = f"include/{path}:{sources.line_of(text, match.start())}"
            problems.append(f"{where}: {own or foreign}: a public header includes the standard library and certbound/ alone")
    return problems


def check(root=sources.ROOT):
    table = permitted_uses(sources.read("cmake/folder.cmake", root))
    if not table:
        return ["cmake/folder.cmake: no CERTBOUND_MAY_USE_… found"]
    problems = []
    for path in sources.files("src", [".hpp", ".cpp"], root):
        problems += check_file(path[len("src/") :], sources.read(path, root), table)
    for path in sources.files("include", [".hpp"], root):
        problems += check_public(path[len("include/") :], sources.read(path, root))
    return problems


if __name__ == "__main__":
    sources.report(check(), "folders")
