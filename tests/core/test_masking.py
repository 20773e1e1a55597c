"""No secret of a known form, and no home folder, gets past the masks; all else stays as it is."""

import time
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from git_oneshot.core import commands as c
from git_oneshot.core import facts as f
from git_oneshot.core.masking import FORMS, masked, masked_fact
from tests.strategies import commands, facts

B: Final = "aB3dE6gH9"  # so that nothing in this file looks like a token to who scans it
LINE: Final = B * 7 + "A"
BEGIN, END = "-----BEGIN %s-----", "-----END %s-----"
ROOT: Final = "/root"
KEY: Final = "OPENSSH " + "PRIVATE KEY"
# kind, a text with a secret, what must be gone, what is left
TABLE: Final = (
    ("github", f"use ghp_{B * 4} now", f"{B * 4}", "use *** now"),
    ("github", f"x=gho_{B * 4},", f"{B * 4}", "x=***,"),
    ("github", f"github_pat_{B}_{B * 3}", f"{B * 3}", "***"),
    ("gitlab", f"glpat-{B * 3}", f"{B * 3}", "***"),
    ("gitlab", f"(glrt-{B * 3})", f"{B * 3}", "(***)"),
    ("aws", f"key AKIA{'Q7Z2' * 4} id", "Q7Z2" * 4, "key *** id"),
    ("slack", f"'xoxb-12-34-{B * 2}'", B * 2, "'***'"),
    ("slack", f"https://hooks.slack.com/services/T1/B2/{B}", B, "https://hooks.slack.com/***"),
    ("google", f"AIza{B * 3}{B[:8]}", B, "***"),
    ("google", f"GOCSPX-{B * 3}-", B, "***"),
    ("stripe", f"sk_live_{B * 2}", B, "***"),
    ("npm", f"npm_{B * 4}", B, "***"),
    ("npm", f"//npm.example.org/:_authToken={B}", B, "//npm.example.org/:_authToken=***"),
    ("npm", f"//npm.example.org/:_password={B}==", B, "//npm.example.org/:_password=***"),
    ("pypi", f"pypi-AgE{B * 3}", B, "***"),
    ("hugging face", f"hf_{B * 4}", B, "***"),
    ("digitalocean", "dop_v1_" + "0a" * 32, "0a0a", "***"),
    ("vendor", f"hvs.{B * 3}", B, "***"),
    ("vendor", f"dckr_pat_{B * 3}", B, "***"),
    ("vendor", f"rubygems_{'0a' * 24}", "0a0a", "***"),
    ("vendor", f"shpat_{'0a' * 16}", "0a0a", "***"),
    ("vendor", f"glsa_{B * 4}_0a0a0a0a", B, "***"),
    ("vendor", f"lin_api_{B * 4}{B[:4]}", B, "***"),
    ("vendor", f"is dapi{'0a' * 16}", "0a0a", "is ***"),
    ("vendor", f"ATATT3x{B * 8}", B, "***"),
    ("vendor", f"12345678:AA{B * 3}{B[:6]}", B, "***"),
    ("vendor", f"https://discord.com/api/webhooks/12/{B * 4}", B, "https://discord.com/api/webhooks/***"),
    ("vendor", f"AccountName=x;AccountKey={B * 4}==;x", B, "AccountName=x;AccountKey=***;x"),
    ("option", f"x --db-password {B} y", B, "x --db-password *** y"),
    ("option", f"x --token '{B}'", B, "x --token '***'"),
    ("option", f"curl -u ada:{B} https://h/", B, "curl -u ada:*** https://h/"),
    ("option", f"curl --user 'ada:{B}'", B, "curl --user 'ada:***'"),
    ("sendgrid", f"SG.{B * 2}.{B * 3}", B, "***"),
    ("model", f"sk-ant-{B * 3}", B, "***"),
    ("model", f"'sk-{B * 4}'", B, "'***'"),
    ("jwt", f"eyJ{B}.eyJ{B}.{B}-_", B, "***"),
    ("header", f"Authorization: Basic {B}==", B, "Authorization: ***"),
    ("header", f'{{"authorization": "token {B}", "x": 1}}', B, '{"authorization": "***", "x": 1}'),
    ("header", f"Proxy-Authorization: Digest username=\"a\", response=\"{B}\"\nnext", B,
     "Proxy-Authorization: ***\nnext"),
    ("header", f"Authorization: {B * 3}", B, "Authorization: ***"),
    ("header", f"curl -H 'bearer {B * 2}'", B, "curl -H 'bearer ***'"),
    ("header", f"PRIVATE-TOKEN: {B}", B, "PRIVATE-TOKEN: ***"),
    ("header", f"X-Api-Key: {B}", B, "X-Api-Key: ***"),
    ("header", f"Set-Cookie: session={B}; Path=/", B, "Set-Cookie: ***"),
    ("url", f"https://ada:{B}@example.org/x", B, "https://***@example.org/x"),
    ("url", f"git clone https://{B}@example.org", B, "git clone https://***@example.org"),
    ("url", f"postgres://:{B}@db:5432/x", B, "postgres://***@db:5432/x"),
    ("url", f"http://h/?access_token={B}&x=1", B, "http://h/?access_token=***&x=1"),
    ("url", "http://h/?a=1&password=hunter2&x=1", "hunter2", "http://h/?a=1&password=***&x=1"),
    ("variable", f"DEPLOY_TOKEN_2={B} make", B, "DEPLOY_TOKEN_2=*** make"),
    ("variable", "DB_PASSWORD=1234567890", "1234567890", "DB_PASSWORD=***"),
    ("variable", f"API_TOKENS=1,{B}", B, "API_TOKENS=***"),
    ("variable", f'export DB_PASSWORD="{B}"', B, 'export DB_PASSWORD="***"'),
    ("variable", "PASSWORD=hunter2 make", "hunter2", "PASSWORD=*** make"),
    ("name", "DB_PASSWORD: hunter2222", "hunter2222", "DB_PASSWORD: ***"),
    ("name", f"aws_secret_access_key={B}/K/{B}", B, "aws_secret_access_key=***"),
    ("name", 'say {"password": "hunter2"}', "hunter2", 'say {"password": "***"}'),
    ("name", "x --db-password=Pa$$w0rd y", "w0rd", "x --db-password=*** y"),
    ("name", f"spring.mail.token = {B}", B, "spring.mail.token = ***"),
    ("name", f"apiKey: {B}, x: 1", B, "apiKey: ***, x: 1"),
    ("age", f"AGE-SECRET-KEY-1{B.upper() * 6}", B.upper(), "***"),
    ("private key", f"see\n{BEGIN % KEY}\n{LINE}\n{LINE}\n{END % KEY}\nend", B, "see\n***\nend"),
    ("private key", f"cut\n{BEGIN % KEY}\n{LINE}\n{LINE}", B, "cut\n***"),
    ("private key", f"{LINE}\n{LINE}\n{END % KEY}\nend", B, f"***\n{END % KEY}\nend"),
    ("home", "File \"/home/ada/mail/x.py\", line 3", "ada", 'File "~/mail/x.py", line 3'),
    ("home", "at file:///Users/ada/x:1", "ada", "at file://~/x:1"),
    ("home", r"in C:\Users\ada\x", "ada", r"in ~\x"),
    ("home", f"cd {ROOT}/x && ls {ROOT}", "root", "cd ~/x && ls ~"),
)  # fmt: skip
HARMLESS: Final = (
    "the task-list-of-everything-that-is-to-be-done", "mask tokens", "authorization: admins only",
    "https://example.org/@ada", "git@example.org:ada/mail.git", "ssh://git@example.org/x",
    "src/home/page.html", "./home/ada", "a bearer of news", "PASSWORD=", "TOKEN=$TOKEN", "/roots",
    "BEGIN PUBLIC KEY", "0123456789" * 4, "glossary-of-all-the-words-that-we-use", "/etc/passwd",
    "http://localhost:8000/x", "tests/test_x.py::test_y[a:b@c]", "cookies: chocolate", "***", "~",
    "MAX_TOKENS=100000000", "MAX_TOKENS=as-many-as-there-are", "TOKENS=128000000",
    "TOKEN_COUNT=as-many-as-there-are", "api-key: required-for-all", "GET /Users/42",
    "Bearer authentication-middleware-x", "cookie: SameSite=Lax", "POST /home/page",
    "authorization: by-the-role-of-whoever-asks",
    "password: the word that opens it", "token: str", "secret=None", "login(password=password)",
    "token: 128000000", "max_tokens: 128000", "token=tokens[10]", "secret = sha256(text, 10)",
    "token: OAuth2 is spoken", "password: argon2id or pbkdf2-sha256", "token: v10.2.1 is read",
    "tests/test_x.py::test_login[password=hunter2]", "token: src/core/token2.py", "api_key: string",
    "secret: tests/test_x2.py::test_y", "test_token: test_v2_of_it passes", "the secret of 2026-11",
    "token_type: bearer2026", "PASSWORD=no", "secrets: 2026-11-30", "fix(token): RFC7519 is read",
    "docker run -u 1000:1000000 x", "run -u node:nodejs", "--max-tokens 128000",
    "x --token 128000 y", "--password-file x1.txt12", "12:34:56", "dapi-1", "hvs. 2026 is near",
    "--token src/core/token2.py", "use --password or a key2026",
    "-----BEGIN PUBLIC KEY-----", "eyJ", "disk-usage", "C:/Users", "/home", "sk-learn",
)  # fmt: skip


