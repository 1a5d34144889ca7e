"""The project's C++ sources, and their text without what is no code."""
import pathlib
import re

FOLDERS = ("engine", "include", "tools", "tests", "bench")

_NOT_CODE = re.compile(
    r"""//[^\n]*
      | /\*.*?\*/
      | R"(?P<mark>[^()\\\s]*)\(.*?\)(?P=mark)"
      | "(?:\\.|[^"\\\n])*"
      | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'
      | ^[ \t]*\#(?:\\\n|[^\n])*""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


def sources(root):
    """Every .hpp and .cpp of the project, in a fixed order."""
    for folder in FOLDERS:
        for path in sorted((pathlib.Path(root) / folder).rglob("*")):
            if path.suffix in (".hpp", ".cpp") and path.is_file():
                yield path


def _blank(match):
    text = match.group(0)
    keep = '""' if text[0] in "\"R" else ""
    return keep + "\n" * text.count("\n")


def code_of(text):
    """The text with comments, preprocessor lines, strings and characters taken out; line numbers stay."""
    return _NOT_CODE.sub(_blank, text)
