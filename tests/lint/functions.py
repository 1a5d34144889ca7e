"""Finds the functions in a C++ source, by following its braces."""
import re

_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum)\b|\bextern\s*\"\"")
_INITIALIZER_LIST = re.compile(r"\)[^()]*?(?<!:):(?!:)")
_FUNCTION_END = re.compile(
    r"\)\s*((const|noexcept|override|final|mutable|try|&&?|\(\)|[A-Z_]{2,})\s*)*((->|requires\b).*)?$", re.DOTALL)
_TOKENS = re.compile(r"[{};]")
_NO_NAMES = ("noexcept", "requires", "alignas", "decltype", "__attribute__")


class Unbalanced(Exception):
    """Braces that do not pair up, so that nothing can be said of the file."""


def outline(header):
    """The text with what stands in parentheses and braces taken out, so that default arguments do not mislead."""
    kept, depth = [], 0
    for character in header:
        if character in ")}":
            depth -= 1
        if depth == 0 and character not in "{}":
            kept.append(character)
        if character in "({":
            depth += 1
    return re.sub(r"\b(alignas|__attribute__)\s*\(\)", "", "".join(kept)).strip()


def _kind(header):
    """What an opening brace behind this text opens: a scope, a function, or an initializer."""
    text = outline(header)
    if _INITIALIZER_LIST.search(text):
        member = re.search(r"[\w>]$", header.strip()) and not re.search(r"\b(try|noexcept)$", text)
        return "initializer" if member else "function"
    if _SCOPE.search(text) and "()" not in text:
        return "scope"
    assigned = re.search(r"(?<![=!<>])=(?!=)", re.sub(r"\boperator\s*[^\s\w(]+", "", text))
    if assigned:
        return "function" if re.search(r"=\s*\[\]?[^\]]*\]\s*(\(\))?[^()]*$", text) else "initializer"
    return "function" if _FUNCTION_END.search(text) else "initializer"


def closing(code, start):
    """The position of the brace that closes the one at `start`."""
    depth = 0
    for match in re.finditer(r"[{}]", code[start:]):
        depth += 1 if match.group(0) == "{" else -1
        if depth == 0:
            return start + match.start()
    raise Unbalanced()


def _name(header):
    text = outline(header)
    if initializers := _INITIALIZER_LIST.search(text):
        text = text[: initializers.start() + 1]
    names = [name for name in re.findall(r"([~\w:]+|operator[^\w(]+)\s*\(\)", text) if name not in _NO_NAMES]
    return names[0].strip() if names else text[:40]


def functions(code):
    """Yields (name, first line, number of lines) of each function; lambdas count with what they stand in."""
    position, header_start, depth = 0, 0, 0
    while match := _TOKENS.search(code, position):
        token, position = match.group(0), match.end()
        if token == "{":
            header = code[header_start : match.start()]
            kind = _kind(header)
            if kind == "scope":
                depth += 1
            else:
                position = closing(code, match.start()) + 1
            if kind == "initializer":
                continue  # the header goes on: a constructor's body, or the end of a declaration
            if kind == "function":
                first = code.count("\n", 0, header_start + len(header) - len(header.lstrip())) + 1
                yield _name(header), first, code.count("\n", 0, position) + 2 - first
        elif token == "}":
            depth -= 1
        header_start = position
    if depth != 0:
        raise Unbalanced()
