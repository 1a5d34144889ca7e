#!/usr/bin/env python3
"""Fails if a function is longer than 60 lines or a file than 600. Usage: lengths.py ROOT"""
import statistics
import sys

from functions import Unbalanced, functions
from sources import code_of, sources

FUNCTION_LIMIT, FUNCTION_GOAL, FILE_LIMIT = 60, 40, 600


def measure(root):
    """All problems found, and the lengths of all functions and files."""
    problems, function_lengths, file_lengths = [], [], []
    for path in sources(root):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(root)
        file_lengths.append(text.count("\n"))
        if file_lengths[-1] > FILE_LIMIT:
            problems.append(f"{name}: {file_lengths[-1]} lines; {FILE_LIMIT} is the most")
        try:
            for function, line, length in functions(code_of(text)):
                function_lengths.append(length)
                if length > FUNCTION_GOAL:
                    print(f"{name}:{line}: {function} has {length} lines, more than {FUNCTION_GOAL}")
                if length > FUNCTION_LIMIT:
                    problems.append(f"{name}:{line}: {function} has {length} lines; {FUNCTION_LIMIT} is the most")
        except Unbalanced:
            problems.append(f"{name}: braces that do not pair up")
    return problems, function_lengths, file_lengths


def main(root):
    problems, function_lengths, file_lengths = measure(root)
    if not function_lengths:
        problems.append(f"{root}: no functions found")
    else:
        long = sum(length > FUNCTION_GOAL for length in function_lengths)
        print(f"{len(function_lengths)} functions: median {statistics.median_low(function_lengths)} lines, longest "
              f"{max(function_lengths)}, {long} over {FUNCTION_GOAL}; "
              f"{len(file_lengths)} files: median {statistics.median_low(file_lengths)}, longest {max(file_lengths)}")
    for problem in problems:
        print(f"error: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
