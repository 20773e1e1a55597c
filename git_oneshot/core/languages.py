"""What the tools of each language take for tests, for code and for environment."""

from typing import Final, Literal

Side = Literal["test", "production", "environment", "generated", "neutral", "rules"]

# What a language's tools take for what. The first side that matches counts.
_PYTHON: Final[dict[Side, tuple[str, ...]]] = {
    "test": (
        "**/test_*.py", "**/*_test.py", "**/conftest.py", "**/tests/**", "**/test/**",
    ),
    "environment": (
        "**/pyproject.toml", "**/setup.cfg", "**/setup.py", "**/requirements*.txt",
        "**/requirements/*.txt", "**/tox.ini", "**/pytest.ini", "**/noxfile.py", "**/Pipfile",
        "**/*.lock", "**/pylock*.toml",
    ),
    "production": ("**/*.py", "**/*.pyi", "**/*.pyx", "**/*.pxd"),
}  # fmt: skip
PATTERNS: Final[dict[str, dict[Side, tuple[str, ...]]]] = {
    "pytest": _PYTHON,
    "command": {"test": ("**/tests/**", "**/test/**")},
}
