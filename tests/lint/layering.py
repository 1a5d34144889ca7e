#!/usr/bin/env python3
"""Fails if an include points upward, or past the platform layer to the system. Usage: layering.py ROOT"""
import pathlib
import re
import sys

from sources import sources

# What each engine layer may include besides itself. format and platform do not know each other, nor do index and segments.
LAYERS = {
    "format": set(),
    "platform": set(),
    "region": {"format", "platform"},
    "index": {"format", "platform", "region"},
    "segments": {"format", "platform", "region"},
    "cache": {"format", "platform", "region", "index", "segments"},
}
# Public headers that the two lowest layers may know: the language of errors and, above the system, what platform implements.
PUBLIC = {"format": {"status.hpp"}, "platform": {"status.hpp", "version.hpp", "mapped_file.hpp"}}
LIBRARIES = {"xxhash.h": "format"}
# The processor's own headers are no system.
PROCESSOR = {"emmintrin.h", "xmmintrin.h", "immintrin.h", "arm_neon.h"}

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)


def is_standard(name):
    """C++'s own headers have neither a folder nor an ending."""
    return re.fullmatch(r"[a-z_0-9]+", name) is not None


def engine_problem(layer, quote, name):
    """What is wrong with an include in an engine layer, or nothing."""
    if quote == '"':
        parts = name.split("/")
        if parts[0] != "engine" or len(parts) < 3:
            return 'quoted includes of the engine begin with "engine/LAYER/"'
        if parts[1] != layer and parts[1] not in LAYERS[layer]:
            return f"{layer} must not know {parts[1]}"
        return None
    if name.startswith("larder/"):
        allowed = PUBLIC.get(layer)
        return f"{layer} must not know <{name}>" if allowed is not None and name.removeprefix("larder/") not in allowed else None
    if name in LIBRARIES:
        return None if layer == LIBRARIES[name] else f"only {LIBRARIES[name]} may include <{name}>"
    if layer == "platform" or is_standard(name) or name in PROCESSOR:
        return None
    return f"only platform talks to the system: <{name}>"


def public_problem(quote, name):
    if quote == "<" and (name.startswith("larder/") or is_standard(name)):
        return None
    return "public headers include the standard library and <larder/...> alone"


def client_problem(root, path, folder, quote, name):
    """tools and bench see what every user of the library sees."""
    if quote == "<":
        return None
    for base in (root, path.parent, root / folder):
        target = (base / name).resolve()
        if target.is_file():
            inside = target.is_relative_to((root / folder).resolve())
            return None if inside else f"{folder} may include <larder/...> and its own headers alone"
    return "no such header"


def problem_of(root, path, quote, name):
    parts = path.relative_to(root).parts
    if parts[0] == "engine":
        if len(parts) != 3 or parts[1] not in LAYERS:
            return f"engine sources stand in one of the layers {', '.join(LAYERS)}"
        return engine_problem(parts[1], quote, name)
    if parts[0] == "include":
        return public_problem(quote, name)
    return client_problem(root, path, parts[0], quote, name) if parts[0] in ("tools", "bench") else None


def main(root):
    root = pathlib.Path(root)
    checked, wrong = 0, 0
    for path in sources(root):
        text = path.read_text(encoding="utf-8")
        for match in _INCLUDE.finditer(text):
            checked += 1
            problem = problem_of(root, path, *match.groups())
            if problem:
                wrong += 1
                line = text.count("\n", 0, match.start(1)) + 1
                print(f"error: {path.relative_to(root)}:{line}: {match.group(0).strip()}: {problem}")
    print(f"{checked} includes checked, {wrong} wrong")
    return 1 if wrong or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
