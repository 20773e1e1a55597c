"""tests/forge/contract.sh, which brings what `make contract` needs: once for each list of it."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = Path("tests", "forge", "contract.sh")
FILES = (SCRIPT, Path("tests", "bring.sh"), Path("setup.cfg"))


def brought(top: Path) -> list[str]:
    """What was asked to install something, in a checkout whose installers only say so."""
    told = top / "told"
    told.write_text("")
    subprocess.run(["sh", SCRIPT, top / "venv" / "bin"], cwd=top, check=True)
    return told.read_text().split()


def test_a_changed_list_is_installed_again(tmp_path: Path) -> None:
    for file in FILES:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    for name in ("python", "npm"):
        program = tmp_path / "venv" / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f'#!/bin/sh\necho {name} >>"{tmp_path}/told"\n')
        program.chmod(0o755)
    assert brought(tmp_path) == ["python", "npm"]
    assert brought(tmp_path) == []
    for file, old, new in ((SCRIPT, "openapi@23.0.2", "openapi@99.0.0"),
                           (Path("setup.cfg"), "contract =", "contract =\n  another")):  # fmt: skip
        text = (tmp_path / file).read_text()
        assert old in text
        (tmp_path / file).write_text(text.replace(old, new))
        assert brought(tmp_path) == ["python", "npm"], file
    (tmp_path / "venv" / "bin" / "npm").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / SCRIPT).write_text((tmp_path / SCRIPT).read_text() + "# another\n")
    assert brought(tmp_path) == brought(tmp_path) == ["python"]  # what failed is tried again
