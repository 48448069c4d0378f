#!/usr/bin/env python3
"""Unity builds put a folder's .cpp files into one translation unit, so what stands in anonymous namespaces needs a name of its own
within the folder, and no file may bring `using namespace` or leave a macro behind."""

import os
import re

import scopes
import sources

_VARIABLE = re.compile(r"\b([A-Za-z_]\w*)\s*(?:\[[^\]]*\])?\s*(?:=|\{|;)")


def anonymous_names(original):
    """(name, line) of what the file declares in anonymous namespaces, qualified by the named namespaces around it."""
    text = sources.strip(original)
    all_scopes = scopes.parse(text)
    names = []

    def is_anonymous(scope):
        return scope is not None and scope.kind == "namespace" and re.search(r"namespace$", scope.header) is not None

    def prefix(scope):
        parts = []
        while scope is not None:
            match = re.search(r"namespace ([\w:]+)$", scope.header)
            parts += [match.group(1)] if match else []
            scope = scope.outer
        return "::".join(reversed(parts))

    for scope in all_scopes:
        if not is_anonymous(scope.outer):
            continue
        name = None
        if scope.kind == "function":
            name = scopes.function_name(scope)
            test = re.match(r"(?:TYPED_)?TEST(?:_[FP])?\s*\(\s*(\w+)\s*,\s*(\w+)\s*\)", scope.header)
            if test:  # GoogleTest makes a class of the two words
                name = "_".join(test.groups())
            if "::" in name or name.startswith("operator"):
                name = None  # a member, defined outside its class
        elif scope.kind == "type":
            match = re.search(r"\b(?:class|struct|union)\s+(?:\[\[\w+\]\]\s*)?(\w+)", scope.header)
            match = match or re.search(r"\benum\s+(?:class\s+|struct\s+)?(\w+)", scope.header)
            name = match.group(1) if match else None
        elif scope.kind == "other":
            match = re.search(r"\b(k[A-Z]\w*)\s*(?:\[[^\]]*\])?\s*=?$", scope.header)
            name = match.group(1) if match else None
        if name:
            names.append((f"{prefix(scope.outer)}::{name}", sources.line_of(text, scope.start)))
    for scope in all_scopes:
        if not is_anonymous(scope):
            continue
        body = text[scope.brace + 1 : scope.end]
        inner = [other for other in all_scopes if other.outer is scope]
        for other in reversed(inner):
            body = body[: other.brace - scope.brace - 1] + body[other.end - scope.brace :]
        for match in re.finditer(r"\b(?:constexpr|const)\b[^;=(){}]*?\b(k[A-Z]\w*)\b\s*(?:\[[^\]]*\])?\s*[={;]", body):
            names.append((f"{prefix(scope)}::{match.group(1)}", sources.line_of(text, scope.start)))
    return sorted(set(names))


def check_folder(named_texts):
    """`named_texts`: (path, text) of the .cpp files of one target."""
    problems = []
    seen = {}
    for path, original in named_texts:
        for name, line in anonymous_names(original):
            first = seen.setdefault(name, path)
            if first != path:
                problems.append(f"{path}:{line}: {name} stands in an anonymous namespace of {first} too")
        stripped = sources.strip(original)
        for match in re.finditer(r"\busing\s+namespace\b", stripped):
            literals = re.match(r"using\s+namespace\s+std::(?:\w+::)*\w*literals\b", stripped[match.start() :])
            depth = stripped.count("{", 0, match.start()) - stripped.count("}", 0, match.start())
            if not (literals and depth > 0):
                problems.append(f"{path}:{sources.line_of(original, match.start())}: using namespace")
        plain = sources.strip(original, keep_strings=True)
        for match in re.finditer(r"^[ \t]*#[ \t]*define[ \t]+(\w+)", plain, re.MULTILINE):
            if not re.search(rf"^[ \t]*#[ \t]*undef[ \t]+{match.group(1)}\b", plain, re.MULTILINE):
                problems.append(f"{path}:{sources.line_of(original, match.start())}: macro {match.group(1)} is left behind")
    return problems


def alone(folder, cmake_text):
    """What a CMakeLists.txt in `folder` keeps out of the unity build."""
    match = re.search(r"\bALONE\s+((?:[\w./-]+\.cpp\s*)+)", re.sub(r"#[^\n]*", "", cmake_text))
    return {os.path.join(folder, name) for name in match.group(1).split()} if match else set()


def check(root=sources.ROOT):
    targets = {}
    apart = set()
    for path in sources.files("src", ["CMakeLists.txt"], root):
        apart |= alone(os.path.dirname(path), sources.read(path, root))
    for path in sources.files("src", [".cpp"], root) + sources.files("tests/unit", [".cpp"], root):
        if path in apart:
            continue
        parts = path.split(os.sep)
        targets.setdefault(tuple(parts[: 3 if parts[0] == "tests" else 2]), []).append((path, sources.read(path, root)))
    problems = []
    for named_texts in targets.values():
        problems += check_folder(named_texts)
    return problems


if __name__ == "__main__":
    sources.report(check(), "unity")
