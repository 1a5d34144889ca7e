#!/usr/bin/env python3
"""Runs clang-tidy over the sources of some folders. Usage: tidy.py ROOT BUILD CLANG_TIDY FOLDER...

BUILD is configured and need not be built. Most of what clang-tidy does is to read the same headers again: configure with
CMAKE_UNITY_BUILD, so that each of the files that CMake writes stands for several sources.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

# Including a .cpp is what these translation units are for.
CHECKS = "--checks=-bugprone-suspicious-include"


def arguments_of(command):
    """What a compiler gets for all but the source, the output and the optimization."""
    words, kept = iter(shlex.split(command)), []
    for word in words:
        if word == "-isystem":
            kept += [word, next(words)]
        elif word.startswith(("-I", "-D", "-std", "-W", "-m")):
            kept.append(word)
    return kept


def units(root, build, folders):
    """The translation units to check, with their arguments; the longest come first, for the processors to end together."""
    wanted = tuple(f"{top}/{folder}/" for top in (root, build) for folder in folders)
    commands = json.loads(pathlib.Path(build, "compile_commands.json").read_text(encoding="utf-8"))
    chosen = [command for command in commands if command["file"].startswith(wanted)]
    chosen.sort(key=lambda command: "unity" not in command["file"])
    return [(command["file"], arguments_of(command["command"])) for command in chosen]


def sources_in(unit):
    text = pathlib.Path(unit).read_text(encoding="utf-8")
    return text.count("#include") if "/Unity/" in unit else 1


def check(tool, root, unit, arguments):
    """Whether clang-tidy finds nothing in this unit, and what it says."""
    command = [tool, "--quiet", f"--config-file={root}/.clang-tidy", CHECKS, unit, "--", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.returncode == 0, result.stdout + (result.stderr if not result.stdout and result.returncode else "")


def once(said, seen):
    """What was said, without the findings that stood in an earlier unit too."""
    findings = re.split(r"^(?=/[^\n]*: (?:error|warning): )", said, flags=re.MULTILINE)
    new = [finding for finding in findings if finding.split("\n", 1)[0] not in seen]
    seen.update(finding.split("\n", 1)[0] for finding in new)
    return "".join(new)


def main(root, build, tool, *folders):
    chosen = units(root, build, folders)
    bad, seen = 0, set()
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("LARDER_JOBS", os.cpu_count()))) as pool:
        runs = [pool.submit(check, tool, root, *unit) for unit in chosen]
        for run in concurrent.futures.as_completed(runs):
            good, said = run.result()
            bad += not good
            print(once(said, seen) if not good else "", end="", flush=True)
    files = sum(sources_in(unit) for unit, _ in chosen)
    print(f"clang-tidy: {files} sources in {len(chosen)} units, {bad} with findings")
    return 1 if bad or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
