from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.support.processes import run_to_end
from wtagents.core.errors import ExitCode, UsageError
from wtagents.core.ids import TASK_NAME_LIMIT, BranchName, Oid, RefName, RunId, TaskName

ALPHABET = "abzABZ019._/-"
NAMES = st.text(st.sampled_from(ALPHABET), min_size=1, max_size=TASK_NAME_LIMIT)
PIECES = st.sampled_from(
    [
        *"aB/.-@~^:?*[\\ \t\n\x7f\x00é{\u202e",
        "..",
        "@{",
        ".lock",
        "HEAD",
        "refs/",
        "refs/heads/",
        "wta",
    ]
)
REFS = st.lists(PIECES, min_size=1, max_size=6).map("".join)


def git_accepts(ref: str) -> bool:
    """Ask git itself; what no process can be given as an argument it cannot accept."""
    if "\0" in ref:
        return False
    return run_to_end(["git", "check-ref-format", ref]).returncode == 0


def accepts(kind: type[TaskName | BranchName | RefName], text: str) -> bool:
    try:
        parsed = kind.parse(text)
    except UsageError:
        return False
    assert parsed == text
    assert type(parsed) is kind
    return True


@settings(max_examples=150)
@given(name=NAMES)
@example(name="a.lock")
@example(name="a.lock/b")
@example(name="a./b")
@example(name="a.LOCK")
@example(name="a/.b")
@example(name="a" * TASK_NAME_LIMIT)
def test_a_task_name_is_accepted_where_git_accepts_its_branch(name: str) -> None:
    ours = accepts(TaskName, name)
    begins_well = name[0].isalnum()
    assert ours == (begins_well and git_accepts(f"refs/heads/wta/{name}"))


@settings(max_examples=150)
@given(text=REFS)
@example(text="HEAD")
@example(text="@")
@example(text="-b")
@example(text="a/-b")
@example(text="refs/a.")
def test_git_accepts_every_branch_and_ref_that_we_do(text: str) -> None:
    if accepts(BranchName, text):
        assert git_accepts(f"refs/heads/{text}")
        assert BranchName(text).ref == f"refs/heads/{text}"
    if accepts(RefName, text):
        assert git_accepts(text)


@given(text=st.text())
def test_a_refusal_is_one_line_whatever_was_typed(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        TaskName.parse(f"{text} ")
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.message.isprintable()


@settings(max_examples=100)
@given(text=REFS)
def test_a_branch_that_git_would_make_is_refused_for_a_reason(text: str) -> None:
    if not accepts(BranchName, text):
        made = run_to_end(["git", "check-ref-format", "--branch", text.replace("\0", " ")])
        misleading = text.startswith("refs/") or text in {"@", "HEAD"}
        assert made.returncode != 0 or misleading or "\0" in text


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "it is empty"),
        ("a" * 61, "it is longer than 60 characters"),
        ("-rf", "it must start with a letter or digit and hold only letters, digits and ._/-"),
        ("a b", "it must start with a letter or digit and hold only letters, digits and ._/-"),
        ("ä", "it must start with a letter or digit and hold only letters, digits and ._/-"),
        ("a\n", "it must start with a letter or digit and hold only letters, digits and ._/-"),
        ("a/", "git refuses a branch that ends with '/' or '.'"),
        ("a.", "git refuses a branch that ends with '/' or '.'"),
        (
            "a..b",
            "git refuses '..', '//', '/.' and a part ending with '.lock' in a branch",
        ),
        (
            "a.lock/b",
            "git refuses '..', '//', '/.' and a part ending with '.lock' in a branch",
        ),
    ],
)
def test_a_name_is_refused_in_words(text: str, cause: str) -> None:
    with pytest.raises(UsageError) as caught:
        TaskName.parse(text)
    assert (caught.value.message, caught.value.cause, caught.value.hint) == (
        f"{text!r} cannot be a task name",
        cause,
        "use letters, digits, '.', '_', '-' and '/', for example: fix-login",
    )


@pytest.mark.parametrize(
    "name", ["$(touch x)", "`id`", "a|b", "a&b", "$HOME", "#{b}", "--upload-pack=x", "a'b", "a;b"]
)
def test_nothing_a_shell_would_read_is_a_name(name: str) -> None:
    assert not accepts(TaskName, name)


@given(name=NAMES)
def test_a_folder_is_one_part_of_a_path(name: str) -> None:
    task = TaskName(name)
    assert "/" not in task.folder
    assert task.folded == task.folder.casefold()


@given(first=NAMES, second=NAMES)
@example(first="feat", second="Feat/x")
def test_names_nest_where_one_is_a_folder_of_the_other(first: str, second: str) -> None:
    one, two = TaskName(first), TaskName(second)
    parts = [name.casefold().split("/") for name in (one, two)]
    short, long = sorted(parts, key=len)
    nests = len(short) < len(long) and long[: len(short)] == short
    assert one.nests_with(two) == two.nests_with(one) == nests


def test_a_task_works_on_a_branch_of_its_own() -> None:
    branch = BranchName.of_task(TaskName("feat/x"))
    assert (branch, branch.ref) == ("wta/feat/x", "refs/heads/wta/feat/x")
    assert type(branch.ref) is RefName


@given(text=st.from_regex(r"[0-9a-f]{40}|[0-9a-f]{64}", fullmatch=True))
def test_an_object_name_is_whole(text: str) -> None:
    assert Oid.parse(text) == text
    assert Oid.parse(text).short == text[:10]
    for wrong in (text[:-1], f"{text}0", f"{text}\n", text.replace(text[0], "G")):
        with pytest.raises(UsageError, match="is not a git object name"):
            Oid.parse(wrong)


@given(number=st.uuids())
def test_a_run_id_is_a_uuid_in_lower_case(number: object) -> None:
    text = str(number)
    assert RunId.parse(text) == text
    for wrong in (text[1:], f"{text}\n", f"../{text}", re.sub(r"[0-9a-f]", "G", text)):
        with pytest.raises(UsageError, match="is not a run id"):
            RunId.parse(wrong)
