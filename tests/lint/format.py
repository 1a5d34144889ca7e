#!/usr/bin/env python3
"""Fails if a source is not as clang-format would write it. Usage: format.py ROOT [CLANG_FORMAT]"""
import subprocess
import sys

from sources import sources


def main(root, tool="clang-format-14"):
    files = [str(path) for path in sources(root)]
    if not files:
        print(f"error: {root}: no sources")
        return 1
    result = subprocess.run([tool, "--dry-run", "-Werror", "--style=file", *files], check=False)
    print(f"{len(files)} files: {'as they should be' if result.returncode == 0 else 'run clang-format-14 -i on those above'}")
    return 1 if result.returncode else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
