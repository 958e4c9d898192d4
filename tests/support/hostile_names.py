"""Names that somebody may give to a task, a branch or a file, or say; none is to be obeyed.

What a shell, an option parser, cron, tmux, a template or a spreadsheet would carry out leaves a
file `pwned` somewhere.
"""

from __future__ import annotations

HOSTILE_NAMES = (
    "$(touch pwned)", "a$(touch${IFS}pwned)", "`touch pwned`", ";touch pwned", "|touch pwned",
    "&& touch pwned", "> pwned", "\ntouch pwned\n", "'; touch pwned; '", '"; touch pwned; "',
    "#(touch pwned)", "x#{pwned}", "!touch pwned", "*/1 * * * * touch pwned", "%0atouch pwned",
    "__import__('os').system('touch pwned')", "=cmd|' touch pwned'!A0", "{{pwned}}", "{0}%s%n",
    "-oProxyCommand=touch pwned", "--upload-pack=touch pwned", "--help", "-rf", "-", "--",
    "$HOME", "~", "~root", "*", "?", "[a-z]", ":(glob)*", ":/x", ":!x", "@", "@{u}", "@{-1}",
    "HEAD", "FETCH_HEAD", "refs.heads.main", "a..b", "a.lock", "a^", "a~1", "a:b", ".", "..", "con",
    "nul.txt", "main", "wta", "0", "a b", " a ", "a\tb", "a\rb", "a\nb", "a\\b", "a'b", 'a"b',
    "\x1b[2J\x1b]0;pwned\x07", "\x9b31m", "\x7f", "\u202etxt.exe", "\u2066a\u2069", "a\u200bb",
    "e\u0301", "\u00e9", "\U0001f9ea", "\U000e0061", "\udcff", "[link=x]a[/link]", "[@click=x]a",
    "<script>", "&lt;", "x" * 60, "y" * 200, "wta.toml.bak", "a--b", "A.LOCK",
)  # fmt: skip
