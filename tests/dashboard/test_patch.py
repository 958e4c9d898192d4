"""A patch is read as git writes it, also of hostile names and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from wtagents.dashboard.grid import Tone
from wtagents.dashboard.patch import (
    MOST_LINES,
    Comment,
    FileChange,
    Kind,
    comments_message,
    files_of,
    parse_patch,
)
from wtagents.dashboard.widgets.review import coloured

if TYPE_CHECKING:
    from tests.support.repository import RepositoryBuilder

PATCH = b'''diff --git a/shop/cart.py b/shop/cart.py
index 1..2 100644
--- a/shop/cart.py
+++ b/shop/cart.py
@@ -9,3 +9,4 @@ class Cart:
     def add(self):
-        return 1
+        """Two
+        lines."""
         pass
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
diff --git a/logo.png b/logo.png
Binary files a/logo.png and b/logo.png differ
'''


def test_lines_have_their_numbers() -> None:
    lines = parse_patch(PATCH)
    assert [(line.kind, line.old, line.new, line.text) for line in lines] == [
        (Kind.FILE, None, None, "shop/cart.py"),
        (Kind.HUNK, 9, 9, "class Cart:"),
        (Kind.SAME, 9, 9, "    def add(self):"),
        (Kind.REMOVED, 10, None, "        return 1"),
        (Kind.ADDED, None, 10, '        """Two'),
        (Kind.ADDED, None, 11, '        lines."""'),
        (Kind.SAME, 11, 12, "        pass"),
        (Kind.FILE, None, None, "new name.txt"),
        (Kind.NOTE, None, None, "rename from old name.txt"),
        (Kind.NOTE, None, None, "rename to new name.txt"),
        (Kind.FILE, None, None, "logo.png"),
        (Kind.NOTE, None, None, "Binary files a/logo.png and b/logo.png differ"),
    ]
    assert files_of(lines) == (
        FileChange(path="shop/cart.py", added=2, removed=1),
        FileChange(path="new name.txt", added=0, removed=0),
        FileChange(path="logo.png", added=0, removed=0),
    )


def test_both_sides_of_a_hunk_are_coloured_as_they_stand() -> None:
    lines = parse_patch(PATCH)
    cells = coloured(lines)
    assert [cell.text for cell in cells] == [line.text for line in lines]
    assert cells[5].parts == (('        lines."""', Tone.STRING),), "inside a text of two lines"
    assert cells[6].parts[-1] == ("pass", Tone.KEYWORD)


def test_comments_are_one_message() -> None:
    lines = parse_patch(PATCH)
    said = [Comment(line=lines[4], text="one line, please"), Comment(line=lines[3], text="why?")]
    assert comments_message(said) == (
        "Comments on your changes since the commit you started from:\n\n"
        'shop/cart.py:10\n+         """Two\none line, please\n\n'
        "shop/cart.py:10\n-         return 1\nwhy?"
    )


def test_hostile_names_and_texts_show_what_they_are(repository: RepositoryBuilder) -> None:
    names = ["a b/ b/x.txt", 'q"uote.txt', "tab\there.py", "plain.txt", "- -.txt"]
    repository.commit(dict.fromkeys(names, "x\n"))
    repository.write(dict.fromkeys(names, "\x1b[2Jgone\u202etxt\r\n"))
    lines = parse_patch(repository.git_bytes("diff", "--patch"))
    assert {line.path for line in lines} == {*names} - {'q"uote.txt', "tab\there.py"} | {
        'q\\"uote.txt',
        "tab\\there.py",
    }
    assert {line.text for line in lines if line.kind is Kind.ADDED} == {"\\x1b[2Jgone\\u202etxt"}


def test_a_patch_without_end_is_cut_with_a_word_about_it() -> None:
    body = b"".join(b"+%d\n" % number for number in range(MOST_LINES + 5))
    lines = parse_patch(b"diff --git a/a b/a\n@@ -0,0 +1,20005 @@\n" + body)
    assert len(lines) == MOST_LINES + 1
    assert (lines[-1].kind, lines[-1].text) == (
        Kind.NOTE,
        "the patch goes on: wta diff says all of it",
    )


@given(st.binary(max_size=400))
def test_no_text_is_too_strange(text: bytes) -> None:
    lines = parse_patch(b"diff --git a/a.py b/a.py\n@@ -1 +1 @@\n+" + text)
    assert [cell.text for cell in coloured(lines)] == [line.text for line in lines]
    assert all(line.text.isprintable() for line in lines)
