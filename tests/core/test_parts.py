"""Which parts of a change are taken out, and what is left then."""

import subprocess
from pathlib import Path

import pytest

from git_oneshot.core.source.parts import Part, hunks, parts


def taken(folder: Path, old: str, new: str, path: str = "calc.py") -> list[Part]:
    """The parts of a file that was changed; the patch is git's."""
    (folder / "old").write_text(old)
    (folder / "new").write_text(new)
    done = subprocess.run(
        ["git", "diff", "-U0", "--no-index", "old", "new"],
        cwd=folder, capture_output=True, check=False,
    )  # fmt: skip
    return list(parts(path, old.encode(), new.encode(), hunks(done.stdout)))


BASE = "import os\n\n\ndef sub(a, b):\n    return a - b\n"


def test_a_new_function_raises_instead(tmp_path: Path) -> None:
    new = BASE + '\n\n@cache\ndef add(a, b):\n    """Add."""\n    c = a\n    return c + b\n'
    [part] = taken(tmp_path, BASE, new)
    assert str(part) == "calc.py:8-12"
    assert part.without.decode() == BASE + (
        '\n\n@cache\ndef add(a, b):\n    """Add."""\n    raise NotImplementedError\n'
    )


def test_each_method_of_a_new_class_is_a_part(tmp_path: Path) -> None:
    new = BASE + (
        "\n\nclass Tool:\n    size = 3\n\n    def one(self):\n        return 1\n\n"
        "    def two(self):\n        return 2\n"
    )
    assert list(map(str, taken(tmp_path, BASE, new))) == [
        "calc.py:11-12", "calc.py:14-15", "calc.py:8", "calc.py:9"
    ]  # fmt: skip


def test_a_hunk_is_as_it_was(tmp_path: Path) -> None:
    old = BASE + "\n\ndef div(a, b):\n    return a / b\n"
    new = old.replace("a - b", "abs(a - b)").replace("a / b", "a // b")
    one, two = taken(tmp_path, old, new)
    assert one.without.decode() == new.replace("abs(a - b)", "a - b")
    assert two.without.decode() == new.replace("a // b", "a / b")
    assert (str(one), str(two)) == ("calc.py:5", "calc.py:9")


def test_lines_that_went_come_back(tmp_path: Path) -> None:
    old = BASE.replace("    return", "    assert a\n    return")
    [part] = taken(tmp_path, old, BASE)
    assert part.without.decode() == old


def test_a_line_that_is_added_to_a_function_goes(tmp_path: Path) -> None:
    new = BASE.replace("    return", "    if a < b:\n        a, b = b, a\n    return")
    [part] = taken(tmp_path, BASE, new)
    assert (part.without.decode(), str(part)) == (BASE, "calc.py:5-6")


@pytest.mark.parametrize(
    "new",
    [
        BASE + "# a comment\n",
        BASE.replace("    return", '    """Subtract."""\n    return'),
        BASE.replace("    return", "    return  # at once\n    return"),
        BASE + "\n\ndef later(): ...\n",
        BASE + "\n\ndef later():\n    raise NotImplementedError\n",
        "",
    ],
)
def test_what_tells_nothing_is_no_part(tmp_path: Path, new: str) -> None:
    kept = [str(part) for part in taken(tmp_path, BASE, new)]
    assert kept in ([], ["calc.py:5"], ["calc.py:1"], ["calc.py:8"], ["calc.py:8-9"])


def test_a_part_without_which_the_file_cannot_be_read_is_none(tmp_path: Path) -> None:
    new = BASE.replace("def sub(a, b):\n", "def sub(\n    a,\n    b,\n):\n")
    assert taken(tmp_path, BASE, new) == []


def test_a_new_file_and_one_of_another_language(tmp_path: Path) -> None:
    [function, imports] = taken(tmp_path, "", BASE)
    assert (str(function), str(imports)) == ("calc.py:4-5", "calc.py:1")
    [whole] = taken(tmp_path, "", "a\nb\n", path="calc.sh")
    assert (str(whole), whole.without) == ("calc.sh:1-2", b"")
    [line] = taken(tmp_path, "a\nb\n", "a\nc\n", path="calc.sh")
    assert (str(line), line.without) == ("calc.sh:2", b"a\nb\n")
