"""The one door to the git program.

Every child gets an argv list and an environment without the variables that
bind git to a repository: inside a hook git exports GIT_DIR and GIT_INDEX_FILE,
and a child that inherits them writes into the index that is being committed
(``reference`` case H1: the user's change is silently lost). The repository is
named anew for each child, by absolute path.
"""

import functools
import os
from collections.abc import Container, Iterable, Mapping
from typing import Final, NamedTuple

from msgspec import Struct

from git_oneshot.core.errors import Code, OneshotError

# A superset of `git rev-parse --local-env-vars`, less the two that carry
# `git -c key=value`, which the user meant for us.
_LOCAL: Final = frozenset(
    """
    GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_ATTR_SOURCE GIT_COMMON_DIR GIT_CONFIG GIT_DIR
    GIT_GRAFT_FILE GIT_IMPLICIT_WORK_TREE GIT_INDEX_FILE GIT_INTERNAL_SUPER_PREFIX
    GIT_LITERAL_PATHSPECS GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_ICASE_PATHSPECS
    GIT_NAMESPACE GIT_NO_REPLACE_OBJECTS GIT_OBJECT_DIRECTORY GIT_PREFIX GIT_QUARANTINE_PATH
    GIT_REFLOG_ACTION GIT_REPLACE_REF_BASE GIT_SHALLOW_FILE GIT_WORK_TREE
    GIT_NOTES_REF GIT_NOTES_DISPLAY_REF GIT_EXTERNAL_DIFF GIT_DIFF_OPTS
    """.split()  # noqa: SIM905 - a column of names reads better than a list of strings
)
# What makes git's plumbing answer the same everywhere.
_ALWAYS: Final = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.path.join(os.devnull, "none"),
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C",
    "GIT_LITERAL_PATHSPECS": "0",
}
ANY: Final = range(256)  # statuses, for whoever looks at the status


def syncing(what: str) -> tuple[str, ...]:
    """Options of a git that has what it writes on the drive before it ends; ``what``: git's words.

    By itself git waits for no loose object, and on macOS for no drive.
    """
    return ("-c", f"core.fsync={what}", "-c", "core.fsyncMethod=fsync")


class Done(Struct, frozen=True):
    """How a command ended, and what it said."""

    returncode: int
    stdout: bytes
    stderr: bytes


_CLOSED: Final = "you have to be allowed to write to the repository"
MAKE_ROOM: Final = "make room: df, and git oneshot cache clear"
# By how git's last line ends.
_HINTS: Final = {
    "Permission denied": _CLOSED,
    "Read-only file system": _CLOSED,
    "No space left on device": MAKE_ROOM,
    "Disk quota exceeded": MAKE_ROOM,
}


class GitError(OneshotError):
    """A git command failed. ``stderr`` is what it said, ``status`` how it ended."""

    def __init__(self, args: tuple[str, ...], status: int, stderr: str) -> None:
        last = stderr.strip().splitlines()[-1] if stderr.strip() else f"exit {status}"
        helps = (hint for ends, hint in _HINTS.items() if last.endswith(ends))
        hint = next(helps, "")
        super().__init__(
            Code.FILE_ERROR if hint else Code.GIT_FAILED,
            f"git {args[0]}: {last}",
            hint or "git oneshot doctor",
        )
        self.status = status
        self.stderr = stderr


