"""Secrets and home folders are masked before anything reaches a trail.

A trail is pushed, and its bytes are never rewritten: what should not be on it
must not get there. Known are the forms that issuers of tokens give them so that
they can be found, headers and URLs that carry credentials, private keys, and the
home folders of people. What has no form (a password in a sentence) is not known.

What is masked is never longer than it was, so no text outgrows its limit by it.
"""

import re
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

MASK: Final = "***"
HOME: Final = "~"
# Names that something else is found by; masked, they would name nothing.
_NAMES: Final = frozenset(
    """
    featureId supersededBy superseded_by branch branches mergedBranches base head
    patchId patch_id
    """.split()  # noqa: SIM905 - as they are in facts, and in commands
)
T = TypeVar("T", bound=msgspec.Struct)


class Form(NamedTuple):
    """What a kind of secret looks like.

    ``marks``: one of them is in every text that has one, in lower case; a pattern is
    made when it is needed, because to make all costs a command 10 ms. ``into``: what
    takes its place.
    """

    kind: str
    marks: tuple[str, ...]
    pattern: str
    into: str = MASK


# Words of a sentence are no secret: where nothing but a name tells, a digit has to be in the value.
_DIGIT: Final = r"(?=[^\s\"',;\d]{0,500}\d)"
# Nor are a call or a part of a list, a path, the id of a test, a version, or what has its number
# in its name.
_NO_VALUE: Final = (
    r"(?![({\[<]|[A-Za-z_][\w.]{0,100}[(\[]|tests?[_/]|[\w./-]{0,200}::"
    r"|[\w-]{1,100}(?:/[\w-]{1,100}){0,20}\.[a-z]{1,4}(?![^\s\"',;:.)])|v?\d{1,4}(?:[.-]\d{1,4})+\b"
    r"|(?:aes|argon|base|ed|hs|md|oauth|pbkdf|rfc|rs|sha|utf|v)[-_]?\d)"
)
FORMS: Final = (
    Form("private key", ("private key",),
         r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
         r"[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\Z)"),
    Form("private key", ("-----end ",),  # of a log that is cut, its end
         r"(?:(?<![A-Za-z0-9+/=])[A-Za-z0-9+/=]{16,100}+\s{1,8}+){1,200}+"
         r"(?=-----END [A-Z0-9 ]{0,40}PRIVATE KEY)", MASK + "\n"),
    Form("header", ("authorization",),
         r"(?i)(authorization[\"']?\s{0,4}[:=]\s{0,4}[\"']?)"
         r"(?:(?:digest|aws4-hmac-sha256)\s[^\r\n]{2,}"
         r"|(?:basic|bearer|token|negotiate|apikey)\s{1,4}[^\s\"',;]{3,}"
         rf"|{_DIGIT}[^\s\"',;]{{20,}})", r"\1" + MASK),
    Form("header", ("bearer",), rf"(?i)(\bbearer\s{{1,4}}){_DIGIT}[A-Za-z0-9._~+/=-]{{16,}}",
         r"\1" + MASK),
    Form("header", ("-token", "api-key", "auth-key"),
         r"(?i)((?:(?:private|job|deploy|auth|access)-token|api-key|auth-key)[\"']?\s{0,4}[:=]"
         rf"\s{{0,4}}[\"']?){_DIGIT}[^\s\"',;]{{8,}}", r"\1" + MASK),
    Form("header", ("cookie:",), r"(?i)(\bcookie:\s{0,4})(?=[^\r\n\d]{0,4000}\d)[^\r\n]{3,}",
         r"\1" + MASK),
    Form("url", ("://",), r"(?<=://)[^\s/?#\"'<>:@]*:[^\s/?#\"'<>]{2,}(?=@)"),
    Form("url", ("http://", "https://"), r"(?i)(?<=tps://|ttp://)[^\s/?#\"'<>]{3,}(?=@)"),
    Form("url", ("access_token=", "private_token=", "client_secret=", "x-amz-signature="),
         r"(?i)((?:access_token|private_token|client_secret|x-amz-signature)=)[^\s&\"'<>]{8,}",
         r"\1" + MASK),
    Form("url", ("password=", "passwd=", "token=", "secret=", "key="),
         r"(?i)([?&](?:password|passwd|token|secret|api_?key)=)[^\s&\"'<>]{6,}", r"\1" + MASK),
    Form("name", ("passw", "passphrase", "secret", "token", "api", "access", "private"),
         r"(?i)((?<![^\s\"'{(,;])(?:--)?[a-z0-9_.-]{0,40}(?:password|passwd|passphrase|secret"
         r"|(?:api|access|secret|private)[_-]?key|(token))[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?)"
         # Of tokens there is a number, too.
         rf"(?(2)(?!\d++(?![^\s\"',;]))){_NO_VALUE}{_DIGIT}[^\s\"',;]{{6,}}", r"\1" + MASK),
    Form("option", ("--",),
         r"(?i)((?<![^\s\"'(])--(?:[a-z0-9]{1,20}-){0,4}(?:password|passwd|passphrase|secret|token"
         r"|(?:api|access|secret|private)-?key)[ \t]{1,4}[\"']?)(?!\d++(?![^\s\"',;]))"
         rf"{_NO_VALUE}{_DIGIT}[^\s\"',;-][^\s\"',;]{{5,}}", r"\1" + MASK),
    Form("option", ("-u ", "--user "),
         r"((?<!\S)(?:-u|--user)[ \t]{1,4}[\"']?[^\s:\"']{1,100}:)(?!\d++(?![^\s\"']))"
         rf"{_DIGIT}[^\s\"']{{6,}}", r"\1" + MASK),
    Form("npm", (":_auth", ":_password"),
         r"(?i)(:_(?:authToken|auth|password)[ \t]{0,4}=[ \t]{0,4}[\"']?)[^\s\"',;]{6,}",
         r"\1" + MASK),
    Form("age", ("age-secret-key-1",), r"(?i)age-secret-key-1[0-9a-z]{20,}"),
    Form("variable", ("token", "secret", "passw", "api_key", "apikey", "access_key"),
         r"((?:SECRET|PASSWORD|PASSWD|API_?KEY|ACCESS_KEY)[A-Z0-9_]{0,40}=[\"']?(?=[^\s\"'$(){}]{4})"
         r"|(?<!MAX_)TOKEN(?!S?_COUNT)[A-Z0-9_]{0,40}=[\"']?(?!\d++(?![^\s\"'$(){}]))"
         r"(?=[^\s\"'$(){}]{8}))[^\s\"'$(){}]++", r"\1" + MASK),
    Form("github", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{30,}"),
    Form("github", ("github_pat_",), r"github_pat_[A-Za-z0-9_]{20,}"),
    Form("gitlab", ("gl",),
         r"gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct)-[A-Za-z0-9_.-]{20,}"),
    Form("aws", ("akia", "asia", "abia", "acca"), r"A(?:KIA|SIA|BIA|CCA)[0-9A-Z]{16}"),
    Form("slack", ("xox", "xapp-"), r"xox[abcdeoprs](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}"
         r"|xapp-[A-Za-z0-9-]{10,}"),
    Form("slack", ("hooks.slack.com/",), r"(?<=hooks\.slack\.com/)[A-Za-z]+/[A-Za-z0-9/]{8,}"),
    Form("google", ("aiza", "ya29.", "gocspx-"),
         r"AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,}"),
    Form("stripe", ("k_live_", "k_test_"), r"[prs]k_(?:live|test)_[0-9A-Za-z]{10,}"),
    Form("npm", ("npm_",), r"npm_[A-Za-z0-9]{36}"),
    Form("pypi", ("pypi-age",), r"pypi-AgE[A-Za-z0-9_-]{16,}"),
    Form("hugging face", ("hf_",), r"hf_[A-Za-z0-9]{30,}"),
    Form("digitalocean", ("_v1_",), r"do[opr]_v1_[0-9a-f]{64}"),
    Form("sendgrid", ("sg.",), r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    Form("vendor", ("hvs.", "hvb.", "hvr.", "dckr_", "rubygems_", "shp", "glsa_", "lin_api_",
                    "dapi", "atatt3x", ":aa"),
         r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}|rubygems_[0-9a-f]{48}"
         r"|shp(?:at|ca|pa|ss)_[0-9a-f]{32}|glsa_[A-Za-z0-9]{32}[A-Za-z0-9_]*|lin_api_[A-Za-z0-9]{40}"
         r"|\bdapi[0-9a-f]{32}|ATATT3x[A-Za-z0-9_=-]{40,}|\b\d{8,10}:AA[A-Za-z0-9_-]{33}"),
    Form("vendor", ("/api/webhooks/", "accountkey="),
         r"((?:discord|discordapp)\.com/api/webhooks/)\d+/[A-Za-z0-9_-]{20,}"
         r"|(AccountKey=)[A-Za-z0-9+/=]{20,}", r"\1\2" + MASK),
    Form("model", ("sk-",), r"(?<![A-Za-z0-9])sk-(?:(?:ant|proj|svcacct|or)-[A-Za-z0-9_-]{20,}"
         r"|[A-Za-z0-9]{32,})"),
    Form("jwt", ("eyj",), r"eyJ[A-Za-z0-9_-]{8,2000}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    Form("home", ("/home/", "/users/"),  # `/home/page` alone may be a page
         r"(?<![A-Za-z0-9_.~*-])/(?:home|Users)/[^\s/:;,\"'<>()\[\]]++(?=/)", HOME),
    Form("home", (":\\users\\",), r"(?i)\b[a-z]:\\Users\\[^\s\\/:;,\"'<>|()]+", HOME),
    Form("home", ("/root",), r"(?<![A-Za-z0-9_.~*-])/root(?![A-Za-z0-9_.-])", HOME),
)  # fmt: skip


def masked(text: str, home: str = "") -> str:
    """Text without what should not be on a trail. ``home``: the folder of whoever writes it.

    What one form takes away may uncover another, so this goes on until nothing changes.
    """
    if text.isalnum() and text == text.lower():  # as the name of an object is
        return text
    while True:
        before, text = text, _once(text, home)
        if text == before:
            return text


def _once(text: str, home: str) -> str:
    lower = text.lower()
    for form in FORMS:
        if any(mark in lower for mark in form.marks):
            text = re.sub(form.pattern, form.into, text)
    if len(home) > 3 and home in text:
        text = re.sub(rf"(?<![A-Za-z0-9_.~*-]){re.escape(home)}(?![A-Za-z0-9_.-])", HOME, text)
    return text


def masked_fact(fact: T, home: str = "") -> T:
    """A fact, or a command that brings facts, with each of its texts masked."""
    changed = {}
    for name in fact.__struct_fields__:
        value = getattr(fact, name)
        new = value if name in _NAMES else _value(value, home)
        if new != value:
            changed[name] = new
    return msgspec.structs.replace(fact, **changed) if changed else fact


def _value(value: Any, home: str) -> Any:
    if isinstance(value, str):
        return masked(value, home)
    if isinstance(value, tuple):
        return tuple(_value(one, home) for one in value)
    return masked_fact(value, home) if isinstance(value, msgspec.Struct) else value
