"""What `verify --ci` keeps of the environment of a job."""

from git_oneshot.cli.shedding import kept
from tests.test_ci_files import TOKENS


def test_no_token_is_kept_and_what_a_test_gets_is() -> None:
    secret = {
        **TOKENS, "GIT_TOKEN": "s", "PYTHON_TOKEN": "s", "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "http.extraheader", "GIT_CONFIG_VALUE_0": "Authorization: s",
    }  # fmt: skip
    wanted = dict.fromkeys(
        ("PATH", "LANG", "VIRTUAL_ENV", "HOME", "PYTHONUSERBASE", "LC_ALL", "GIT_DIR"), "x"
    )
    assert kept({**secret, **wanted}) == wanted
    assert kept(wanted) == wanted
