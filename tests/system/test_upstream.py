from __future__ import annotations

import socket

import pytest

from wtagents.system.walls.upstream import Upstream, parse_upstream, upstream_for

OFFICE = {"https_proxy": "http://proxy.office:3128", "HTTP_PROXY": "plain.office:80"}
DIRECT = "*.home, .lab, far.example:8443 10.0.0.0/8,[fe80::1]"


@pytest.mark.parametrize(
    ("host", "port", "encrypted", "proxy"),
    [
        ("api.example.org", 443, True, "proxy.office"),
        ("api.example.org", 80, False, "plain.office"),
        ("far.example", 443, True, "proxy.office"),
        ("far.example", 8443, True, None),
        ("home", 443, True, None),
        ("a.b.home", 443, True, None),
        ("awayfromhome", 443, True, "proxy.office"),
        ("x.lab", 443, True, None),
        ("10.1.2.3", 443, True, None),
        ("11.1.2.3", 443, True, "proxy.office"),
        ("fe80::1", 443, True, None),
        ("localhost", 443, True, None),
        ("127.8.0.1", 443, True, None),
        ("::1", 443, True, None),
    ],
)
def test_the_environment_says_which_way_leads_out(
    host: str, port: int, proxy: str | None, *, encrypted: bool
) -> None:
    found = upstream_for(host, port, OFFICE | {"NO_PROXY": DIRECT}, encrypted=encrypted)
    assert (found.host if found is not None else None) == proxy


def test_without_a_word_every_way_is_direct() -> None:
    assert upstream_for("example.org", 443, {}, encrypted=True) is None
    assert upstream_for("example.org", 80, {"https_proxy": "p:1"}, encrypted=False) is None
    assert upstream_for("example.org", 443, OFFICE | {"no_proxy": "*"}, encrypted=True) is None
    assert upstream_for("example.org", 80, {"ALL_PROXY": "p:1"}, encrypted=False) == Upstream(
        host="p", port=1
    )


def test_a_proxy_is_read_as_it_is_written() -> None:
    assert parse_upstream("http://ada:p%40ss@[::1]:8080/") == Upstream(
        host="::1", port=8080, authorization="Basic YWRhOnBAc3M="
    )
    assert parse_upstream("proxy.office") == Upstream(host="proxy.office", port=1080)


@pytest.mark.parametrize("said", ["socks5://proxy:1", "https://proxy", "http://", "http://p:x"])
def test_what_cannot_be_gone_through_is_said(said: str) -> None:
    with pytest.raises(OSError, match=r"no way through a proxy|is no proxy"):
        parse_upstream(said)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (b"HTTP/1.1 200 Fine\r\nA: b\r\n\r\nhello", ""),
        (b"HTTP/1.0 407 Who are you\r\n\r\n", "the proxy p:1 answered 407 Who are you"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "the proxy p:1 answered nothing"),
        (b"", "the proxy p:1 answered nothing"),
    ],
)
def test_a_tunnel_is_asked_for(answer: bytes, fault: str) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(answer)
        theirs.shutdown(socket.SHUT_WR)
        proxy = Upstream(host="p", port=1, authorization="Basic eA==")
        if fault:
            with pytest.raises(OSError, match=fault):
                proxy.open_tunnel(ours, "::2", 443)
        else:
            proxy.open_tunnel(ours, "::2", 443)
            assert ours.recv(99) == b"hello"
        assert theirs.recv(999) == (
            b"CONNECT [::2]:443 HTTP/1.1\r\nHost: [::2]:443\r\n"
            b"Proxy-Authorization: Basic eA==\r\n\r\n"
        )