@pytest.mark.parametrize(("kind", "text", "secret", "left"), TABLE)
def test_each_known_form_is_masked_and_what_is_around_it_stays(
    kind: str, text: str, secret: str, left: str
) -> None:
    assert masked(text) == left
    assert secret not in left


def test_every_form_has_its_row() -> None:
    assert {form.kind for form in FORMS} == {row[0] for row in TABLE}


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert masked(text) == text


def test_the_home_of_whoever_writes_is_masked_wherever_it_is() -> None:
    home = "/data/people/ada"
    assert masked(f"{home}/x {home}, {home}2/x", home) == f"~/x ~, {home}2/x"
    assert masked("/ and //", "/") == "/ and //"


pieces = st.sampled_from([row[1] for row in TABLE] + list(HARMLESS)) | st.text(max_size=12)


@given(st.lists(pieces, max_size=5).map("".join))
@example(f"https://ghp_{B * 4}/home/x")
@example("cookie: /home/a/home/b")
def test_masking_is_idempotent_and_never_makes_a_text_longer(text: str) -> None:
    once = masked(text)
    assert masked(once) == once
    assert len(once) <= len(text)


@given(st.lists(pieces, max_size=3), st.sampled_from(TABLE), st.lists(pieces, max_size=3),
       st.sampled_from([" ", "\n", '"', "\t", "; "]))  # fmt: skip
