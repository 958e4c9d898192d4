"""Gates run what agents wrote: inside the same walls."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.environment import Sandbox
from tests.support.ready_tasks import Fleet
from tests.support.walls import require_walls
from wtagents.core.isolation.network import Network
from wtagents.core.landing.merge import Rejection
from wtagents.operations.landing.outcome import MergeOutcome
from wtagents.operations.merge import MergeRequestOptions, merge

pytestmark = pytest.mark.walls

HOSTS = ("example.invalid",)
WORKS = """\
git status --porcelain && git log -1 --format=%s && git commit -qm mine --allow-empty || exit 1
echo built > built && echo kept > ~/.cache/kept && echo x > "$TMPDIR/x"
"""
TRIES = """\
for place do
    (echo planted >> "$place") 2>/dev/null && echo "wrote $place"
    cat "$place" 2>/dev/null
done
"""


@pytest.fixture(params=["bubblewrap", "landlock"])
def walled(request: pytest.FixtureRequest, fleet: Fleet, sandbox: Sandbox) -> Fleet:
    """A repository whose gates are inside one kind of walls, where this machine has it."""
    mode = require_walls(request.param, Network(hosts=HOSTS))
    (sandbox.home / ".cache").mkdir()
    fleet.sandbox = {"mode": mode.value}
    return fleet


def land(fleet: Fleet, *gates: str, **changes: object) -> MergeOutcome:
    fleet.use(gate=list(gates), **changes)
    fleet.task("fix", {"a.txt": "a\n", ".gitignore": "built\n"})
    (outcome,) = merge(fleet.context, MergeRequestOptions(names=("fix",))).data
    return outcome


def test_what_gates_need_works_inside(walled: Fleet, sandbox: Sandbox) -> None:
    outcome = land(walled, WORKS, "test -f built", setup=["touch set-up"])
    assert outcome.landed, outcome.detail + outcome.gates[-1].tail
    assert (sandbox.home / ".cache" / "kept").read_text() == "kept\n"


def test_nothing_else_can_be_changed_or_seen(walled: Fleet, sandbox: Sandbox) -> None:
    paths = walled.context.paths
    for name in (".ssh/id", ".bashrc"):
        (sandbox.home / name).parent.mkdir(exist_ok=True)
        (sandbox.home / name).write_text("secret\n")
    places = (
        *(sandbox.home / name for name in (".ssh/id", ".bashrc", "new")),
        *(walled.main.path / name for name in ("README.md", "new", ".git/config")),
        *(paths.hub / "HEAD", paths.database, paths.root / "new"),
    )
    before = {place: place.read_bytes() for place in places if place.exists()}
    named = " ".join(f"'{place}'" for place in places)
    outcome = land(walled, f"set -- {named}\n{TRIES}\necho end; false")
    assert outcome.rejection is Rejection.GATE_RED
    seen = Path(outcome.gates[0].log).read_text().splitlines()
    told = [line for line in seen if line.startswith(("wrote", "secret"))]
    # What lies in the open may be read: hidden is what `sandbox.hide` names.
    assert (told, seen[-1]) == (["secret"], "end")
    after = {place: place.read_bytes() for place in places if place.exists()}
    assert [place for place in places if b"planted" in after.get(place, b"")] == []
    assert after.keys() - before.keys() == {paths.hub / "HEAD"}


def test_the_network_is_kept_from_gates_too(walled: Fleet) -> None:
    walled.sandbox |= {"network": list(HOSTS)}
    fetch = "import urllib.request as u; u.urlopen('http://elsewhere.invalid/')"
    outcome = land(walled, f'{sys.executable} -c "{fetch}"')
    assert outcome.rejection is Rejection.GATE_RED
    tail = outcome.gates[0].tail
    assert "wta: kept from elsewhere.invalid, which sandbox.network does not name" in tail
    assert "HTTP Error 403: Forbidden" in tail


def test_a_person_can_leave_gates_outside(walled: Fleet, sandbox: Sandbox) -> None:
    walled.sandbox |= {"gates": False}
    assert land(walled, "echo mine > ~/made").landed
    assert (sandbox.home / "made").read_text() == "mine\n"
