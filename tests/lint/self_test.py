#!/usr/bin/env python3
"""Shows that each check passes a good tree and fails a bad one. Usage: self_test.py ROOT [CLANG_FORMAT [CLANG_TIDY]]"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from functions import functions
from sources import code_of

HERE = pathlib.Path(__file__).parent

GOOD = {
    "include/larder/status.hpp": "#pragma once\n#include <string>\n",
    "include/larder/cache.hpp": "#pragma once\n#include <larder/status.hpp>\n",
    "engine/format/slot.hpp": "#pragma once\n#include <larder/status.hpp>\n#include <xxhash.h>\n",
    "engine/platform/clock.cpp": "#include <larder/status.hpp>\n#include <unistd.h>\nint now() { return 1; }\n",
    "engine/region/region.hpp": '#pragma once\n#include "engine/format/slot.hpp"\n',
    "engine/index/lookup.hpp": '#pragma once\n#include "engine/region/region.hpp"\n',
    "engine/cache/get.cpp": '#include "engine/index/lookup.hpp"\n',
    "tools/text.hpp": "#pragma once\n",
    "tools/get.cpp": '#include "tools/text.hpp"\n#include <larder/cache.hpp>\n',
    "tests/cache/get_test.cpp": '#include "engine/cache/get.cpp"\n',
}

BAD_LAYERING = {
    "engine/format/slot.hpp": ['#include "engine/platform/clock.hpp"', "#include <larder/options.hpp>", "#include <unistd.h>"],
    "engine/platform/clock.cpp": ['#include "engine/format/slot.hpp"', "#include <larder/cache.hpp>", "  #  include <xxhash.h>"],
    "engine/region/region.hpp": ['#include "engine/index/lookup.hpp"', '#include "region.hpp"', "#include <sys/mman.h>"],
    "engine/index/lookup.hpp": ['#include "engine/segments/append.hpp"', '#include "engine/cache/get.hpp"'],
    "engine/segments/append.hpp": ['#include "engine/index/lookup.hpp"'],
    "engine/cache/get.cpp": ['#include "tools/text.hpp"', '#include "../index/lookup.hpp"'],
    "engine/loose/part.cpp": ["#include <string>"],
    "include/larder/cache.hpp": ['#include "engine/cache/get.hpp"', "#include <engine/cache/get.hpp>", "#include <stdio.h>"],
    "tools/get.cpp": ['#include "engine/index/lookup.hpp"', '#include "../tests/cache/get_test.cpp"', '#include "gone.hpp"'],
    "bench/run.cpp": ['#include "tools/text.hpp"'],
}

# What the function finder must see: (name, lines), in order.
FUNCTIONS = r"""namespace a {
struct S {
    explicit S(int x) noexcept : a_{x}, b_(x), c_{1, 2} {
        f();
    }
    int a_{3};
    std::array<int, f(3)> c_{{1,
        2}};
    template <class T>
    requires(is_x<T>&& y) Result<T> read(int p)
    const {
        return {};
    }
    bool operator==(const S& o) const noexcept { return true; }
    S(S&&) = default;
};
enum class E : int { a, b };
constexpr char kQuote = '{';
const char* text = "{{{";  // {
std::map<int, int> table = {
    {1, 2},
    {3, f(4)},
};
const auto lambda = [](int x) {
    return x;
};
int f(int a = 3, std::span<int> b = {}) {
    if (a) { while (b) { } }
    auto raw = R"x({ " )x";
    int big = 1'000'000;
}
class __attribute__((visibility("default"))) V {
    void g() LARDER_REQUIRES(lock) {
    }
};
#define OPEN {
}
TEST_CASE("x { y", "[a]") {
    SECTION("b") { }
}
"""
FOUND = [("S", 3), ("read", 5), ("operator==", 1), ("lambda", 3), ("f", 5), ("g", 2), ("TEST_CASE", 3)]

failures = []


def expect(holds, what):
    if not holds:
        failures.append(what)
        print(f"error: {what}")


def passes(files, check, *arguments):
    """Whether a check passes a tree that holds these files."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        shutil.copy(HERE.parent.parent / ".clang-format", folder)
        command = [sys.executable, "-B", str(HERE / check), folder, *arguments]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def test_layering():
    expect(passes(GOOD, "layering.py"), "layering passes a good tree")
    expect(not passes({}, "layering.py"), "layering fails a tree without sources")
    for name, lines in BAD_LAYERING.items():
        for line in lines:
            expect(not passes({**GOOD, name: line + "\n"}, "layering.py"), f"layering fails {name} with {line}")