def test_no_secret_survives_whatever_is_around_it(
    before: list[str], row: tuple[str, str, str, str], after: list[str], gap: str
) -> None:
    text = gap.join([*before, row[1], *after])
    assert row[1] not in masked(text)
    if row[0] not in ("home", "private key"):  # whose words may be in what is around it
        rest = gap.join([*before, *after])
        assert row[2] in rest or row[2] not in masked(text)


@pytest.mark.parametrize(
    "text",
    ["://" * 20_000, "A" * 65_536, "TOKEN" * 12_000, "-----BEGIN PRIVATE KEY-----\n" * 2_000,
     ("A" * 64 + "\n") * 1_000 + "-----end ", "authorization: " * 4_000, "eyJ" * 20_000,
     "/home/" * 10_000, ("A" * 16 + " ") * 4_000 + "-----END PRIVATE KEY", "http://a:" * 8_000,
     "cookie:" * 8_000, "api-key:" * 8_000, "authorization:" * 4_000, "TOKEN=1" * 8_000,
     "TOKEN=" + "1" * 65_536 + "x", "bearer " * 8_000, "password" * 8_000, " password:" * 8_000,
     "password=" * 8_000, "a_" * 32_000 + "token", "password=" + "a." * 32_000,
     "--" * 32_000, "--token " * 8_000, "-u a:" * 12_000, "--token " + "1" * 65_536 + "x",
     "1" * 65_536, ":_password=" * 6_000, "-u " + "a" * 65_536, "--" + "a-" * 32_000 + "token x",
     "token=" + "1" * 65_536 + "x", "(token=" + "a/" * 32_000],
)  # fmt: skip
def test_no_text_takes_long(text: str) -> None:
    began = time.process_time()
    masked(text)
    assert time.process_time() - began < 2


@given(facts | commands)
def test_no_name_that_something_is_found_by_is_touched(fact: object) -> None:
    """And what holds no secret is the very same fact."""
    assert masked_fact(fact) == fact  # type: ignore[type-var]


def test_every_text_of_a_fact_is_masked() -> None:
    token = f"ghp_{B * 4}"
    turn = f.TestTurn(suite="s", id=f"t[{token}]", reason=token)
    proof = f.Proof(word="PASS", tests=(turn,), notes=(token, "x"))
    plan = f.Plan(goal=token, files=(token,), text=f"at /home/ada {token}")
    whole = f.Patched(fields=("plan",), plan=plan, title=token)
    for fact in (whole, f.Greened(proof=proof), f.Cancelled(origin="plan", reason=token)):
        assert token not in str(masked_fact(fact))
    command = c.Finalize(
        proofs=(f.CommitJudged(commit="a" * 40, proof=proof),),
        suite=f.SuiteJudged(commit="a" * 40, proof=proof), left_over=(token,),
    )  # fmt: skip
    assert token not in str(masked_fact(command))
    named = f.Started(featureId="glpat-" + "a" * 20, branch=token)
    assert masked_fact(named) is named
