"""Stores by their URLs, the places where files may be, and the locks on them."""

import importlib.metadata
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from registry.errors import PluginError, StoreError, ValidationError
from registry.revisions import Retention
from registry.stores import MemoryStore, SQLiteStore, open_store
from registry.stores.filelock import FileLock, Holder, take
from registry.stores.filesystems import network_filesystem
from registry.stores.opening import store_url
from registry.stores.sqlite.places import check_place


def test_a_url_names_a_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for url, path in (
        ("sqlite:///r.db", tmp_path / "r.db"),
        ("sqlite:///sub/a%20b.db", tmp_path / "sub" / "a b.db"),
        (f"sqlite:///{tmp_path}/r.db", tmp_path / "r.db"),
        ("SQLITE:////srv/registry.db", Path("/srv/registry.db")),
    ):
        with open_store(url) as store:  # type: ignore[attr-defined]  # every store here has it
            assert isinstance(store, SQLiteStore)
            assert store.path == str(path)
    assert isinstance(open_store("memory:"), MemoryStore)
    assert open_store("memory:", retention=Retention(1, 2)).retention == Retention(1, 2)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("r.db", "r.db"),
        ("R.SQLite3", "R.SQLite3"),
        ("./registry", "registry"),
        ("sub/registry", "sub/registry"),
        ("a b%20c#d?.db", "a b%20c#d?.db"),
        ("./me:you@host.db", "me:you@host.db"),
        ("sub/\udcff.db", "sub/\udcff.db"),
    ],
)
def test_a_path_without_a_scheme_names_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for given in (text, f"{tmp_path}/{text}", store_url(text)):
        with open_store(given) as store:  # type: ignore[attr-defined]  # every store here has it
            assert isinstance(store, SQLiteStore)
            assert store.path == str(tmp_path / path)


def test_a_word_alone_may_be_a_misspelt_url_and_is_asked_about() -> None:
    with pytest.raises(ValidationError) as caught:
        open_store("registry")
    assert "Write ./registry if a file of this name is meant." in caught.value.suggestions


def test_a_drive_is_no_scheme() -> None:
    assert store_url("C:/data/r.db") == "sqlite:///C%3A/data/r.db"
    assert store_url("me:secret@host/r.db") == "me:secret@host/r.db"


@pytest.mark.parametrize(
    "url",
    [
        *("", "registry", "//host/r.db", "sqlite:", "sqlite://", "sqlite:///", "sqlite://host/r.db", "sqlite:r.db"),
        *("sqlite:///r.db?a=b", "memory:name", "redis://host"),
    ],
)
def test_a_url_that_names_no_store_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="is not the URL of a store") as caught:
        open_store(url)
    assert caught.value.suggestions


def test_a_misspelt_url_is_told_what_was_meant() -> None:
    with pytest.raises(ValidationError) as caught:
        open_store("sqllite:///r.db")
    assert caught.value.suggestions[0] == "did you mean 'sqlite'?"
    assert "memory" in caught.value.context["known"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("etcd://a:2379,b", "EtcdStore(['http://a:2379', 'http://b:2379'])"),
        ("etcds://a.example.org", "EtcdStore('https://a.example.org:2379')"),
        ("etcd://127.0.0.1/teams/vision", "EtcdStore('http://127.0.0.1:2379', prefix='teams/vision')"),
    ],
)
def test_a_cluster_is_named_by_its_members(url: str, shown: str) -> None:
    with open_store(url) as store:  # type: ignore[attr-defined]  # this one is a context manager
        assert repr(store) == shown


def test_other_distributions_may_have_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[str, dict[str, Any]]] = []

    class Module:
        @staticmethod
        def opened(url: str, **options: Any) -> MemoryStore:
            made.append((url, options))
            return MemoryStore()

    monkeypatch.setitem(sys.modules, "acme_stores", Module)  # type: ignore[arg-type]  # enough of a module
    points = [
        importlib.metadata.EntryPoint("acme", "acme_stores:opened", "registry_kit.stores"),
        importlib.metadata.EntryPoint("broken", "acme_stores:missing", "registry_kit.stores"),
    ]
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda group: points if group.endswith("stores") else [])
    assert isinstance(open_store("acme://host/1", size=3), MemoryStore)
    assert made == [("acme://host/1", {"size": 3})]
    with pytest.raises(PluginError, match=r"'broken' of .* cannot be imported: it leads to 'acme_stores:missing'"):
        open_store("broken://host")


MOUNTS = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
30 27 0:40 / /home rw,relatime shared:1 - nfs4 server:/home rw,vers=4.2
31 30 254:1 / /home/local rw,relatime - xfs /dev/vdb rw
32 27 0:41 / /mnt/two\040words rw,relatime - cifs //server/share rw
33 27 0:42 / /mnt/ssh rw - fuse.sshfs me@host:/ rw
34 27 0:43 / /mnt/twice rw - nfs server:/a rw
35 34 254:2 / /mnt/twice rw - ext4 /dev/vdc rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/r.db", None),
        ("/home/anna/r.db", "nfs4"),
        ("/homes/r.db", None),
        ("/home/local/r.db", None),
        ("/mnt/two words/r.db", "cifs"),
        ("/mnt/ssh/deep/r.db", "fuse.sshfs"),
        ("/mnt/twice/r.db", None),
    ],
)
def test_a_network_file_system_is_found_in_the_table_of_mounts(path: str, kind: str | None) -> None:
    assert network_filesystem(path, MOUNTS) == kind


def test_the_root_of_a_sandbox_is_no_network_file_system() -> None:
    table = "1 0 0:1 / / rw - 9p none rw\n2 1 0:2 / /mnt/c rw - 9p C: rw\n"
    assert network_filesystem("/srv/r.db", table) is None
    assert network_filesystem("/mnt/c/r.db", table) == "9p"


def test_a_file_on_a_network_file_system_is_refused_with_what_to_do(tmp_path: Path) -> None:
    table = f"1 0 0:1 / / rw - ext4 /dev/vda rw\n2 1 0:2 / {os.path.realpath(tmp_path)} rw - nfs4 server:/ rw\n"
    with pytest.raises(StoreError, match=r"lies on a network file system \(nfs4\)") as caught:
        check_place(str(tmp_path / "r.db"), table)
    assert any("registry serve" in text for text in caught.value.suggestions)
    check_place(str(tmp_path / "r.db"), table.replace("nfs4", "xfs"))


def test_a_file_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)  # root may write everywhere
    with SQLiteStore(tmp_path / "r.db") as store, pytest.raises(StoreError, match="it cannot be written"):
        store.token()


def test_a_lock_is_shared_or_exclusive_also_inside_one_process(tmp_path: Path) -> None:
    path = str(tmp_path / "lock")
    first, second = take(path, exclusive=False), take(path, exclusive=False)
    assert isinstance(first, FileLock)
    assert isinstance(second, FileLock)
    first.release()
    first.release()
    refused = take(path, exclusive=True, note="me")
    assert refused == Holder("", (os.getpid(),))
    second.release()
    alone = take(path, exclusive=True, note="me")
    assert isinstance(alone, FileLock)
    assert Path(path).read_text() == "me"
    for exclusive in (False, True):
        assert take(path, exclusive=exclusive) == Holder("me", (os.getpid(),))
    alone.release()
    assert Path(path).read_text() == ""
