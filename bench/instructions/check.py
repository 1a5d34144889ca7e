#!/usr/bin/env python3
"""Counts the instructions of an operation under callgrind and compares them with figures.json.

usage: check.py PROGRAM [--write] [--only OPERATION,...]
Exit status 1 if an operation takes 5 % more than its committed figure. --write puts the counts in place of the figures.
Counts do not depend on what else the machine does; they do on the compiler: the figures are g++ 12's at -O3. The
program gives its cache file a fixed hash seed, so that a count hardly differs from one run to the next.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

OPERATIONS = ("get_hit", "get_to_buffer", "get_hit_4k", "get_hit_ttl", "get_miss", "set_new", "set_overwrite",
              "set_ttl", "batch_16")
ALLOWED = 1.05
FIGURES = pathlib.Path(__file__).with_name("figures.json")


def count(program, operation, folder):
    """Instructions an operation, rounded."""
    output = subprocess.run(
        ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=larder_counted",
         f"--callgrind-out-file={folder}/callgrind.out", program, operation, f"{folder}/cache"],
        capture_output=True, text=True, check=False)
    collected = re.search(r"Collected : (\d+)", output.stderr)
    if output.returncode != 0 or not collected:
        sys.exit(f"{operation}: {output.stderr}")
    return round(int(collected.group(1)) / int(output.stdout))


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    program, write = arguments[0], "--write" in arguments
    chosen = arguments[arguments.index("--only") + 1].split(",") if "--only" in arguments else OPERATIONS
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    worse = []
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        for operation in chosen:
            counted, figure = count(program, operation, folder), figures.get(operation)
            change = "new" if figure is None else f"{(counted / figure - 1) * 100:+.1f} %"
            print(f"{operation:15}{counted:8} instructions   {change}", flush=True)
            if figure is None and not write or figure is not None and counted > figure * ALLOWED:
                worse.append(operation)
            figures[operation] = counted
    if write:
        FIGURES.write_text(json.dumps(figures, indent=4) + "\n")
        return 0
    if worse:
        print(f"more than 5 % above the committed figure, or without one: {', '.join(worse)}")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
