"""What is asked for a new task, and the request that comes of the answers. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wtagents.core.errors import WtaError
from wtagents.core.ids import TaskName
from wtagents.core.record import record
from wtagents.core.task import AgentKind, AgentSpec
from wtagents.operations.steering.spawn import SpawnRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wtagents.operations.steering.templates import Template

_PRIORITY = re.compile(r"[-+]?[0-9]{1,3}")


@record
class Form:
    """What may be chosen from."""

    repository: str
    kind: AgentKind
    profiles: tuple[str, ...]
    templates: tuple[Template, ...]
    tasks: tuple[str, ...]
    """Names that another task may wait for."""

    def text_of(self, template: str) -> str:
        """Return the prompt of a template; '' for an unknown one."""
        return next((each.text for each in self.templates if each.name == template), "")


@record
class Wrong:
    """What cannot be right, and in which field."""

    field: str
    why: str


def request_of(form: Form, said: Mapping[str, str], *, merge: bool) -> SpawnRequest | Wrong:
    """Return what is to be spawned; what only the operation knows is checked by that."""
    wrong = _first_wrong(form, said)
    if wrong is not None:
        return wrong
    return SpawnRequest(
        name=said["name"],
        prompt=said["prompt"],
        agent=_agent(form, said["model"], said["profile"]),
        merge=merge,
        priority=int(said["priority"] or 0),
        after=_names(said["after"]),
    )


def _first_wrong(form: Form, said: Mapping[str, str]) -> Wrong | None:
    try:
        TaskName.parse(said["name"])
    except WtaError as error:
        cause = f": {error.cause}" if error.cause else ""
        return Wrong(field="name", why=f"{error.message}{cause}")
    if not said["prompt"].strip():
        return Wrong(field="prompt", why="the prompt is empty")
    profile, priority = said["profile"], said["priority"]
    if profile and profile not in form.profiles:
        known = ", ".join(form.profiles)
        return Wrong(field="profile", why=f"there is no profile {profile!r}: {known}")
    unknown = [name for name in _names(said["after"]) if name not in form.tasks]
    if unknown:
        return Wrong(field="after", why=f"there is no task {unknown[0]!r}")
    if priority and not _PRIORITY.fullmatch(priority):
        return Wrong(field="priority", why=f"{priority!r} is no number from -999 to 999")
    return None


def _names(said: str) -> tuple[str, ...]:
    return tuple(said.replace(",", " ").split())


def _agent(form: Form, model: str, profile: str) -> AgentSpec | None:
    if not (model or profile):
        return None
    return AgentSpec(kind=form.kind, model=model or None, profile=profile or None)
