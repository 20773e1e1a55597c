"""A small real project for each runner, and three changes to it: what each must be judged.

Every project has a function ``sub``; the changes add ``add`` with a test. The
vacuous one's test passes without the code, and the broken one's fails of itself.
"""

from typing import Final, NamedTuple

Files = dict[str, str | None]


class Project(NamedTuple):
    """A project: what its runner needs, its first commit, and the three changes.

    ``reason``: why the test of the good change is red. A plain command can't tell
    a broken test from a good one, so such a project has no ``broken``.
    """

    runner: str
    needs: tuple[str, ...]
    base: Files
    good: Files
    vacuous: Files
    broken: Files
    reason: str = "missing-symbol"


RULES: Final = '[[suite]]\nname = "all"\n'
FLAG: Final[Files] = {"flag.txt": "here\n"}

PY_BASE: Final[Files] = {
    "calc.py": "def sub(a, b):\n    return a - b\n",
    "test_sub.py": "import unittest\nimport calc\n\nclass Sub(unittest.TestCase):\n"
    "    def test_sub(self):\n        self.assertEqual(calc.sub(2, 1), 1)\n",
}
PY_CODE: Final[Files] = {
    "calc.py": "def sub(a, b):\n    return a - b\n\ndef add(a, b):\n    return a + b\n"
}


def _python(body: str) -> str:
    return (
        "import os\nimport unittest\nimport calc\n\nclass Add(unittest.TestCase):\n"
        f"    def test_add(self):\n        {body}\n"
    )


PY_GOOD: Final[Files] = {
    **PY_CODE,
    "test_add.py": _python("self.assertEqual(calc.add(2, 1), 3)"),
}
PY_VACUOUS: Final[Files] = {**PY_CODE, "test_add.py": _python("self.assertTrue(calc)")}
PY_BROKEN: Final[Files] = {
    **PY_CODE, **FLAG,
    "test_add.py": _python("if not os.path.exists('flag.txt'): raise ValueError('own')"),
}  # fmt: skip

ESM: Final = '{"name": "calc", "type": "module"%s}\n'
JS_SUB: Final = "export const sub = (a, b) => a - b\n"
JS_ADD: Final = JS_SUB + "export const add = (a, b) => a + b\n"
NODE_HEAD: Final = (
    "import { test } from 'node:test'\nimport assert from 'node:assert'\n"
    "import { existsSync } from 'node:fs'\n"
)
JEST_HEAD: Final = "const { existsSync } = require('node:fs')\n"
CJS_SUB: Final = "exports.sub = (a, b) => a - b\n"
OWN: Final = "if (!existsSync('flag.txt')) throw new Error('own')"
GO_TEST: Final = 'package calc\n\nimport (\n\t"os"\n\t"testing"\n)\n\nvar _ = os.Stat\n\n'
RUST_SUB: Final = "pub fn sub(a: i32, b: i32) -> i32 {\n    a - b\n}\n"
CMAKE: Final = """\
cmake_minimum_required(VERSION 3.13)
project(calc C)
enable_testing()
file(GLOB TESTS CONFIGURE_DEPENDS tests/*.c)
foreach(source ${TESTS})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source} calc.c)
  add_test(NAME ${name} COMMAND ${name})
endforeach()
"""
C_SUB: Final = "int sub(int a, int b) { return a - b; }\n"
C_MAIN: Final = '#include "../calc.h"\nint main(void) { return %s ? 0 : 1; }\n'

