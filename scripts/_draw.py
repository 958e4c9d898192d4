"""Draw the pictures of the README from the application itself: `scripts/draw`.

The tasks of `_cast.toml` are played on throwaway ground until every one is where it is to be seen.
Then `wta dashboard` runs in a tmux of its own, of 80 columns and 24 lines and of 200 and 50, and
what that tmux shows becomes `scripts/pictures/*.svg` and the text in the README. Wants tmux.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path[:0] = [str(HERE), str(ROOT)]

from _progress import tell  # noqa: E402 - after the path is known

from wtagents.core.task import AgentKind  # noqa: E402 - after the path is known
from wtagents.dashboard.inbox import why_of  # noqa: E402
from wtagents.dashboard.look import DARK, named_colours  # noqa: E402
from wtagents.demo.ground import Ground, throwaway_ground  # noqa: E402
from wtagents.demo.project import lay_project  # noqa: E402
from wtagents.operations.context import Context  # noqa: E402
from wtagents.operations.telling.status import StatusRequest, status  # noqa: E402
from wtagents.operations.telling.status_words import state_word  # noqa: E402
from wtagents.operations.trust import trust  # noqa: E402
from wtagents.system.clock import SystemClock  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PICTURES = HERE / "pictures"
README = ROOT / "README.md"
CAST = HERE / "_cast.toml"
WANTED = {
    "stock": "merged",
    "rounding": "rejected",
    "receipt": "asks",
    "prices": "looping",
    "docs": "failed",
    "tax": "ready",
    "discount": "working",
    "search": "working",
    "coupons": "queued",
    "export": "queued",
}
SETTINGS = "\nagents = 4\n\n[budget]\nday_usd = 20\n"
SLOW = "#!/bin/sh\n# Stands for a test suite that takes long.\nexec sleep 600\n"
SECONDS = 90.0
"""How long the play, and each picture, may take."""
SETTLED = 3.0
"""How long it may take until a key has done what it does."""
NARROW, WIDE = (80, 24), (200, 50)
PLACE = re.compile(r"(<!-- scripts/draw: board -->\n\n```\n).*?(?=```\n)", re.DOTALL)
"""Where the README has the board as text."""
FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
WTA = (sys.executable, "-P", "-m", "wtagents")


class Terminal:
    """A tmux of its own that shows one program."""

    def __init__(self, ground: Ground, size: tuple[int, int]) -> None:
        self._socket = str(ground.folder / f"tmux-{size[0]}")
        self._width, self._height = size

    def tmux(self, *words: str) -> str:
        """Let tmux do something."""
        argv = ["tmux", "-S", self._socket, "-f", "/dev/null", *words]
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"draw: {shlex.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def start(self, argv: tuple[str, ...]) -> None:
        """Run a program in it."""
        size = ("-x", str(self._width), "-y", str(self._height))
        self.tmux("new-session", "-d", *size, "-e", "COLORTERM=truecolor", shlex.join(argv))
        self.tmux("set-option", "-g", "status", "off")
        self.tmux("set-option", "-g", "remain-on-exit", "on")
        self.tmux("resize-window", *size)

    def press(self, *keys: str) -> None:
        """Press keys."""
        self.tmux("send-keys", *keys)

    def text(self) -> str:
        """Return what it shows."""
        lines = self.tmux("capture-pane", "-p").splitlines()
        return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"

    def svg(self) -> str:
        """Return what it shows, as a picture."""
        from rich.console import Console
        from rich.text import Text

        console = Console(
            record=True,
            width=self._width,
            file=io.StringIO(),
            force_terminal=True,
            color_system="truecolor",
            legacy_windows=False,
        )
        shown = Text.from_ansi(self.tmux("capture-pane", "-p", "-e", "-N"))
        for line in shown.split("\n"):
            line.pad_right(max(0, self._width - line.cell_len))
            console.print(line, no_wrap=True, overflow="crop", crop=True)
        svg = console.export_svg(
            title="wta dashboard", theme=named_colours(DARK), unique_id="terminal"
        )
        return FONTS.sub("", svg)

    def seek(self, words: str) -> None:
        """Go down, row by row, until it shows the words."""
        for _ in WANTED:
            end = time.monotonic() + SETTLED
            while time.monotonic() < end:
                if words in self.text():
                    return
                time.sleep(0.2)
            self.press("j")
        raise SystemExit(f"draw: no row shows {words}\n{self.text()}")

    def until(self, *words: str) -> None:
        """Wait until it shows all of the words."""
        wait(lambda: all(word in self.text() for word in words), what=" ".join(words))


def wait(is_so: Callable[[], bool], *, what: str) -> None:
    """Wait until something is so."""
    end = time.monotonic() + SECONDS
    while not is_so():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {SECONDS:g} s: {what}")
        time.sleep(0.2)


@contextmanager
def play() -> Iterator[Ground]:
    """Let every task come to where it is to be seen."""
    with throwaway_ground(SystemClock()) as ground:
        lay_project(ground.repository, AgentKind.SCRIPTED)
        settings = ground.repository / "wta.toml"
        settings.write_text(settings.read_text() + SETTINGS)
        slow = ground.repository / "check"
        slow.write_text(SLOW)
        slow.chmod(0o755)
        git = ("git", "-C", str(ground.repository))
        subprocess.run([*git, "add", "--all"], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message", "Check slowly"], check=True)
        context = Context(ground.repository)
        trust(context)
        spawn = (*WTA, "spawn", "--agent", "scripted", "--from", str(CAST))
        done = subprocess.run(spawn, cwd=ground.repository, capture_output=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr.decode())
        try:
            wait(lambda: _words(context) == WANTED, what="the tasks are as wanted")
        except TimeoutError:
            print(_words(context), file=sys.stderr)
            raise
        finally:
            context.close()
        yield ground


def _words(context: Context) -> dict[str, str]:
    """Return in a word how each task is."""
    items = status(context, StatusRequest()).data
    words = {
        str(each.task.name): why_of(each) if each.attention else state_word(each) for each in items
    }
    tell(" ".join(f"{name}:{word}" for name, word in words.items()))
    return {name: word.replace("in a tool", "working") for name, word in words.items()}


def draw(ground: Ground) -> str:
    """Keep the pictures; return the board as text."""
    PICTURES.mkdir(exist_ok=True)
    dashboard = (*WTA, "-C", str(ground.repository), "dashboard")
    narrow, wide = Terminal(ground, NARROW), Terminal(ground, WIDE)
    for terminal in (narrow, wide):
        terminal.start(dashboard)
        terminal.until("Needs a person", "receipt", "Quit")
    text = narrow.text()
    narrow.press("2")
    narrow.seek("receipt asks to use Bash")
    wide.seek("wta answer receipt --allow")
    wide.until("Called asking because")
    (PICTURES / "inbox.svg").write_text(narrow.svg(), encoding="utf-8")
    (PICTURES / "board.svg").write_text(wide.svg(), encoding="utf-8")
    for terminal in (narrow, wide):
        terminal.press("q")
    return text


def main() -> int:
    """Draw everything."""
    if shutil.which("tmux") is None:
        print("draw: there is no tmux", file=sys.stderr)
        return 1
    os.environ["PYTHONPATH"] = str(ROOT)
    with play() as ground:
        board = draw(ground)
    tell()
    readme = README.read_text(encoding="utf-8")
    README.write_text(PLACE.sub(lambda found: found[1] + board, readme), encoding="utf-8")
    print(f"drawn: {', '.join(sorted(each.name for each in PICTURES.iterdir()))} and README.md")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
