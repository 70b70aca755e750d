"""Which addresses may be called: every spelling of a private one is refused, and a name is looked up once."""

from __future__ import annotations

import pytest

from notices.addresses import Target, choose_address, is_public, look_up, parse_target
from registers.errors import Invalid

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8", "64:ff9b::808:808"]
PRIVATE = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "not an address",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_public_internet_may_be_called(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_no_other_address_may_be_called(address: str) -> None:
    assert not is_public(address)


def test_a_url_is_taken_apart() -> None:
    assert parse_target("https://example.org/a?b=c") == Target("https", "example.org", 443, "/a?b=c")
    assert parse_target("http://Example.org") == Target("http", "example.org", 80, "/")
    assert parse_target("http://[2606::1]:8080/").authority == "[2606::1]:8080"
    assert parse_target("https://example.org/").authority == "example.org"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "plain ASCII"),
        ("example.org/hook", "begins with http:// or https://"),
        ("ftp://example.org/", "begins with http:// or https://"),
        ("file:///etc/passwd", "begins with http:// or https://"),
        ("gopher://example.org:70/", "begins with http:// or https://"),
        ("https://user:word@example.org/", "user name or a password"),
        ("https://@example.org/", "user name or a password"),
        ("https://example.org@127.0.0.1/", "user name or a password"),
        ("https://example.org/#part", "fragment"),
        ("https://example.org/#", "fragment"),
        ("https:///hook", "names no host"),
        ("https://example.org:0/", "names no host"),
        ("https://example.org:99999/", "is not a URL"),
        ("https://example.org:x/", "is not a URL"),
        ("https://[::1/", "is not a URL"),
        ("https://[fe80::1%25eth0]/", "(is not a URL|names no host)"),
        ("https://exa%6dple.org/", "names no host"),
        ("https://example.org\\@127.0.0.1/", "(names no host|user name)"),
        ("https://example.org\\.evil/", "names no host"),
        ("https://exämple.org/", "plain ASCII"),
        ("https://example.org/a b", "plain ASCII"),
        ("https://example.org/\r\nHost: x", "plain ASCII"),
        ("https://example.org/\0", "plain ASCII"),
        ("https://example.org/" + "a" * 2000, "at most 2000 characters"),
    ],
)
def test_a_url_that_will_not_do_is_refused_with_the_reason(url: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        parse_target(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "0"])
def test_no_spelling_of_this_machine_is_called(host: str) -> None:
    with pytest.raises(Invalid, match="not of the public Internet"):
        choose_address(parse_target(f"http://{host}:8000/"))


def test_a_private_address_may_be_called_where_the_operator_allows_it() -> None:
    assert choose_address(parse_target("http://127.0.0.1:8000/"), private=True) == "127.0.0.1"


def test_a_name_with_one_private_address_among_others_is_refused() -> None:
    with pytest.raises(Invalid, match="has an address that is not of the public Internet") as refused:
        choose_address(parse_target("https://example.org/"), look_up=lambda *_: ["93.184.216.34", "10.0.0.1"])
    assert "10.0.0.1" not in str(refused.value)  # what a name stands for inside is nobody's business


def test_a_name_is_looked_up_once() -> None:
    asked: list[tuple[str, int]] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    assert choose_address(parse_target("https://example.org/"), look_up=rebinding) == "93.184.216.34"
    assert asked == [("example.org", 443)]


def test_a_name_without_an_address_is_refused() -> None:
    def nothing(*_: object) -> list[str]:
        raise OSError("no such name")

    for lookup in (nothing, lambda *_: []):
        with pytest.raises(Invalid, match="has no address"):
            choose_address(parse_target("https://nowhere.example/"), look_up=lookup)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", ".", "-"])
def test_a_name_that_no_name_can_be_is_refused(host: str) -> None:
    with pytest.raises(Invalid):
        choose_address(parse_target(f"https://{host}/"))


def test_the_system_is_asked_for_names() -> None:
    assert "127.0.0.1" in look_up("localhost", 80)
