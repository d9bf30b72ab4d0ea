"""`registry token`: made once, shown once, listed without secrets, revoked by name or id."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from registry.server.tokens import TokenFile, read_tokens

Run = Callable[..., Result]


def create(run: Run, name: str, *arguments: str) -> str:
    result = run("token", "create", name, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def test_a_new_token_stands_alone_on_stdout_and_lets_somebody_in(run: Run, project: Path) -> None:
    result = run("token", "create", "ci", "--scope", "research.*:write", "--scope", "*:read")
    assert result.exit_code == 0
    token = result.stdout.removesuffix("\n")
    assert token.startswith("rgk_")
    assert token.isascii()
    assert "\n" not in token
    assert "allows research.*:write, *:read and never ends" in result.stderr
    assert token not in result.stderr
    tokens = TokenFile(project / "registry-tokens.json")
    tokens.refresh()
    access = tokens.find(f"Bearer {token}")
    assert access is not None
    assert access.who == "ci"
    assert tokens.find(f"Bearer {token[:-1]}x") is None


def test_the_file_holds_no_token_and_is_its_owners_alone(run: Run, project: Path) -> None:
    token = create(run, "ci", "--scope", "*:read", "--tokens", "kept.json")
    file = project / "kept.json"
    assert token not in file.read_text()
    assert token.rpartition("_")[2] not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("12h", 43200), ("90d", 7776000), ("2w", 1209600)]
)
def test_a_token_ends_after_the_time_that_was_given(run: Run, project: Path, text: str, seconds: int) -> None:
    create(run, "ci", "--scope", "*:read", "--expires", text)
    (token,) = read_tokens(project / "registry-tokens.json")
    assert token.expires is not None
    assert token.expires - token.created == pytest.approx(seconds)
    assert "ends at" in run("token", "list").stdout


@pytest.mark.parametrize("text", ["90", "d", "0d", "-1d", "1.5h", "9 d", "1y", "٣d"])
def test_what_is_no_length_of_time_is_a_wrong_use(run: Run, project: Path, text: str) -> None:
    result = run("token", "create", "ci", "--scope", "*:read", "--expires", text)
    assert result.exit_code == 2
    assert "write it as 90d, 12h or 1w" in result.stderr.replace("\n", " ")
    assert not (project / "registry-tokens.json").exists()


@pytest.mark.parametrize("scope", ["research", "research:all", "re*:read", ":read", "a..b:read"])
def test_a_scope_that_is_none_is_refused_and_no_token_made(run: Run, project: Path, scope: str) -> None:
    result = run("token", "create", "ci", "--scope", scope)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert result.stdout == ""


def test_a_token_without_a_scope_is_a_wrong_use(run: Run) -> None:
    result = run("token", "create", "ci")
    assert result.exit_code == 2
    assert "--scope" in result.stderr


def test_the_list_shows_everything_but_the_tokens(run: Run) -> None:
    assert "There is no token in registry-tokens.json." in run("token", "list").stderr
    made = [create(run, "anna", "--scope", "*:admin"), create(run, "ci", "--scope", "a.*:read", "--expires", "1d")]
    text = run("token", "list").stdout
    listed = run("token", "list", "--format", "json").stdout
    for token in made:
        assert token.rpartition("_")[2] not in text + listed
        assert token.split("_")[1] in text
    assert [line.split()[:3] for line in text.splitlines()] == [
        [made[0].split("_")[1], "anna", "*:admin"],
        [made[1].split("_")[1], "ci", "a.*:read"],
    ]
    values = json.loads(listed)
    assert [(value["name"], value["scopes"], value["expired"]) for value in values] == [
        ("anna", ["*:admin"], False),
        ("ci", ["a.*:read"], False),
    ]
    assert set(values[0]) == {"id", "name", "scopes", "created", "expires", "expired"}


def test_a_token_that_has_ended_is_marked(run: Run, project: Path) -> None:
    create(run, "ci", "--scope", "*:read", "--expires", "1s")
    file = project / "registry-tokens.json"
    content = json.loads(file.read_text())
    content["tokens"][0]["expires"] = 1000.0
    file.write_text(json.dumps(content))
    assert "ended at 1970-01-01" in run("token", "list").stdout
    assert json.loads(run("token", "list", "--format", "json").stdout)[0]["expired"] is True


def test_a_token_is_revoked_by_its_id_or_its_name(run: Run, project: Path) -> None:
    first, second = create(run, "anna", "--scope", "*:read"), create(run, "ci", "--scope", "*:read")
    assert run("token", "revoke", first.split("_")[1]).exit_code == 0
    assert [token.name for token in read_tokens(project / "registry-tokens.json")] == ["ci"]
    assert "for 'ci' is revoked" in run("token", "revoke", "ci").stderr
    assert read_tokens(project / "registry-tokens.json") == []
    assert second


def test_a_name_with_several_tokens_is_not_revoked_by_chance(run: Run, project: Path) -> None:
    ids = [create(run, "ci", "--scope", "*:read").split("_")[1] for _ in range(2)]
    result = run("token", "revoke", "ci")
    assert result.exit_code == 1
    assert all(identity in result.stderr for identity in ids)
    assert len(read_tokens(project / "registry-tokens.json")) == 2
    assert run("token", "revoke", "ci", "--all").exit_code == 0
    assert read_tokens(project / "registry-tokens.json") == []


def test_an_unknown_token_is_told_with_the_close_one(run: Run) -> None:
    create(run, "jenkins", "--scope", "*:read")
    result = run("token", "revoke", "jenkin")
    assert result.exit_code == 1
    assert "did you mean 'jenkins'?" in result.stderr


def test_a_wild_name_of_a_token_is_shown_as_text(run: Run) -> None:
    create(run, "a\u202eb", "--scope", "*:read")
    assert "\u202e" not in run("token", "list").stdout


def test_a_file_of_something_else_is_left_alone(run: Run, project: Path) -> None:
    file = project / "registry-tokens.json"
    file.write_text('{"other": 1}')
    for arguments in (["list"], ["create", "ci", "--scope", "*:read"], ["revoke", "ci"]):
        result = run("token", *arguments)
        assert result.exit_code == 1, result.output
        assert "is not a file of tokens" in result.stderr
    assert file.read_text() == '{"other": 1}'
