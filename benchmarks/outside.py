"""Programs of others that are compared: `make bench` brings them, as far as they are to be had."""

import os
import shutil
from typing import Final

from benchmarks.scene import Scene

OUTSIDE: Final = os.environ.get("ONESHOT_OUTSIDE", "/nowhere")
MODULES: Final = f"{OUTSIDE}/node_modules"
_PLACES: Final = (f"{MODULES}/.bin", f"{OUTSIDE}/python/bin")


def found(scene: Scene, name: str) -> str:
    """A program that was brought or is on PATH; "" when it is not here."""
    return shutil.which(name, path=os.pathsep.join([*_PLACES, scene.env["PATH"]])) or ""
