#!/usr/bin/env python3
"""Coroutine rules: docs/ARCHITECTURE.md, "Coroutines". GCC 12 destroys a temporary closure or braced aggregate inside a co_await
expression twice, so neither may stand there; a coroutine is a named function; nothing is spawned `detached`."""

import re

import sources

_BLOCK_BEFORE = {")", ";", "{", "}", "]", "else", "do", "try", ":", "const", "noexcept", "override", "mutable", ""}
_TYPE_HEADER = re.compile(r"\b(namespace|class|struct|union|enum)\b[^;{}()=]*$")


def _is_block(text, brace):
    """Does the brace open statements, a body or a scope, rather than an initialiser?"""
    if sources.previous_token(text, brace) in _BLOCK_BEFORE:
        return True
    header = re.split(r"[;{}]", text[max(0, brace - 600) : brace])[-1]
    return bool(_TYPE_HEADER.search(header) or re.search(r"\)[^()=]*->[^()=]*$", header))


def _is_lambda(text, bracket):
    before = sources.previous_token(text, bracket)
    if before in (")", "]", "operator", "delete") or text[bracket : bracket + 2] == "[[" or before == "[":
        return False
    return not re.fullmatch(r"\w+", before) or before in ("return", "co_return", "co_await", "co_yield", "case")


def _captures(text, bracket):
    return text[bracket + 1 : sources.matching(text, bracket)].strip()


def _statement(text, position):
    """Start and end of the full expression (for a condition: the statement's head) around `position`."""
    depth = 0
    start = position
    while start > 0:
        character = text[start - 1]
        if character in ")]":
            depth += 1
        elif character in "([":
            depth -= 1
        elif character == "}" and not _is_block(text, _opening(text, start - 1)):
            start = _opening(text, start - 1)
            continue
        elif character == "}" and depth <= 0:
            break
        elif character == "{" and depth <= 0 and _is_block(text, start - 1):
            break
        elif character == ";" and depth <= 0:
            break
        start -= 1
    end = position
    depth = 0
    while end < len(text):
        character = text[end]
        if character in "([":
            depth += 1
        elif character in ")]":
            depth -= 1
        elif character == "{":
            if depth <= 0 and sources.previous_token(text, end) == ")" and _closes_condition(text, start, end):
                break
            end = sources.matching(text, end)
        elif character == ";" and depth <= 0:
            break
        elif character == "}":
            break
        end += 1
    return start, end


def _opening(text, close):
    depth = 0
    for offset in range(close, -1, -1):
        if text[offset] == "}":
            depth += 1
        elif text[offset] == "{":
            depth -= 1
            if depth == 0:
                return offset
    return 0


def _closes_condition(text, start, brace):
    return re.match(r"\s*(?:else\s+)?(?:if|while|for|switch)\b", text[start:brace]) is not None


def check_text(name, original):
    text = sources.strip(original)
    problems = []

    def problem(offset, what):
        problems.append(f"{name}:{sources.line_of(text, offset)}: {what}")

    for match in re.finditer(r"\bdetached\b", text):
        problem(match.start(), "`detached` loses what escapes; use spawn(executor, task, name)")
    for match in re.finditer(r"\bco_await\b", text):
        start, end = _statement(text, match.start())
        expression = text[start:end]
        for brace in re.finditer(r"\{", expression):
            problem(start + brace.start(), "braces inside a co_await expression; name the value on the line before")
        for bracket in re.finditer(r"\[", expression):
            if _is_lambda(text, start + bracket.start()) and _captures(text, start + bracket.start()):
                problem(start + bracket.start(), "lambda with captures inside a co_await expression; name it on the line before")
        if re.match(r"co_await\s*\[", text[match.start() :]):
            problem(match.start(), "co_await of a lambda; a coroutine is a named function")
    for match in re.finditer(r"\[", text):
        if not _is_lambda(text, match.start()) or not _captures(text, match.start()):
            continue
        rest = text[sources.matching(text, match.start()) + 1 :]
        shape = re.match(r"\s*(?:\((?P<parameters>[^{};]*?)\))?[^{};()]*\{", rest)
        if not shape:
            continue
        body = rest[shape.end() - 1 : sources.matching(rest, shape.end() - 1)]
        head = rest[: shape.end()]
        if re.search(r"\bco_(await|return|yield)\b", body) or re.search(r"->[^{]*\b(Task|awaitable)\b", head):
            problem(match.start(), "a lambda with captures is a coroutine; make it a named function")
    return sorted(set(problems))


def check(root=sources.ROOT):
    return sources.check_each(check_text, ["src", "tests"], root)


if __name__ == "__main__":
    sources.report(check(), "coroutines")
