"""The brace scopes of a C++ file: namespaces, types, functions. Knows as much of C++ as this tree's style needs."""

import re
from dataclasses import dataclass

import sources

_AFTER_PARAMETERS = {")", "const", "noexcept", "override", "final", "mutable", "try", "&"}
_TYPE_WORDS = re.compile(r"\b(class|struct|union|enum)\b")


@dataclass
class Scope:
    kind: str  # namespace, type, function, other
    header: str  # the text before its brace, on one line
    start: int  # offset of the first character of the header
    brace: int
    end: int
    outer: "Scope | None"


def _kind(header, text, brace):
    if re.search(r"\bnamespace\b[^;=]*$", header) or re.match(r'\s*extern\s+"\s*"\s*$', header):
        return "namespace"
    before = sources.previous_token(text, brace)
    has_parameters = "(" in header and header.count("(") == header.count(")")
    if has_parameters and not re.match(r"\s*(?:static\s+|inline\s+)*constexpr[^()]*=", header):
        if before in _AFTER_PARAMETERS or before == "}" or re.search(r"\)[^()]*->[^;{}=]*$", header):
            return "function"
        if re.search(r"\)[^()]*\brequires\b|\)\s*noexcept\s*\(.*\)\s*$", header):
            return "function"
        if _TYPE_WORDS.search(re.sub(r"<[^<>]*>", "", header.split("(")[0])) is None:
            return "member"
    if _TYPE_WORDS.search(re.sub(r"template\s*<[^{}]*?>\s*(?=class|struct|union)", "", header)):
        return "type"
    return "other"


def parse(text):
    """All scopes outside function bodies, outermost first. `text` is stripped."""
    scopes = []
    stack = []
    start = 0
    offset = 0
    while offset < len(text):
        character = text[offset]
        if character == ";":
            start = offset + 1
        elif character in ")]":
            pass
        elif character in "([":
            offset = sources.matching(text, offset)
        elif character == "}":
            if stack:
                stack.pop().end = offset
            start = offset + 1
        elif character == "{":
            header = text[start:offset]
            kind = _kind(header, text, offset)
            if kind == "member":  # a brace of a constructor's member initialisers
                offset = sources.matching(text, offset)
            else:
                first = start + len(header) - len(header.lstrip())
                label = re.match(r"(?:public|protected|private)\s*:\s*", text[first:offset])
                first += label.end() if label else 0
                flat = re.sub(r"\s+", " ", text[first:offset]).strip()
                scope = Scope(kind, flat, first, offset, len(text), stack[-1] if stack else None)
                scopes.append(scope)
                if kind in ("function", "other"):
                    scope.end = sources.matching(text, offset)
                    offset = scope.end
                    if kind == "function":
                        start = offset + 1
                else:
                    stack.append(scope)
                    start = offset + 1
        offset += 1
    return scopes


def function_name(scope):
    """`parse_form` of `Result<Form> parse_form(std::string_view body)`."""
    match = re.search(r"((?:[A-Za-z_]\w*(?:<[^()]*>)?::)*~?[A-Za-z_]\w*|operator\s*[^\s(]+)\s*\(", scope.header)
    return match.group(1) if match else "?"
