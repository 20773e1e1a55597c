"""``python -m git_oneshot`` and the ``git-oneshot`` script are the same program."""

import sys


def run() -> None:
    """Run the command line of this process and exit with its code."""
    from git_oneshot.cli.main import main

    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    run()
