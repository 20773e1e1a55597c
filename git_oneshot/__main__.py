"""``python -m git_oneshot`` and the ``git-oneshot`` script are the same program."""

import contextlib
import gc
import io
import os
import sys


def run() -> None:
    """Run the command line of this process and exit with its code."""
    # A command is over before there is garbage worth collecting; collecting while
    # its modules load, and taking them down at the end, costs a command 8 ms.
    gc.disable()
    if "--ci" in sys.argv:
        from git_oneshot.cli.shedding import shed

        shed(sys.argv[1:], os.environ)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # None, where whoever called us closed it
            stream.reconfigure(errors="backslashreplace")
    from git_oneshot.cli.main import main

    code = main(sys.argv[1:])
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, AttributeError):  # which was told, or nobody is there
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
