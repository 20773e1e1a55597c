#!/bin/sh
# The demo, as a person would type it: tests/demo.sh FOLDER-OF-GIT-ONESHOT
# Everything happens in a scratch folder with a home of its own. Each answer is
# checked: where a refusal is due and does not come, the demo fails.
set -eu

scratch=$(mktemp -d "${TMPDIR:-/tmp}/git-oneshot-demo.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
unset $(env | sed -n 's/^\(GIT_[A-Z_]*\)=.*/\1/p') VIRTUAL_ENV PYTHONPATH 2>/dev/null || true
PATH=$1:$PATH HOME=$scratch/home GIT_CONFIG_NOSYSTEM=1 XDG_CONFIG_HOME=$scratch/home LC_ALL=C
export PATH HOME GIT_CONFIG_NOSYSTEM XDG_CONFIG_HOME LC_ALL
mkdir "$HOME"
git config --global user.name 'Ada Lovelace'
git config --global user.email ada@example.com
git config --global init.defaultBranch main
git config --global advice.detachedHead false

escape=$(printf '\033') bold= dim= plain=
if { [ -t 1 ] || [ -n "${FORCE_COLOR:-}" ]; } && [ -z "${NO_COLOR:-}" ]; then
	bold=$escape[1m dim=$escape[2m plain=$escape[0m
	export FORCE_COLOR=1 # what is checked goes through a file
fi
title() { printf '\n%s# %s%s\n' "$dim" "$*" "$plain"; }
prompt() { printf '%s$ %s%s\n' "$bold" "$*" "$plain"; }

# shows WANTED TEXT COMMAND: the command ends with that status and says that text
shows() {
	wanted=$1 text=$2 line=$3
	prompt "$line"
	status=0
	sh -c "$line" >"$scratch/out" 2>&1 </dev/null || status=$?
	cat "$scratch/out"
	[ "$status" = "$wanted" ] || fail "ended with $status, not with $wanted"
	[ -z "$text" ] || sed "s/$escape\[[0-9;]*m//g" "$scratch/out" | grep -qF -e "$text" || fail "does not say: $text"
}
fail() {
	printf 'demo: the last command %s\n' "$*" >&2
	exit 1
}

mkdir "$scratch/play"
cd "$scratch/play"
git init -q --bare remote.git
git init -q mail
cd mail
printf '# Mail\n\nWe recieve your mail, and answer it.\n' >README.md
mkdir tests
cat >tests/test_readme.py <<'PY'
from pathlib import Path

README = Path("README.md").read_text()


def test_it_has_a_title():
    assert README.startswith("# ")
PY
git add .
git commit -qm 'A readme, and a test of it'
git remote add origin ../remote.git
git push -q -u origin main
git remote set-head origin main

title "A typo in the README: a test that finds it, the fix, one commit."
shows 0 "began feature" "git oneshot init fix-readme-typo --yes"
shows 0 "planned" "git oneshot plan --goal \"fix 'recieve' in the README\" --approach 'edit it' --file README.md --test 'no recieve in the README'"
title "The failing test first."
prompt "cat >>tests/test_readme.py"
tee -a tests/test_readme.py <<'PY'


def test_it_spells_receive():
    assert "recieve" not in README
PY
shows 0 "1 test fails without the change" "git oneshot red"
shows 0 "" "sed -i.bak s/recieve/receive/ README.md && rm README.md.bak"
shows 0 "turned by the change" "git oneshot green"
shows 0 "" "git add --all"
shows 0 "main" "git commit -m \"docs: fix 'recieve' in the README\""
shows 0 "is completed" "git oneshot finalize"
shows 0 "main -> main" "git push"

title "A small function, by somebody in a hurry."
shows 0 "began feature" "git oneshot init greet-by-name"
shows 0 "planned" "git oneshot plan --message 'greet people by their name'"
prompt "cat >greeting.py"
tee greeting.py <<'PY'
def greet(name: str) -> str:
    return f"Hello, {name}!"
PY
shows 0 "" "git add --all"
shows 1 "not proven (no-test): greeting.py changed, and no test did" "git commit -m 'feat: greet by name'"
title "The hook can be skipped. The push is the gate."
shows 0 "main" "git commit --no-verify -m 'feat: greet by name'"
shows 1 "FAIL(no-test)" "git push"
title "So: with its test."
prompt "cat >tests/test_greeting.py"
tee tests/test_greeting.py <<'PY'
from greeting import greet


def test_greet_names_the_person():
    assert greet("Ada") == "Hello, Ada!"
PY
shows 0 "" "git add --all"
shows 0 "main" "git commit --amend --no-edit"
shows 0 "is completed" "git oneshot finalize"
shows 0 "main -> main" "git push"

title "Anyone with a clone has the proof, and can make it again."
cd ..
shows 0 "" "git clone --quiet -c 'remote.origin.fetch=+refs/oneshot/*:refs/oneshot-remote/origin/*' remote.git second"
prompt "cd second"
cd second
shows 0 "this clone is set up" "git oneshot install --yes"
shows 0 "claimed: PASS behaviour, 1 test red without it, green with it: tests/test_greeting.py" "git log -2"
shows 0 "implementing -> completed" "git oneshot log fix-readme-typo"
shows 0 "2 commits proven" "git oneshot verify"
