"""`wta demo --claude`: the demo's four tasks, done by the real Claude Code and a scripted model."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.api.request import ApiRequest
from tests.support.api.script import Reply, Script, Step, Tool, bash, text, tool
from tests.support.claude_fleet import RESOLVER
from tests.support.environment import Sandbox
from tests.support.messages_api import MessagesApi
from tests.support.processes import run_to_end, survivors
from tests.support.repository import RepositoryBuilder
from wtagents.demo.project import python_command

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.claude,
    pytest.mark.timeout(180),
    pytest.mark.usefixtures("claude_on_path"),
]

TOTAL = "        return sum(cents * count for _, cents, count in self.items)\n"
DISCOUNTED = """
    def discounted(self, percent):
        return self.total() * (100 - percent) // 100
"""
TAXED = """
    def taxed(self, percent):
        return -(self.total() * (100 + percent) // -100)
"""
SHOWN = 'return f"{cents // 100}.{cents % 100:02d}"'
TEST = """\
import unittest

from shop.cart import Cart


class {name}Test(unittest.TestCase):
    def test_of_a_hundred(self):
        cart = Cart()
        cart.add("pen", 100)
        self.assertEqual(cart.{call}, {cents})
"""
STOCK = 'class Stock:\n    """What is left to sell."""\n'


def in_worktree(name: str, path: str, **arguments: Any) -> Reply:
    """Call a tool on a file of the worktree that the agent was told to work in."""

    def arguments_for(request: ApiRequest) -> Mapping[str, Any]:
        said = "\n".join((request.system_text, *request.user_texts))
        place = re.search(r"- Worktree: `([^`]+)`", said)
        assert place is not None
        return {"file_path": str(Path(place[1]) / path), **arguments}

    return Reply(content=(Tool(name=name, input=arguments_for),))


def change(path: str, old: str, new: str) -> tuple[Step, ...]:
    """Edit a file; the program wants it read before."""
    edit = in_worktree("Edit", path, old_string=old, new_string=new)
    return in_worktree("Read", path), edit


def proved(subject: str) -> tuple[Step, ...]:
    """Run the tests and commit."""
    return bash(f"{python_command()} -m unittest discover --quiet"), *committed(subject)


def committed(subject: str) -> tuple[Step, ...]:
    return bash("git add --all"), bash(f"git commit -qm '{subject}'"), text("Done.")


@pytest.fixture
def play(messages_api: MessagesApi) -> Callable[..., None]:
    """Say what the model answers to the agent of a task."""

    def add(name: str, *steps: Step) -> None:
        messages_api.add_script(name, Script(steps=steps, match=f"# Task `{name}`"))

    return add


def test_claude_code_does_the_same_four_tasks(
    play: Callable[..., None], messages_api: MessagesApi, sandbox: Sandbox, tmp_path: Path
) -> None:
    both = {"path": "shop/cart.py", "hunks": [DISCOUNTED + TAXED]}
    resolved = tool("StructuredOutput", files=[both], dropped=[], note="both")
    messages_api.add_script("resolver", Script(steps=(resolved,), then=text("."), match=RESOLVER))
    play("stock", in_worktree("Write", "shop/stock.py", content=STOCK), *proved("Know the stock"))
    play(
        "discount",
        *change("shop/cart.py", TOTAL, TOTAL + DISCOUNTED),
        in_worktree(
            "Write",
            "tests/test_discount.py",
            content=TEST.format(name="Discount", call="discounted(10)", cents=90),
        ),
        *proved("Give a discount"),
    )
    play(
        "tax",
        *change("shop/cart.py", TOTAL, TOTAL + TAXED),
        in_worktree(
            "Write",
            "tests/test_tax.py",
            content=TEST.format(name="Tax", call="taxed(19)", cents=119),
        ),
        *proved("Add tax"),
    )
    play(
        "rounding",
        *change("shop/money.py", SHOWN, "return str(round(cents / 100))"),
        *committed("Show money in whole units"),
    )
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    sandbox.set_variable("TMPDIR", str(temporary))

    done = run_to_end(
        (sys.executable, "-m", "wtagents", "demo", "--claude", "--keep", "--json"), seconds=150
    )

    assert (done.returncode, done.stderr) == (0, b""), done.stdout.decode()
    report = json.loads(done.stdout)["data"]
    assert {part["name"]: part["ended"] for part in report["parts"]} == {
        "stock": "merged",
        "discount": "merged",
        "tax": "merged",
        "rounding": "rejected",
    }
    assert [each["holds"] for each in report["claims"]] == [True] * 5
    assert survivors(sandbox.mark) == []
    shop = RepositoryBuilder(Path(report["repository"]))
    assert (shop.path.name, shop.path.parent.parent) == ("shop", temporary)
    require_kept(shop)
    sandbox.set_variable("XDG_STATE_HOME", report["state"])
    listed = run_to_end((sys.executable, "-m", "wtagents", "status", "--json"), cwd=shop.path)
    tasks = [each["task"] for each in json.loads(listed.stdout)["data"]]
    states = {task["name"]: task["state"] for task in tasks}
    assert states == {"stock": "merged", "discount": "merged", "tax": "merged", "rounding": "ready"}


def require_kept(shop: RepositoryBuilder) -> None:
    """Assert that what was kept is what was said."""
    assert shop.status() == []
    assert set(shop.subjects("main")) == {
        "A shop with a cart, a receipt and tests", "Know the stock", "Give a discount", "Add tax"
    }  # fmt: skip
    assert shop.git("log", "--merges", "main") == ""
    assert shop.subjects("main..wta/rounding") == ["Show money in whole units"]
    cart = shop.tree("main")["shop/cart.py"].decode()
    assert cart.partition(TOTAL)[2] in (DISCOUNTED + TAXED, TAXED + DISCOUNTED)
    assert shop.tree("main")["shop/stock.py"].decode() == STOCK
    tests = run_to_end((sys.executable, "-m", "unittest", "discover"), cwd=shop.path)
    assert (tests.returncode, tests.stderr.endswith(b"OK\n")) == (0, True)
