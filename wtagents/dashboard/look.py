"""The look of the dashboard: two calm themes, and which one suits the terminal."""

from __future__ import annotations

import os

from rich.color import Color
from rich.terminal_theme import TerminalTheme
from textual.theme import Theme

DARK = Theme(
    name="wta-dark",
    dark=True,
    primary="#7fb0e6",
    secondary="#8d99ab",
    accent="#7fb0e6",
    foreground="#d3d8e0",
    background="#15181d",
    surface="#1b1f26",
    panel="#242a33",
    success="#84c39b",
    warning="#e3b671",
    error="#e78a82",
    variables={
        "footer-background": "#1b1f26",
        "footer-key-foreground": "#7fb0e6",
        "footer-description-foreground": "#8d99ab",
        "block-cursor-foreground": "#ffffff",
        "border": "#39424f",
        "scrollbar": "#39424f",
        "scrollbar-background": "#15181d",
    },
)
LIGHT = Theme(
    name="wta-light",
    dark=False,
    primary="#1f5aa6",
    secondary="#5b6472",
    accent="#1f5aa6",
    foreground="#22262d",
    background="#fbfbf9",
    surface="#f2f2ef",
    panel="#e6e6e1",
    success="#26713f",
    warning="#8a5a00",
    error="#ad2a20",
    variables={
        "footer-background": "#f2f2ef",
        "footer-key-foreground": "#1f5aa6",
        "footer-description-foreground": "#5b6472",
        "border": "#c9c9c2",
        "scrollbar": "#c9c9c2",
        "scrollbar-background": "#fbfbf9",
    },
)
_VIOLET = {True: "#c3a6e0", False: "#7440a8"}
_LIGHT_BACKGROUNDS = {"7", "15"}


def theme_of_terminal() -> str:
    """Return the theme for the background that the terminal names in COLORFGBG; dark by default."""
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT.name if background in _LIGHT_BACKGROUNDS else DARK.name


def named_colours(theme: Theme) -> TerminalTheme:
    """Return what `green`, `cyan` and the others are in a theme of ours."""
    red, green, yellow, blue = (
        _rgb(each) for each in (theme.error, theme.success, theme.warning, theme.primary)
    )
    dim, plain = _rgb(theme.secondary), _rgb(theme.foreground)
    magenta = _rgb(_VIOLET[theme.dark])
    eight = [dim, red, green, yellow, blue, magenta, blue, plain]
    return TerminalTheme(_rgb(theme.background), plain, eight, eight)


def _rgb(colour: str | None) -> tuple[int, int, int]:
    triplet = Color.parse(colour or "#000000").get_truecolor()
    return triplet.red, triplet.green, triplet.blue
