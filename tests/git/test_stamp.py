"""Trailers stand where git itself would put them, and none that an agent wrote is believed."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.repository import RepositoryBuilder
from wtagents.core.ids import Oid
from wtagents.git.merging.stamp import Stamp, add_trailers
from wtagents.git.objects import Commit

NEW = b"Wta-Task: fix"
MESSAGES = [
    "Title",
    "Title: with a colon",
    "Title\n\nBody of\ntwo lines",
    "Title\n\nBody\n\nSigned-off-by: A <a@b>",
    "Title\n\nBody\n\nSigned-off-by: A <a@b>\n\n\n",
    "Title\n\nReviewed-by: A\nFixes: #1\n  and more of it",
    "Title\n\nfix: this is no trailer\nbecause of this line",
    "Title\n\nwords\nwords\nwords\nSigned-off-by: A <a@b>",
    "Title\n\nwords\nwords\nwords\nwords\nSigned-off-by: A <a@b>",
    "Title\n\nwords\n(cherry picked from commit 1234)\nwords",
    "Title\nSigned-off-by: A <a@b>",
    "Title\n\nKey : value\nKey-2:",
    "Title\n\n  continued: without a beginning",
    "Title\n\n: empty key",
    "Title\n\nhttp://example.org/x",
    "Title\n\nKey: value\n\n---\n\ndiff --git a b",
    "Title\n\nNote:\n\nlast words",
]


def by_git(repository: RepositoryBuilder, message: str) -> str:
    """Let git add the trailer; blank lines at the end of a message do not count."""
    args = ("--no-divider", "--if-exists", "add", "--trailer", NEW.decode())
    said = repository.git("interpret-trailers", *args, stdin=(message.rstrip() + "\n").encode())
    return spaced(said)


def ours(message: str) -> str:
    return spaced(add_trailers(message.encode(), [NEW]).decode())


def spaced(message: str) -> str:
    """Git also writes each trailer with one space behind its colon: where it stands counts."""
    lines = [re.sub(r"^([A-Za-z0-9-]+)\s*:\s*", r"\1: ", line) for line in message.splitlines()]
    return "\n".join(line.rstrip() for line in lines).rstrip()


@pytest.mark.parametrize("message", MESSAGES)
def test_the_place_is_that_of_git(repository: RepositoryBuilder, message: str) -> None:
    assert ours(message) == by_git(repository, message)


LINES = st.sampled_from(
    [
        "",
        "words",
        "Key: value",
        "Other-Key:value",
        "  continued",
        "Signed-off-by: A <a@b>",
        "(cherry picked from commit 1)",
        "not a key: value",
        "k\u00e9y: value",
    ]
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINES, max_size=9))
def test_the_place_is_that_of_git_for_any_mixture(
    repository: RepositoryBuilder, lines: list[str]
) -> None:
    message = "\n".join(["Title", *lines])
    assert ours(message) == by_git(repository, message)


def test_what_a_commit_says_in_our_name_is_dropped() -> None:
    message = (
        b"Title\n\nSigned-off-by: A <a@b>\nWta-Cost: 0\n  USD\nwta-UNDOES : other\n"
        b"Reviewed-by: B\nWta-Task: forged\n"
    )
    assert add_trailers(message, [NEW, b"Wta-Gates: none"]) == (
        b"Title\n\nSigned-off-by: A <a@b>\nReviewed-by: B\nWta-Task: fix\nWta-Gates: none\n"
    )


def test_the_same_stamp_twice_changes_nothing() -> None:
    commit = Commit(
        tree=Oid("1" * 40),
        parents=(),
        author=b"A <a@b> 1 +0000",
        committer=b"A <a@b> 1 +0000",
        message="T\xe4tigkeit\n".encode("latin-1"),
        encoding=b"latin-1",
    )
    stamp = Stamp(committer="P <p@q>", trailers=("Wta-Task: fix", "Wta-Resolved: \xfc.txt (agent)"))
    once = stamp.on(commit)
    assert once.message == b"T\xe4tigkeit\n\nWta-Task: fix\nWta-Resolved: ?.txt (agent)\n"
    assert (once.author, once.committer) == (b"A <a@b> 1 +0000", b"P <p@q> 1 +0000")
    assert stamp.on(once) == once
