"""One checked type per meaning of a string.

Each type is made by `parse`, which refuses what cannot be one; inside the house the type is trust.
"""

from __future__ import annotations

import re
from typing import Self

from wtagents.core.errors import UsageError

TASK_NAME_LIMIT = 60
_TASK_NAME = r"[A-Za-z0-9][A-Za-z0-9._/-]*"
_OID = r"[0-9a-f]{40}(?:[0-9a-f]{24})?"
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_FORBIDDEN_IN_REF = r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|$)"


class TaskName(str):
    """What a person calls a task; its id among live tasks."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Check a name against our alphabet and git's rules for refs.

        Raises UsageError naming the rule that was broken.
        """
        reason = _task_name_fault(text)
        if reason:
            raise UsageError(
                f"{text!r} cannot be a task name",
                cause=reason,
                hint="use letters, digits, '.', '_', '-' and '/', for example: fix-login",
            )
        return cls(text)

    @property
    def folder(self) -> str:
        """Name of the worktree's folder: a slash becomes a dash."""
        return self.replace("/", "-")

    @property
    def folded(self) -> str:
        """Equal for two names that a case-insensitive file system would mix up."""
        return self.folder.casefold()

    def nests_with(self, other: TaskName) -> bool:
        """Whether git cannot hold branches of both names (`feat` beside `feat/x`)."""
        mine, theirs = self.casefold(), other.casefold()
        return mine.startswith(f"{theirs}/") or theirs.startswith(f"{mine}/")


def _task_name_fault(text: str) -> str:
    if not text:
        return "it is empty"
    if len(text) > TASK_NAME_LIMIT:
        return f"it is longer than {TASK_NAME_LIMIT} characters"
    if not re.fullmatch(_TASK_NAME, text):
        return "it must start with a letter or digit and hold only letters, digits and ._/-"
    if text.endswith(("/", ".")):
        return "git refuses a branch that ends with '/' or '.'"
    if re.search(_FORBIDDEN_IN_REF, text):
        return "git refuses '..', '//', '/.' and a part ending with '.lock' in a branch"
    return ""


class RunId(str):
    """A UUID that names one life of an agent process, its folder and its environment mark."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise UsageError unless the text is a lower-case UUID."""
        if not re.fullmatch(_UUID, text):
            raise UsageError(f"{text!r} is not a run id")
        return cls(text)


class Oid(str):
    """A full git object name, 40 or 64 hexadecimal digits."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise UsageError unless the text is a full object name."""
        if not re.fullmatch(_OID, text):
            raise UsageError(f"{text!r} is not a git object name")
        return cls(text)

    @property
    def short(self) -> str:
        """Ten digits, for people."""
        return self[:10]


class BranchName(str):
    """A local branch without `refs/heads/`."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise UsageError for what git would refuse or read as an option."""
        if (
            not text
            or text.startswith(("-", "/", ".", "refs/"))
            or text.endswith(("/", "."))
            or text in {"@", "HEAD"}
            or re.search(_FORBIDDEN_IN_REF, text)
        ):
            raise UsageError(
                f"{text!r} cannot be a branch",
                hint="name a local branch, for example: main",
            )
        return cls(text)

    @classmethod
    def of_task(cls, name: TaskName) -> Self:
        """Return the branch that a task works on."""
        return cls(f"wta/{name}")

    @property
    def ref(self) -> RefName:
        """The full ref of this branch."""
        return RefName(f"refs/heads/{self}")


class RefName(str):
    """A full ref name, starting with `refs/`."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raise UsageError unless the text is a full ref name."""
        if (
            not text.startswith("refs/")
            or text.endswith(("/", "."))
            or re.search(_FORBIDDEN_IN_REF, text)
        ):
            raise UsageError(f"{text!r} is not a full ref name")
        return cls(text)