class Git(NamedTuple):
    """A repository: its directories (absolute), its hash, and how to run git in it."""

    git_dir: str
    common_dir: str
    work_tree: str | None  # None in a bare repository
    object_format: str  # sha1 or sha256
    environ: dict[str, str]  # for children, already scrubbed
    head: str | None  # HEAD's commit when we came; None before the first, or in a bare one
    hooks: str  # where git looks for hooks: another tool's folder, with core.hooksPath

    @property
    def own_dir(self) -> str:
        """Where this program keeps what is local and disposable."""
        return os.path.join(self.common_dir, "oneshot")

    @property
    def zero(self) -> str:
        """The object id that means 'no object'."""
        return "0" * (64 if self.object_format == "sha256" else 40)

    def env(self, index: str | None = None) -> dict[str, str]:
        """The environment of a git child here, with a private index if one is named."""
        env = {**self.environ, **_ALWAYS, "GIT_DIR": self.git_dir}
        if index is not None:
            env["GIT_INDEX_FILE"] = index
        return env

    def argv(self, args: Iterable[str]) -> list[str]:
        """The argv of a git child: in the working tree where there is one."""
        if self.work_tree is None:
            return ["git", *args]
        return ["git", "-C", self.work_tree, f"--work-tree={self.work_tree}", *args]

    def call(
        self,
        *args: str,
        stdin: bytes = b"",
        ok: Container[int] = (0,),
        index: str | None = None,
    ) -> Done:
        """Run git, and give back how it ended. Raises GitError on a status not in ``ok``."""
        # A private index is one file: a split one leaves its other half behind.
        alone = ("-c", "core.splitIndex=false") if index else ()
        done = _run(self.argv((*alone, *args)), stdin, self.env(index))
        if done.returncode not in ok:
            raise GitError(args, done.returncode, done.stderr.decode(errors="replace"))
        return done

    def output(self, *args: str, stdin: bytes = b"", index: str | None = None) -> bytes:
        """What git printed."""
        return self.call(*args, stdin=stdin, index=index).stdout

    def text(self, *args: str, stdin: bytes = b"", index: str | None = None) -> str:
        """What git printed, less the last line break; names in the file system's encoding."""
        return os.fsdecode(self.output(*args, stdin=stdin, index=index)).removesuffix("\n")

    def lines(self, *args: str, stdin: bytes = b"", index: str | None = None) -> list[str]:
        """What git printed, line by line."""
        text = self.text(*args, stdin=stdin, index=index)
        return text.split("\n") if text else []

    def names(self, *args: str, stdin: bytes = b"", index: str | None = None) -> list[str]:
        """What git printed with ``-z``: names that end with NUL."""
        out = self.output(*args, stdin=stdin, index=index)
        return [os.fsdecode(name) for name in out.split(b"\0") if name]

    def tree(self, rev: str | None) -> str:
        """The tree of a commit; for None, the empty tree, which is written."""
        if rev is None:
            return self.text("hash-object", "-t", "tree", "-w", "--stdin")
        return self.text("rev-parse", "--verify", "-q", "--end-of-options", f"{rev}^{{tree}}")

    def named(self, name: str) -> str | None:
        """The id of the object that a revision names; None where there is none."""
        return self.maybe("rev-parse", "-q", "--verify", "--end-of-options", name)

    def leads(self, old: str, new: str) -> bool:
        """Whether ``old`` is ``new`` or an ancestor of it; False where either is not here."""
        asked = ("merge-base", "--is-ancestor", "--end-of-options", old, new)
        return self.call(*asked, ok=(0, 1, 128)).returncode == 0

    def maybe(self, *args: str) -> str | None:
        """What git printed, or None when it ended with 1 or 128 (no such name)."""
        done = self.call(*args, ok=(0, 1, 128))
        return os.fsdecode(done.stdout).removesuffix("\n") if done.returncode == 0 else None


def _run(argv: list[str], stdin: bytes, env: Mapping[str, str]) -> Done:
    if any("\0" in arg for arg in argv):  # from a trail, which anyone may have written
        return Done(128, b"", b"fatal: no name holds a NUL")
    try:
        if not stdin:
            return _spawn(argv, env)
        import subprocess

        done = subprocess.run(argv, input=stdin, env=env, capture_output=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr)
    except FileNotFoundError as err:
        raise OneshotError(
            Code.GIT_MISSING, "git is not on PATH", "install it: apt-get install git"
        ) from err


