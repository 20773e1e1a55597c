"""log in pages, and show: one event, whole."""

import hashlib

from tests.gate.project import Project


def test_a_log_is_read_in_pages(feature: Project, one: str) -> None:
    feature.do("finalize")
    whole = feature.do("log", "--json").data["events"]
    done = feature.do("log", "--limit", "2", "--json")
    assert (done.data["events"], done.data["total"]) == (whole[:2], len(whole))
    seen = done.data["events"]
    pages = 1
    while done.json["next"]:
        argv = done.json["next"][0]["argv"]
        assert argv[:3] == ["git", "oneshot", "log"]
        done = feature.do(*argv[2:])
        seen = [*seen, *done.data["events"]]
        pages += 1
    assert (seen, pages) == (whole, -(-len(whole) // 2))
    assert feature.do("log", "--after", whole[-1]["id"], "--json").data["events"] == []
    assert feature.do("log", "--after", "3", "--limit", "1").out.split()[0] == "4"
    assert feature.cli("log", "--after", "99", "--json").error == "STATE_NOT_FOUND"


def test_the_newest_events_alone(feature: Project, one: str) -> None:
    """As `git log -n` has it, and in the order of all."""
    feature.do("finalize")
    whole = feature.do("log", "--json").data["events"]
    done = feature.do("log", "-n", "2", "--json")
    assert (done.data["events"], done.data["total"]) == (whole[-2:], len(whole))
    assert done.json["next"] == []
    assert feature.do("log", "-n", "99", "--json").data["events"] == whole
    assert feature.do("log", "-n1", "--after", "2", "--json").data["events"] == whole[-1:]
    refused = feature.cli("log", "-n", "1", "--limit", "1", "--json")
    assert (refused.code, refused.error) == (2, "INVALID_INPUT")


def test_an_event_is_shown_whole(feature: Project, one: str) -> None:
    feature.do("finalize", "--via", "robot")
    [recorded] = [
        e for e in feature.do("log", "--json").data["events"] if e["type"] == "commit.recorded"
    ]
    data = feature.do("show", recorded["id"], "--json").data
    assert data["event"] == {key: v for key, v in recorded.items() if key != "void"}
    assert data["commits"] == [{"commit": one, "subject": "one"}]
    assert (data["payload"], data["object"], data["void"]) == (None, None, None)
    assert feature.git("cat-file", "-t", data["entry"]) == "commit"
    text = feature.do("show", str(recorded["clock"])).out
    assert f"commit   {one[:9]} one\n" in text
    assert "who      Ada Lovelace <ada@example.org>" in text
    last = feature.do("log", "--json").data["events"][-1]
    assert "via robot" in feature.do("show", last["id"]).out


def test_the_text_beside_an_event_is_shown(project: Project) -> None:
    """In an answer 4 KiB of it and where all of it is; to a person, all of it."""
    project.do("init", "topic", "--yes")
    text = ("what is to be done\n" * 500).rstrip("\n")
    project.do("plan", "-m", text)
    patched = project.do("log", "--json").data["events"][1]
    data = project.do("show", patched["id"], "--json").data
    assert (data["payload"]["bytes"], data["payload"]["cut"]) == (len(text), True)
    assert len(data["payload"]["text"]) == 4096
    kept = project.git("cat-file", "blob", data["object"])
    assert hashlib.sha256(kept.encode()).hexdigest() == patched["data"]["plan"]["payload"]
    assert project.do("show", "2").out.endswith(text + "\n")


def test_an_event_that_is_not_there_is_looked_for_where_it_was_named(feature: Project) -> None:
    """The hint named no feature, and on another branch it led nowhere."""
    feature.git("switch", "-q", "-c", "elsewhere")
    said = feature.cli("show", "99", "-f", "topic").err.splitlines()
    hint = "hint: see what there is: git oneshot log topic"
    assert said == ["error: no event '99' on this trail", hint]


def test_an_event_that_is_mistyped_is_told_what_was_meant(feature: Project) -> None:
    """Also a feature, which `show` takes for the event's id."""
    begun = feature.do("log", "--json").data["events"][0]["id"]
    typo = f"{begun[:20]}{begun[21:]}"
    see = "hint: see what there is: git oneshot log topic"
    for argv in (["show", typo], ["log", "--after", typo], ["replay", "--at", typo]):
        _, *hints = feature.cli(*argv).err.splitlines()
        meant = f"hint: see '{begun}', if it is what you meant: git oneshot show {begun}"
        assert hints == [meant, see]
    for name in ("topic", "topci"):
        _, *hints = feature.cli("show", name).err.splitlines()
        assert hints == ["hint: see 'topic', if it is what you meant: git oneshot log topic", see]


def test_an_event_is_found_by_its_id_wherever_it_is(feature: Project) -> None:
    begun = feature.do("log", "--json").data["events"][0]["id"]
    feature.git("switch", "-q", "-c", "elsewhere")
    assert feature.do("show", begun, "--json").data["feature"] == "topic"
    assert feature.cli("show", "1", "--json").error == "FEATURE_UNKNOWN"
    assert feature.cli("show", "0" * 26, "-f", "topic", "--json").error == "STATE_NOT_FOUND"


def test_an_event_is_named_by_the_beginning_of_its_id(feature: Project) -> None:
    """As git does: log shows as much of ids as tells them apart, and that names one."""
    whole = [event["id"] for event in feature.do("log", "--json").data["events"]]
    lines = feature.do("log", "--ids").out.splitlines()
    short = [line.split()[1] for line in lines]
    assert [one.startswith(of) for one, of in zip(whole, short, strict=True)] == [True] * 3
    assert len(set(short)) == 3 and max(map(len, short)) < 18
    for one, of in zip(whole, short, strict=True):
        assert feature.do("show", of, "--json").data["event"]["id"] == one
    assert feature.do("log", "--after", short[1], "--json").data["events"][0]["id"] == whole[2]
    at = feature.do("replay", "--at", short[0], "--json").data
    assert at == feature.do("replay", "--at", "1", "--json").data
    feature.git("switch", "-q", "-c", "elsewhere")
    assert feature.do("show", short[1], "--json").data["feature"] == "topic"


def test_a_beginning_that_several_events_have_lists_them(feature: Project) -> None:
    planned = [event["id"] for event in feature.do("log", "--json").data["events"]][1:]
    same = planned[0][:10]  # the time: both were written at once
    for argv in (["show", same], ["replay", "--at", same], ["log", "--after", same]):
        done = feature.cli(*argv, "--json")
        assert (done.code, done.error) == (2, "INVALID_INPUT")
        said = done.json["error"]["message"]
        assert said.startswith(f"'{same}' is the beginning of 2 events: ")
        short = said.rpartition(": ")[2].split(", ")
        assert [one.startswith(of) for one, of in zip(sorted(planned), short, strict=True)] == [
            True
        ] * 2
    assert feature.cli("show", "01", "--json").error == "STATE_NOT_FOUND"  # as short as a clock


def test_an_event_without_effect_says_so_and_a_commit_that_is_gone_too(feature: Project) -> None:
    """What a trail says of commits is a claim; they need not be here."""
    done = feature.do("show", "1").out
    assert "void" not in done
    assert f"commit   {feature.head[:9]} base" in done
    feature.git("update-ref", "-d", "refs/heads/main")
    feature.git("reflog", "expire", "--expire=now", "--all")
    feature.git("gc", "-q", "--prune=now")
    assert "is not here" in feature.do("show", "1", "-f", "topic").out


def test_the_code_of_a_spike_that_graduates_gets_its_test_into_its_commit(
    project: Project,
) -> None:
    """It is in HEAD already, so no test can be red without it beside HEAD."""
    project.do("init", "topic", "--spike", "--yes")
    project.land("one", test=False)
    project.do("graduate")
    first, second = project.do("plan", "--goal", "one", "--json").json["next"]
    assert (first["argv"][2], second["argv"][2]) == ("verify", "red")
    project.repo.write("checks/one", "grep -qx one lib/one\n")
    done = project.cli("red", "--json")
    assert done.known["proof"]["code"] == "vacuous-red"
    assert [step["argv"] for step in done.json["next"][:2]] == [
        ["git", "add", "--all"], ["git", "commit", "--amend", "--no-edit"],
    ]  # fmt: skip
    project.git("add", "--all")
    project.git("commit", "-q", "--amend", "--no-edit")
    assert project.do("finalize", "--json").data["phase"] == "completed"
    assert project.do("init", "next", "--json")
    assert project.do("plan", "--goal", "two", "--json").json["next"][0]["argv"][2] == "red"


def test_a_spike_grows_up(project: Project) -> None:
    project.begin("topic", "--spike")
    project.repo.write("lib/one", "one\n")
    project.git("add", "--all")
    project.git("commit", "-q", "-m", "without a test: nothing gates a spike")
    refused = project.cli("finalize", "topic", "--json")
    assert refused.known["guard"] == "not-a-spike"
    assert [n["argv"][2] for n in refused.json["next"]] == ["graduate", "cancel"]
    done = project.do("graduate", "--reason", "it works", "--json")
    assert [n["argv"][2] for n in done.json["next"]] == ["verify"]
    assert project.do("status", "--json").data["spike"] is False
    assert project.types()[-1] == "spike.graduated"
    # From now on the hook and finalize look at it, and at what it has already.
    project.change("two", test=False)
    assert project.may("commit", "-q", "-m", "two").code == 1
    project.git("reset", "-q", "--hard")
    assert project.cli("finalize", "--json").error == "NOT_PROVEN"
    project.change("one")
    project.git("commit", "-q", "--amend", "-m", "with its test")
    assert project.do("finalize", "--json").data["phase"] == "completed"
    again = project.cli("graduate", "topic", "--json")
    assert again.error == "INVALID_PHASE"
