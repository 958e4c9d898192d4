from __future__ import annotations

import json
import re

import pytest

from tests.support.credentials import CANARIES, LETTERS, MARKS, SHAPES
from wtagents.core.isolation.credentials import NEAR, credential_in, without_credentials
from wtagents.core.isolation.redaction import LONGEST_KEY, Redactor


@pytest.mark.parametrize("rule", SHAPES)
def test_each_shape_is_found_and_put_out_of_sight(rule: str) -> None:
    line = f"token: {SHAPES[rule]} # mine"
    assert credential_in(line) == rule
    assert re.search(NEAR, line, re.IGNORECASE)
    kept = "aws_secret_access_key = " if rule == "AWS secret" else ""
    assert without_credentials(line) == f"token: {kept}[{rule}] # mine"


@pytest.mark.parametrize(
    "line",
    [
        "aws_access_key_id = AKIAIOSFODNN7EXAMPLE",
        "see https://example.invalid/npm_config_registry",
        "sk-ant-... and ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "-----BEGIN PUBLIC KEY-----",
        'integrity "sha512-AKIAqwertyuiop"',
        "Authorization: Bearer <token>",
    ],
)
def test_what_only_looks_alike_is_left_alone(line: str) -> None:
    assert credential_in(line) == ""


def test_headers_urls_and_whole_keys_do_not_stay_in_texts() -> None:
    body = "\n".join([LETTERS] * 4)
    key = f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"
    text = f"curl -H 'Authorization: Bearer {LETTERS[:30]}' https://ada:s3cret@host/x\n{key}\nend"
    assert without_credentials(text) == (
        "curl -H 'Authorization: Bearer [authorization]' https://[password in a URL]@host/x\n"
        "[private key]\nend"
    )
    assert credential_in(text.split("\n", maxsplit=1)[0]) == ""


def test_a_json_document_stays_one() -> None:
    key = "-----BEGIN PRIVATE KEY-----\\n" + LETTERS
    said = {"Authorization": f"Bearer {LETTERS}", "a": [*SHAPES.values(), key], "b": "-----END"}
    for text in (json.dumps(said), json.dumps({"text": json.dumps(said)})):
        clean = without_credentials(text)
        assert json.loads(clean)
        assert LETTERS[:20] not in clean.replace(LETTERS + '"', "").replace(LETTERS + '\\"', "")


def test_a_key_that_is_cut_off_does_not_stay_either() -> None:
    text = f"-----BEGIN PRIVATE KEY-----\n{LETTERS}\n{LETTERS}\nand more"
    assert without_credentials(text) == "[private key]\nand more"


def test_lines_are_given_on_at_once_and_a_key_when_it_is_whole() -> None:
    redactor = Redactor()
    begin, end = "-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----\n"
    given = [redactor.feed(text) for text in ("one\n", begin, f"{LETTERS}\n", end, "two\n")]
    assert given == ["one\n", "", "", "[private key]\n", "two\n"]
    assert redactor.feed(begin) + redactor.feed("(no key)\n") == "[private key]\n(no key)\n"
    held = [redactor.feed(text) for text in (begin, "word " * (LONGEST_KEY // 5))]
    assert held == ["", "[private key]\n" + "word " * (LONGEST_KEY // 5)]
    assert (redactor.feed(begin + LETTERS), redactor.rest()) == ("", "[private key]")


def test_none_of_twenty_canaries_passes_line_by_line() -> None:
    redactor = Redactor()
    text = "".join(f"{number}: {each}\n" for number, each in enumerate(CANARIES, 1))
    seen = "".join(redactor.feed(line) for line in text.splitlines(keepends=True))
    assert len(CANARIES) == 20
    assert [mark for mark in MARKS if mark in seen] == []
    assert (seen.count("\n"), redactor.rest()) == (20, "")
