from __future__ import annotations

import pytest

from wtagents.core.config.settings import Layer, resolve_settings
from wtagents.core.errors import ConfigError
from wtagents.core.isolation.network import ALL, NONE, Network, entry_text, is_public

LIST = Network(hosts=("api.example.org", "*.pypi.org", "10.0.0.7:8080", "[::1]:99", "localhost:7"))


@pytest.mark.parametrize(
    ("name", "port", "entry"),
    [
        ("api.example.org", 443, "api.example.org"),
        ("API.Example.org.", 80, "api.example.org"),
        ("api.example.org", 22, None),
        ("example.org", 443, None),
        ("api.example.org.evil.test", 443, None),
        ("evilpypi.org", 443, None),
        ("pypi.org", 443, None),
        ("files.pypi.org", 443, "pypi.org"),
        ("a.b.pypi.org", 443, "pypi.org"),
        ("10.0.0.7", 8080, "10.0.0.7"),
        ("10.0.0.7", 443, None),
        ("0xa000007", 8080, None),
        ("[::1]", 99, "::1"),
        ("localhost", 7, "localhost"),
        ("127.0.0.1", 7, None),
    ],
)
def test_what_a_list_lets_out(name: str, port: int, entry: str | None) -> None:
    found = LIST.entry_for(name, port)
    assert (found and found.name) == entry


def test_a_list_grows_and_nothing_else_does() -> None:
    assert LIST.local_ports == (7,)
    assert LIST.plus(["pypi.org", "localhost:7"]).hosts == (*(LIST.hosts or ()), "pypi.org")
    assert (ALL.plus(["pypi.org"]), NONE.plus(["pypi.org"])) == (ALL, NONE)
    assert [each.kind for each in (ALL, NONE, LIST)] == ["all", "none", "list"]
    assert entry_text("a.org", 443) == "a.org"
    assert (entry_text("a.org", 22), entry_text("::1", 8080)) == ("a.org:22", "[::1]:8080")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.1", "224.0.0.1", "255.255.255.255", "::1", "fe80::1%eth0", "fd00::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "::"),
    ],
)
def test_what_lies_around_is_not_the_world(address: str) -> None:
    assert not is_public(address)


def test_the_world() -> None:
    assert is_public("93.184.215.14")
    assert is_public("2606:2800:21f:cb07:6820:80da:af6b:8b2c")


def read(value: object) -> Network:
    found = Layer(source="/c.toml", values={"sandbox": {"network": value}}, content=b"")
    return resolve_settings([found]).sandbox.network


def test_how_it_is_set() -> None:
    assert read("all") == ALL
    assert read("none") == read([]) == NONE
    assert read(["a.org", "*.b.org:8443"]).hosts == ("a.org", "*.b.org:8443")
    for wrong in (
        "some",
        ["*"],
        ["a b"],
        ["http://a.org"],
        ["a.org:0"],
        ["a.org:99999"],
        ["*.*.a"],
    ):
        with pytest.raises(ConfigError, match=r"sandbox\.network"):
            read(wrong)
