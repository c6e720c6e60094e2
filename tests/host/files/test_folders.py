"""This user's folders are where they always were, and firmware/toolchain, which runs before any package, agrees."""

from __future__ import annotations

from pathlib import Path

import pytest

from sapper_host.errors import SapperError
from sapper_host.files import folders
from toolchain import cache as toolchain_cache
from toolchain.errors import ToolchainError

pytestmark = pytest.mark.unit

# What the folder is for -> the variable that names it, and where it is without.
PLACES = {
    "config": ("XDG_CONFIG_HOME", ".config/sapper"),
    "state": ("XDG_STATE_HOME", ".local/state/sapper"),
    "data": ("XDG_DATA_HOME", ".local/share/sapper"),
    "cache": ("XDG_CACHE_HOME", ".cache/sapper"),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home, with none of the variables set, as the working folder."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("SAPPER_CACHE", *(variable for variable, _ in PLACES.values())):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", list(PLACES))
@pytest.mark.parametrize("value", [None, "", "/elsewhere", "relative/folder"])
def test_a_folder_is_where_its_variable_says_or_in_the_home(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    variable, usual = PLACES[name]
    if value is not None:
        monkeypatch.setenv(variable, value)
    assert getattr(folders, name)() == (Path(value) / "sapper" if value else home / usual)


@pytest.mark.parametrize("xdg", ["", "xdg"])
@pytest.mark.parametrize("own", ["", "own"])
def test_host_and_toolchain_agree_on_the_cache(home: Path, monkeypatch: pytest.MonkeyPatch, xdg: str, own: str) -> None:
    for variable, value in (("XDG_CACHE_HOME", xdg), ("SAPPER_CACHE", own)):
        if value:
            monkeypatch.setenv(variable, str(home / value))
    expected = home / own if own else home / xdg / "sapper" if xdg else home / ".cache" / "sapper"
    assert folders.cache() == toolchain_cache.root() == expected


@pytest.mark.parametrize("variable", ["XDG_CACHE_HOME", "SAPPER_CACHE"])
def test_they_agree_on_a_relative_one(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "here")
    assert folders.cache().resolve() == toolchain_cache.root().resolve()


def test_without_any_home_only_what_has_to_last_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "SAPPER_CACHE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)

    def nobody(number: int) -> object:
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert folders.cache().is_absolute()
    for folder in (folders.config, folders.data, folders.state):
        with pytest.raises(SapperError, match="no home folder.*set HOME"):
            folder()
    with pytest.raises(ToolchainError, match="no home folder"):
        toolchain_cache.root()