def long_function(lines):
    return "int f() {\n" + "    f();\n" * (lines - 2) + "}\n"


def test_lengths():
    expect(passes({"engine/format/a.cpp": long_function(60)}, "lengths.py"), "lengths passes a function of 60 lines")
    for folder in ("engine/format", "include/larder", "tools", "tests/cache", "bench"):
        expect(not passes({f"{folder}/a.cpp": long_function(61)}, "lengths.py"), f"lengths fails 61 lines in {folder}")
    test_case = long_function(61).replace("int f()", 'TEST_CASE("long", "[a]")')
    expect(not passes({"tests/cache/a_test.cpp": test_case}, "lengths.py"), "lengths fails a test case of 61 lines")
    expect(passes({"tools/a.cpp": "int f() {}\n" * 600}, "lengths.py"), "lengths passes a file of 600 lines")
    expect(not passes({"tools/a.hpp": "int f() {}\n" * 601}, "lengths.py"), "lengths fails a file of 601 lines")
    expect(not passes({"tools/a.cpp": "int f() {{}\n"}, "lengths.py"), "lengths fails braces that do not pair up")
    found = [(name.removeprefix("const auto ").split(" ")[0], lines) for name, _, lines in functions(code_of(FUNCTIONS))]
    expect(found == FOUND, f"the functions found are {found}")


def test_format(tool):
    expect(passes({"tools/a.cpp": "int f() { return 1; }\n"}, "format.py", tool), "format passes what is well formatted")
    expect(not passes({"tools/a.cpp": "int f() {return 1;}\n"}, "format.py", tool), "format fails what is not")
    expect(not passes({}, "format.py", tool), "format fails a tree without sources")


def tidy_passes(root, tool, text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "a.cpp")
        path.write_text(text, encoding="utf-8")
        command = [tool, f"--config-file={root}/.clang-tidy", str(path), "--", "-std=c++20"]
        return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def test_tidy(root, tool):
    expect(tidy_passes(root, tool, "int f(const int* p) { return p != nullptr ? *p : 0; }\n"), "clang-tidy passes good code")
    for bad in ("int f(const int* p) { return p != 0 ? *p : 0; }\n",
                "int f() { int* p = nullptr; return *p; }\n",
                "#include <string>\n#include <utility>\n"
                "int f(std::string s) { std::string t = std::move(s); return int(s.size() + t.size()); }\n",
                "int f() { int x; return x; }\n"):
        expect(not tidy_passes(root, tool, bad), f"clang-tidy fails {bad}")


def test_tidy_units(root, tool):
    """A bad file fails among good ones, and so does one that a unit includes, and nothing to check."""
    good = "int first(int x) { return x; }\n"
    bad = "int second(const int* p) { return p != 0 ? *p : 0; }\n"
    includes = '#include "{folder}/tools/1.cpp"\n'
    for files, checked, expected in (([good], [0], 0), ([good, bad], [0, 1], 1), ([includes, bad], [0], 1), ([includes, good], [0], 0),
                                     ([good], [], 1)):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(pathlib.Path(root, ".clang-tidy"), folder)
            pathlib.Path(folder, "tools").mkdir()
            names = [f"{folder}/tools/{index}.cpp" for index in range(len(files))]
            for name, text in zip(names, files):
                pathlib.Path(name).write_text(text.replace("{folder}", folder), encoding="utf-8")
            database = [{"directory": folder, "file": names[index], "command": f"c++ -std=c++20 -c {names[index]}"} for index in checked]
            pathlib.Path(folder, "compile_commands.json").write_text(json.dumps(database), encoding="utf-8")
            command = [sys.executable, "-B", str(HERE / "tidy.py"), folder, folder, tool, "tools"]
            result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
            expect(result.returncode == expected, f"tidy.py returns {expected} for {files}, of which {checked}")


def main(root, clang_format="", clang_tidy=""):
    test_layering()
    test_lengths()
    if clang_format:
        test_format(clang_format)
    if clang_tidy:
        test_tidy(root, clang_tidy)
        test_tidy_units(root, clang_tidy)
    print(f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
