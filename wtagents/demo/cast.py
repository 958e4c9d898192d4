"""The four tasks of the demo and how each must end."""

from __future__ import annotations

from importlib.resources import files

from wtagents.agent.scripted.scenario import MARK
from wtagents.core.record import record
from wtagents.core.task import AgentKind
from wtagents.demo.project import python_command

MERGED, REJECTED = "merged", "rejected"
_EXPECTED = {"stock": MERGED, "discount": MERGED, "tax": MERGED, "rounding": REJECTED}
QUARRELLERS = ("discount", "tax")
"""Both add a method at the same place; whichever lands second needs a resolution."""
CONTESTED_FILE = "shop/cart.py"
METHODS = ("discounted", "taxed")
"""What the two add there."""


@record
class Part:
    """One task as the demo spawns it."""

    name: str
    prompt: str
    expected: str


def load_cast(kind: AgentKind) -> tuple[Part, ...]:
    """Return the tasks; a real agent is told the words, the built-in one also the steps."""
    folder = files("wtagents.demo") / "data" / "tasks"
    parts = []
    for name, expected in _EXPECTED.items():
        text = (folder / f"{name}.md").read_text(encoding="utf-8")
        text = text.replace("{python}", python_command())
        words, _, _ = text.partition(f"\n{MARK}\n")
        prompt = text if kind is AgentKind.SCRIPTED else words.strip()
        parts.append(Part(name=name, prompt=prompt, expected=expected))
    return tuple(parts)
