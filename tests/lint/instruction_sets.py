#!/usr/bin/env python3
"""Fails if code compiled for a larger instruction set could be taken for code that every processor runs.

usage: instruction_sets.py OBJECT...    (the engine's, of an optimized build; those of *_avx2.cpp are looked at)

A linker keeps one of several weak symbols of a name. One that such an object defines must therefore have a name of its own:
it lies in the inline namespace that format/isa.hpp names after the instruction set.
"""
import subprocess
import sys

OWN = "avx2"


def leaks(path):
    table = subprocess.run(["nm", "--demangle", "--defined-only", path], capture_output=True, text=True, check=True).stdout
    for line in table.splitlines():
        kind, _, name = line[17:].partition(" ")
        if kind == "W" and OWN not in name:
            yield name


def main(objects):
    if not objects:
        sys.exit(__doc__)
    objects = [path for path in objects if f"_{OWN}.cpp" in path]
    found = [(path, name) for path in objects for name in leaks(path)]
    for path, name in found:
        print(f"{path}: {name} is weak and has a name that other sources share")
    print(f"{len(objects)} objects, {len(found)} shared names")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