PROJECTS: Final = {
    "pytest": Project(
        "pytest", ("pytest",), {**PY_BASE, "pytest.ini": "[pytest]\n"}, PY_GOOD, PY_VACUOUS,
        PY_BROKEN,
    ),
    "unittest": Project("unittest", ("python3",), PY_BASE, PY_GOOD, PY_VACUOUS, PY_BROKEN),
    "node": Project(
        "node", ("node",),
        {"package.json": ESM % "", "calc.js": JS_SUB,
         "sub.test.js": NODE_HEAD + "import { sub } from './calc.js'\n"
         "test('sub', () => assert.equal(sub(2, 1), 1))\n"},
        {"calc.js": JS_ADD, "add.test.js": NODE_HEAD + "import { add } from './calc.js'\n"
         "test('add', () => assert.equal(add(2, 1), 3))\n"},
        {"calc.js": JS_ADD, "add.test.js": NODE_HEAD + "test('add', () => assert.ok(true))\n"},
        {"calc.js": JS_ADD, **FLAG, "add.test.js": NODE_HEAD + f"test('add', () => {{ {OWN} }})\n"},
    ),
    "vitest": Project(
        "vitest", ("vitest",),
        {"package.json": ESM % ', "devDependencies": {"vitest": "*"}', "calc.js": JS_SUB,
         "sub.test.js": "import { test, expect } from 'vitest'\nimport { sub } from './calc.js'\n"
         "test('sub', () => expect(sub(2, 1)).toBe(1))\n"},
        {"more.js": "export const add = (a, b) => a + b\n",
         "add.test.js": "import { test, expect } from 'vitest'\nimport { add } from './more.js'\n"
         "test('add', () => expect(add(2, 1)).toBe(3))\n"},
        {"calc.js": JS_ADD,
         "add.test.js": "import { test, expect } from 'vitest'\n"
         "test('add', () => expect(1).toMatchInlineSnapshot(`1`))\n"},
        {"calc.js": JS_ADD, **FLAG,
         "add.test.js": "import { test } from 'vitest'\nimport { existsSync } from 'node:fs'\n"
         f"test('add', () => {{ {OWN} }})\n"},
    ),
    "jest": Project(
        "jest", ("jest",),
        {"package.json": '{"name": "calc", "devDependencies": {"jest": "*"}}\n',
         "calc.js": CJS_SUB,
         "sub.test.js": "const { sub } = require('./calc')\n"
         "test('sub', () => expect(sub(2, 1)).toBe(1))\n"},
        {"calc.js": CJS_SUB + "exports.add = (a, b) => a + b\n",
         "add.test.js": "const { add } = require('./calc')\n"
         "test('add', () => expect(add(2, 1)).toBe(3))\n"},
        {"calc.js": CJS_SUB + "exports.add = (a, b) => a + b\n",
         "add.test.js": "test('add', () => expect(1).toBe(1))\n"},
        {"calc.js": CJS_SUB + "exports.add = (a, b) => a + b\n", **FLAG,
         "add.test.js": JEST_HEAD + f"test('add', () => {{ {OWN} }})\n"},
    ),
    "go": Project(
        "go", ("go",),
        {"go.mod": "module example.com/calc\n\ngo 1.18\n",
         "calc/calc.go": "package calc\n\nfunc Sub(a, b int) int { return a - b }\n",
         "calc/sub_test.go": 'package calc\n\nimport "testing"\n\nfunc TestSub(t *testing.T) {\n'
         "\tif Sub(2, 1) != 1 {\n\t\tt.Fatal()\n\t}\n}\n"},
        {"calc/add.go": "package calc\n\nfunc Add(a, b int) int { return a + b }\n",
         "calc/add_test.go": GO_TEST + "func TestAdd(t *testing.T) {\n"
         '\tif Add(2, 1) != 3 {\n\t\tt.Fatal("no")\n\t}\n}\n'},
        {"calc/add.go": "package calc\n\nfunc Add(a, b int) int { return a + b }\n",
         "calc/add_test.go": GO_TEST + "func TestAdd(t *testing.T) {}\n"},
        {"calc/add.go": "package calc\n\nfunc Add(a, b int) int { return a + b }\n",
         "calc/flag.txt": "here\n",
         "calc/add_test.go": GO_TEST + "func TestAdd(t *testing.T) {\n"
         '\tif _, err := os.Stat("flag.txt"); err != nil {\n\t\tpanic("own")\n\t}\n}\n'},
    ),
    "cargo": Project(
        "cargo", ("cargo", "cc"),
        {"Cargo.toml": '[package]\nname = "calc"\nversion = "0.1.0"\nedition = "2021"\n',
         "Cargo.lock": 'version = 3\n\n[[package]]\nname = "calc"\nversion = "0.1.0"\n',
         "src/lib.rs": RUST_SUB,
         "tests/sub.rs": "#[test]\nfn sub() {\n    assert_eq!(calc::sub(2, 1), 1);\n}\n"},
        {"src/lib.rs": RUST_SUB + "pub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n",
         "tests/add.rs": "use calc::add;\n\n#[test]\nfn adds() {\n"
         "    assert_eq!(add(2, 1), 3);\n}\n"},
        {"src/lib.rs": RUST_SUB + "pub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n",
         "tests/add.rs": "#[test]\nfn adds() {}\n"},
        {"src/lib.rs": RUST_SUB + "pub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n", **FLAG,
         "tests/add.rs": "#[test]\nfn adds() {\n"
         '    if !std::path::Path::new("flag.txt").exists() {\n        panic!("own");\n    }\n}\n'},
    ),
    "ctest": Project(
        "ctest", ("cmake", "ctest", "cc"),
        {"CMakeLists.txt": CMAKE, "calc.c": C_SUB, "calc.h": "int sub(int a, int b);\n",
         "tests/sub.c": C_MAIN % "sub(2, 1) == 1"},
        {"calc.c": C_SUB + "int add(int a, int b) { return a + b; }\n",
         "calc.h": "int sub(int a, int b);\nint add(int a, int b);\n",
         "tests/add.c": C_MAIN % "add(2, 1) == 3"},
        {"calc.c": C_SUB + "int add(int a, int b) { return a + b; }\n",
         "tests/add.c": C_MAIN % "1"},
        {"calc.c": C_SUB + "int add(int a, int b) { return a + b; }\n", **FLAG,
         "tests/add.c": '#if !__has_include("../flag.txt")\n#error own\n#endif\n' + C_MAIN % "1"},
    ),
    "junit": Project(
        "junit", ("pytest",),
        {**PY_BASE, ".oneshot.toml": RULES
         + 'command = "python3 -m pytest --junit-xml=out/tests.xml"\nreport = "out/tests.xml"\n'},
        PY_GOOD, PY_VACUOUS, PY_BROKEN,
    ),
    "tap": Project(
        "tap", ("node",),
        {"package.json": ESM % "", "calc.js": JS_SUB, ".oneshot.toml": RULES
         + 'command = "node --test --test-reporter=tap"\nrunner = "tap"\n',
         "sub.test.js": NODE_HEAD + "import { sub } from './calc.js'\n"
         "test('sub', () => assert.equal(sub(2, 1), 1))\n"},
        {"calc.js": JS_ADD, "add.test.js": NODE_HEAD + "import * as calc from './calc.js'\n"
         "test('add', () => assert.equal(calc.add?.(2, 1), 3))\n"},
        {"calc.js": JS_ADD, "add.test.js": NODE_HEAD + "test('add', () => assert.ok(true))\n"},
        {"calc.js": JS_ADD, **FLAG, "add.test.js": NODE_HEAD
         + "test('add', () => { if (!existsSync('flag.txt')) throw new TypeError('own') })\n"},
        "assertion",
    ),
    "command": Project(
        "command", ("sh",),
        {"Makefile": "test:\n\tsh tests/run.sh\n", "calc.c": C_SUB,
         "tests/run.sh": "grep -q sub calc.c\n"},
        {"calc.c": C_SUB + "int add(int a, int b) { return a + b; }\n",
         "tests/run.sh": "grep -q sub calc.c && grep -q add calc.c\n"},
        {"calc.c": C_SUB + "int add(int a, int b) { return a + b; }\n",
         "tests/run.sh": "grep -q sub calc.c && true\n"},
        {}, "exit-code",
    ),
}  # fmt: skip
_CARGO: Final = PROJECTS["cargo"]
PROJECTS["nextest"] = _CARGO._replace(
    needs=(*_CARGO.needs, "cargo-nextest"),
    base={**_CARGO.base, ".oneshot.toml": RULES + 'command = "cargo nextest run"\n'},
)
