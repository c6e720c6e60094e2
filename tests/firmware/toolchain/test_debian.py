"""The Debian mirror is taken from the machine's own sources, in either of apt's two forms, with its options."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolchain import debian
from toolchain.errors import ToolchainError

pytestmark = pytest.mark.unit

DEB822 = """\
# a comment
Types: deb
URIs: http://elsewhere.example/tools
Suites: stable
Components: contrib

Types: deb
# another
URIs: http://mirror.example/debian http://second.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/own.gpg
"""
INLINE_KEY = """\
Types: deb
URIs: http://mirror.example/debian
Suites: trixie
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abcd
 -----END PGP PUBLIC KEY BLOCK-----
"""
DISABLED = "Enabled: no\n" + INLINE_KEY


def etc_apt(folder: Path, deb822: str = "", one_line: str = "") -> Path:
    """An /etc/apt with these sources."""
    (folder / "sources.list.d").mkdir()
    if deb822:
        (folder / "sources.list.d" / "debian.sources").write_text(deb822)
    if one_line:
        (folder / "sources.list").write_text(one_line)
    return folder


def test_deb822_sources(tmp_path: Path) -> None:
    mirror = debian.find_mirror(etc_apt(tmp_path, DEB822))
    assert mirror == debian.Mirror("http://mirror.example/debian", ("Signed-By: /usr/share/keyrings/own.gpg",))
    stanza = debian.sources_stanza(mirror, "trixie")
    assert stanza.splitlines() == [
        "Types: deb deb-src",
        "URIs: http://mirror.example/debian",
        "Suites: trixie",
        "Components: main",
        "Signed-By: /usr/share/keyrings/own.gpg",
    ]


def test_a_key_within_the_sources_is_kept_whole(tmp_path: Path) -> None:
    stanza = debian.sources_stanza(debian.find_mirror(etc_apt(tmp_path, INLINE_KEY)), "trixie")
    assert " abcd\n -----END PGP PUBLIC KEY BLOCK-----" in stanza


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("deb http://mirror.example/debian bookworm main", ()),
        ("deb [arch=amd64 trusted=yes] http://mirror.example/debian trixie main contrib", ("Trusted: yes",)),
    ],
)
def test_one_line_sources(tmp_path: Path, line: str, options: tuple[str, ...]) -> None:
    text = f"# deb http://old.example/debian bookworm main\ndeb-src http://src.example/debian bookworm main\n{line}\n"
    assert debian.find_mirror(etc_apt(tmp_path, one_line=text)) == debian.Mirror(
        "http://mirror.example/debian", options
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "deb http://mirror.example/ubuntu noble main\n",
        "deb http://mirror.example/debian-security bookworm-security main\n",
    ],
)
def test_a_machine_without_a_debian_mirror_is_told_so(tmp_path: Path, text: str) -> None:
    with pytest.raises(ToolchainError, match="no Debian mirror") as caught:
        debian.find_mirror(etc_apt(tmp_path, DISABLED, text))
    assert "Debian 12 or 13" in caught.value.remedy
