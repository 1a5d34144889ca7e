#!/usr/bin/env python3
"""Runs clang-tidy over the sources of some folders. Usage: tidy.py ROOT BUILD CLANG_TIDY FOLDER...

Most of what clang-tidy does is to read the same headers again, so files are read together: several sources with the same
compile command make one translation unit, as long as the names in their unnamed namespaces do not collide. Where they are found
not to compile together, each is read alone.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

from functions import Unbalanced, closing, outline
from sources import code_of

# Including a .cpp is what these translation units are for.
CHECKS = "--checks=-bugprone-suspicious-include"
TOGETHER = 12


def unnamed_names(path):
    """The names that a source declares in unnamed namespaces; more than those is harmless."""
    code, names = code_of(path.read_text(encoding="utf-8")), set()
    for match in re.finditer(r"\bnamespace\s*\{", code):
        try:
            inside = code[match.end() : closing(code, match.end() - 1)]
        except Unbalanced:
            continue
        for statement in re.split(r";|\(\)|=", outline(inside)):
            names.update(re.findall(r"\w+", statement)[-1:])
        names.update(re.findall(r"\b(?:struct|class|enum|union)\s+(?:class\s+)?(\w+)", inside))
    return names - {"const", "noexcept", "override"}


def arguments_of(command):
    """What a compiler gets for all but the source, the output and the optimization."""
    words, kept = iter(shlex.split(command)), []
    for word in words:
        if word == "-isystem":
            kept += [word, next(words)]
        elif word.startswith(("-I", "-D", "-std", "-W")):
            kept.append(word)
    return tuple(kept)


def commands(build, root, folders):
    """The sources to check, with their arguments."""
    wanted = tuple(f"{root}/{folder}/" for folder in folders)
    for command in json.loads(pathlib.Path(build, "compile_commands.json").read_text(encoding="utf-8")):
        if command["file"].startswith(wanted):
            yield pathlib.Path(command["file"]), arguments_of(command["command"])


def grouped(pairs):
    """Lists of (sources, arguments), such that no two sources of a list share an unnamed name."""
    groups = []
    for path, arguments in pairs:
        names = unnamed_names(path)
        for group in groups:
            if group["arguments"] == arguments and len(group["paths"]) < TOGETHER and not names & group["names"]:
                group["paths"].append(path)
                group["names"] |= names
                break
        else:
            groups.append({"paths": [path], "arguments": arguments, "names": names})
    return [(group["paths"], group["arguments"]) for group in groups]


def check(tool, config, unit, paths, arguments):
    """Whether clang-tidy finds nothing in these sources, and what it says."""
    unit.write_text("".join(f'#include "{path}"\n' for path in paths), encoding="utf-8")
    command = [tool, "--quiet", f"--config-file={config}", CHECKS, str(unit), "--", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if "clang-diagnostic-error" in result.stdout and len(paths) > 1:
        alone = [check(tool, config, unit.with_name(f"{unit.stem}_{i}.cpp"), [path], arguments) for i, path in enumerate(paths)]
        return all(good for good, _ in alone), "".join(said for _, said in alone)
    return result.returncode == 0, result.stdout + (result.stderr if not result.stdout and result.returncode else "")


def once(said, seen):
    """What was said, without the findings that stood in an earlier unit too."""
    findings = re.split(r"^(?=/[^\n]*: (?:error|warning): )", said, flags=re.MULTILINE)
    new = [finding for finding in findings if finding.split("\n", 1)[0] not in seen]
    seen.update(finding.split("\n", 1)[0] for finding in new)
    return "".join(new)


def main(root, build, tool, *folders):
    groups = grouped(sorted(commands(build, root, folders)))
    work = pathlib.Path(build, "tidy")
    work.mkdir(parents=True, exist_ok=True)
    bad, seen = 0, set()
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("LARDER_JOBS", os.cpu_count()))) as pool:
        config = f"{root}/.clang-tidy"
        runs = [pool.submit(check, tool, config, work / f"unit{i}.cpp", *group) for i, group in enumerate(groups)]
        for run in concurrent.futures.as_completed(runs):
            good, said = run.result()
            bad += not good
            print(once(said, seen) if not good else "", end="", flush=True)
    files = sum(len(paths) for paths, _ in groups)
    print(f"clang-tidy: {files} sources in {len(groups)} units, {bad} with findings")
    return 1 if bad or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
