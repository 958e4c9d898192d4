"""What a worktree has been during one run, look by look: whether its agent gets anywhere. Pure.

The looks are those for checkpoints: at the end of a turn, and every few minutes of work.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from wtagents.core.ids import Oid
from wtagents.core.json_fields import Fields
from wtagents.core.record import record

if TYPE_CHECKING:
    from datetime import datetime

LOOKS = 64
"""Changes that are remembered: at the usual pace of looks the work of five hours."""
_NAMED = 4


@record
class Look:
    """What lay in a worktree at one moment."""

    tree: Oid
    head: Oid
    """What was checked out."""
    at: datetime
    turn: int
    """Requests of the run until then."""


@record
class Circle:
    """A way that the files go round without anything new on it."""

    times: int
    """How often they came back to where it begins."""
    since: datetime
    """When they first were there."""
    stations: int
    """Different states on the last round."""

    @property
    def way(self) -> str:
        """Return `A->B->A`."""
        names = [chr(ord("A") + place) for place in range(min(self.stations, _NAMED))]
        more = ["…"] if self.stations > _NAMED else []
        return "->".join([*names, *more, "A"])


@record
class Trail:
    """All looks of one run."""

    looks: tuple[Look, ...] = ()
    """Those that found another state than the one before them, oldest first."""
    turn: int = 0
    """Requests of the run until the latest look, whatever that found."""

    def followed_by(self, look: Look) -> Trail:
        """Return the trail with one more look."""
        last = self.looks[-1] if self.looks else None
        if last is not None and (last.tree, last.head) == (look.tree, look.head):
            return Trail(looks=self.looks, turn=look.turn)
        return Trail(looks=(*self.looks, look)[-LOOKS:], turn=look.turn)

    @property
    def moved(self) -> int:
        """Requests of the run until a look last found files or a commit that were new."""
        trees: set[Oid] = set()
        heads: set[Oid] = set()
        turn = 0
        for look in self.looks:
            if look.tree not in trees or look.head not in heads:
                turn = look.turn
            trees.add(look.tree)
            heads.add(look.head)
        return turn

    @property
    def circle(self) -> Circle | None:
        """The way that the files go round since they were last new.

        Commits do not count: who commits a change and its revert in turn goes round, too.
        """
        path = [each for at, each in enumerate(self.looks) if not at or self._turns_at(at)]
        trees = [look.tree for look in path]
        newest = max((trees.index(tree) for tree in trees), default=0)
        visits = Counter(trees[newest + 1 :])
        if not visits:
            return None
        tree, times = visits.most_common(1)[0]
        places = [at for at, each in enumerate(trees) if each == tree]
        stations = len(set(trees[places[-2] : places[-1]]))
        return Circle(times=times, since=path[places[0]].at, stations=stations)

    def _turns_at(self, place: int) -> bool:
        return self.looks[place].tree != self.looks[place - 1].tree


def trail_value(trail: Trail) -> dict[str, Any]:
    """Return a trail as a JSON value."""
    looks = [
        {"tree": each.tree, "head": each.head, "at": each.at.isoformat(), "turn": each.turn}
        for each in trail.looks
    ]
    return {"looks": looks, "turn": trail.turn}


def parse_trail(value: Any) -> Trail:
    """Read a trail. Raises ValueError for what is none."""
    fields = Fields(value)
    looks = tuple(_parse_look(each) for each in fields.values("looks"))
    return Trail(looks=looks, turn=fields.integer("turn"))


def _parse_look(value: Any) -> Look:
    fields = Fields(value)
    return Look(
        tree=Oid.parse(fields.text("tree")),
        head=Oid.parse(fields.text("head")),
        at=fields.time("at"),
        turn=fields.integer("turn"),
    )