def _spawn(argv: list[str], env: Mapping[str, str]) -> Done:
    """Run a program without input. Importing subprocess costs a read command 4 ms of its 9."""
    import select

    out, out_end = os.pipe()
    err, err_end = os.pipe()
    try:
        pid = os.posix_spawn(
            _found(argv[0], env.get("PATH", os.defpath)), argv, env,
            file_actions=[(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                          (os.POSIX_SPAWN_DUP2, out_end, 1), (os.POSIX_SPAWN_DUP2, err_end, 2)],
        )  # fmt: skip
    except BaseException:
        os.close(out)
        os.close(err)
        raise
    finally:
        os.close(out_end)
        os.close(err_end)
    said: dict[int, list[bytes]] = {out: [], err: []}
    poll = select.poll()
    for end in said:
        poll.register(end, select.POLLIN | select.POLLHUP)
    left = set(said)
    try:
        while left:
            for end, _ in poll.poll():
                chunk = os.read(end, 65_536)
                said[end].append(chunk)
                if not chunk:
                    poll.unregister(end)
                    left.remove(end)
    except BaseException:
        import signal

        os.kill(pid, signal.SIGTERM)  # it must not outlive us, but has locks to let go of
        raise
    finally:
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(out)
        os.close(err)
    return Done(status, b"".join(said[out]), b"".join(said[err]))


def piped(argv: list[str], env: Mapping[str, str], source: int) -> tuple[int, int]:
    """Run a program on what a pipe gives: its process, and a pipe of what it prints.

    ``source`` is closed here. What it complains about is dropped.
    """
    out, out_end = os.pipe()
    try:
        pid = os.posix_spawn(
            _found(argv[0], env.get("PATH", os.defpath)), argv, env,
            file_actions=[(os.POSIX_SPAWN_DUP2, source, 0), (os.POSIX_SPAWN_DUP2, out_end, 1),
                          (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)],
        )  # fmt: skip
    except BaseException:
        os.close(out)
        raise
    finally:
        os.close(source)
        os.close(out_end)
    return pid, out


@functools.cache
def _found(program: str, path: str) -> str:
    """Where a program is on a PATH. Raises FileNotFoundError."""
    for folder in path.split(os.pathsep):
        whole = os.path.join(folder or os.curdir, program)
        if os.access(whole, os.X_OK) and not os.path.isdir(whole):
            return whole
    raise FileNotFoundError(program)


def scrub(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without the variables that bind git to one repository."""
    return {k: v for k, v in environ.items() if k not in _LOCAL}


def discover(cwd: str, environ: Mapping[str, str]) -> Git:
    """Find the repository of a directory, as git would with this environment.

    Raises OneshotError(NOT_A_REPOSITORY) outside of one, (GIT_MISSING) without git.
    """
    # What may not be there is last: git fails where there is no working tree, or
    # no commit yet, after it has printed the rest.
    done = _run(
        ["git", "-C", cwd, "rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir",
         "--show-object-format", "--is-bare-repository", "--git-path", "hooks",
         "--show-toplevel", "HEAD"],
        b"", {**environ, "LC_ALL": "C"},  # what it complains about is looked at
    )  # fmt: skip
    found = os.fsdecode(done.stdout).split("\n")[:-1]
    if len(found) < 5:
        said = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ").splitlines()
        if not said or said[0].startswith("not a git repository"):
            why = "not inside a git repository"
            raise OneshotError(Code.NOT_A_REPOSITORY, why, "begin one: git init")
        # Such as a repository of another user, where git's last line is the way out.
        hint = said[-1].strip() if len(said) > 1 else "git status"
        raise OneshotError(Code.NOT_A_REPOSITORY, said[0], hint)
    git_dir, common, fmt, bare, hooks, *rest = found
    work_tree = rest[0] if rest else None
    head = rest[1] if len(rest) > 1 and rest[1] != "HEAD" else None
    if work_tree is None and bare == "false" and os.path.basename(git_dir) == ".git":
        # The user stands inside .git.
        around = {k: v for k, v in environ.items() if k != "GIT_DIR"}
        return discover(os.path.dirname(git_dir), around)
    return Git(git_dir, common, work_tree, fmt, scrub(environ), head, hooks)
