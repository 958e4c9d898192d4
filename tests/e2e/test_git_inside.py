"""What git does every day works inside walls; what reaches others is seen when it lands."""

from __future__ import annotations

import pytest

from tests.support.environment import Sandbox
from tests.support.fleet import Fleet, work
from tests.support.walls import require_walls
from wtagents.core.landing.merge import Rejection
from wtagents.core.task import TaskState
from wtagents.operations.merge import MergeRequestOptions, merge

pytestmark = [pytest.mark.e2e, pytest.mark.walls]

OPERATIONS = """\
add one.txt
commit -q -m One
commit -q --allow-empty -m Two
commit -q --amend --allow-empty -m Better
status --porcelain
diff HEAD~1
log --oneline -3
show --stat HEAD
blame one.txt
grep -q one HEAD -- one.txt
mv one.txt two.txt
commit -q -m Moved
switch -q -c wta/side
commit -q --allow-empty -m Side
switch -q -
merge -q --no-ff -m Merged wta/side
cherry-pick --allow-empty wta/side
revert --no-edit HEAD~2 --mainline=1
rebase -q --force-rebase HEAD~1
reset -q --hard HEAD
ls-files --others
clean -q -f -d
restore --source HEAD~1 --staged --worktree .
checkout -q -f HEAD
rm -q --cached README.md
add --all
notes list
fsck --connectivity-only
worktree list
describe --always
"""
PLAY = """\
note() { git "$@" > said 2>&1 || { echo "$* $?"; cat said; } >> "$WTA_TEMP/told"; rm -f said; }
echo one > one.txt
while read -r line; do
    note $line
done < "$1"
git commit -q -m Last --allow-empty; echo end >> "$WTA_TEMP/told"
"""


@pytest.fixture(params=["bubblewrap", "landlock"])
def walled(request: pytest.FixtureRequest, fleet: Fleet) -> Fleet:
    """A repository whose agents are inside one kind of walls, where this machine has it."""
    mode = require_walls(request.param)
    fleet.configure(sandbox={"mode": mode.value}, limits={"retries": 0})
    return fleet


def test_thirty_operations_of_git_work(walled: Fleet, sandbox: Sandbox) -> None:
    listed = sandbox.home / "operations"
    listed.write_text(OPERATIONS)
    walled.spawn_command("a", "sh", "-c", PLAY, "sh", str(listed))
    task = walled.await_rest("a")
    told = walled.context.paths.resources(task.id).temporary / "told"
    assert told.read_text() == "end\n", walled.describe("a")
    assert len(OPERATIONS.splitlines()) == 30


def test_a_stash_is_refused_without_a_loss_and_that_of_the_person_stays(walled: Fleet) -> None:
    """All worktrees share one stash, which is why agents are told, and denied, to use it."""
    person = walled.repository
    person.write({"README.md": "a draft of the person\n"})
    person.git("stash", "--quiet")
    stashes = person.git("stash", "list", "--format=%H %gs")
    tries = "echo mine > mine.txt; git add mine.txt; git stash; git stash pop; git stash drop"
    keeps = "git commit -q -m Mine mine.txt; git restore --staged --worktree README.md"
    walled.spawn_command("a", "sh", "-c", f"{tries}; {keeps}")
    assert walled.await_rest("a").state is TaskState.READY
    assert walled.worktree("a").tree("wta/a")["mine.txt"] == b"mine\n"
    assert person.git("stash", "list", "--format=%H %gs") == stashes


def test_whose_branch_was_moved_by_another_agent_does_not_land_unseen(walled: Fleet) -> None:
    walled.spawn("victim", *work())
    walled.await_rest("victim")
    own = walled.worktree("victim").git("rev-parse", "HEAD")
    commit = "echo evil > evil.txt && git add evil.txt && git commit -q -m Evil"
    moves = f"{commit} && git update-ref refs/heads/wta/victim HEAD"
    walled.spawn_command("a", "sh", "-c", moves)
    walled.await_rest("a")
    victim = walled.worktree("victim")
    assert victim.git("log", "-1", "--format=%s") == "Evil"
    victim.git("reset", "-q", "--hard")

    (outcome,) = merge(walled.context, MergeRequestOptions(names=("victim",))).data

    assert walled.task("victim").state is TaskState.READY
    assert outcome.rejection is Rejection.FOREIGN
    assert outcome.detail.startswith(
        f"wta/victim was moved from outside its worktree, from {own[:10]} to "
    )
