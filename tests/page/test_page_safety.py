"""The page cannot be made to run what somebody registered, tells nobody else, and can be used by everybody."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from page.conftest import PHONE, WIDE, Look, Put, Visit
from playwright.sync_api import Error
from server.client import Client
from server.running import Running, running

from registry.records import Record
from registry.server import create_token
from registry.server.page import page
from registry.stores import MemoryStore

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "' onclick='alert(1)",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "{{7*7}}",
    "a/b c",
    "..",
    "%2e%2e%2f",
    "#frag?x=1&y=2",
    "ünïcødé 漢字",
    "‮evil",  # turns what follows around
    "x" * 255,
    "__proto__",
    "constructor",
]


def hostile(text: str) -> Record:
    return Record(
        kind="reference",
        reference="acme:x",
        description=f"{text}\n\n{text}",
        deprecated=text,
        tags=(text,),
        aliases=(text,),
        metadata={text: text},
        schema={
            "name": text,
            "description": text,
            "parameters": [
                {
                    "name": text,
                    "kind": "any",
                    "type": {"class": text, "values": [text]},
                    "shown": text,
                    "description": text,
                },
                {"name": "z", "kind": "any", "default": text},
            ],
            "returns": {"class": text},
        },
    )


def visit_everything(visit: Visit) -> None:
    """Look at each entry, and at all of them."""
    visit.open()
    for number in range(len(HOSTILE)):
        visit.page.locator("#list a").nth(number).click()
        visit.page.locator("#shown h2 .name").wait_for()
        visit.settle()
    visit.search("alert")


def check_harmless(visit: Visit) -> None:
    visit_everything(visit)
    assert visit.wrong == []
    assert visit.page.locator("main script, main img, main svg, main b").count() == 0
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_what_somebody_registered_stays_text(served: Running, put: Put, look: Look, size: tuple[int, int]) -> None:
    put("<b>names</b>", {text: hostile(text) for text in HOSTILE})
    visit = look(served.url, size)
    if size == PHONE:
        visit.open()
        for text in HOSTILE:
            visit.page.goto(f"{visit.url}/#/%3Cb%3Enames%3C%2Fb%3E/{_encoded(text)}")
            visit.page.locator("#shown h2 .name").wait_for()
            visit.settle()
            assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), text
        assert visit.wrong == []
    else:
        check_harmless(visit)
        assert set(visit.search("")) == {text.replace("‮", "\\u202e") for text in HOSTILE}


def _encoded(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")


def test_a_page_that_takes_text_for_html_is_caught(served: Running, put: Put, look: Look) -> None:
    put("<b>names</b>", {text: hostile(text) for text in HOSTILE})
    visit = look(served.url)
    careless = page().body.decode().replace("element.textContent = text", "element.innerHTML = text")
    visit.page.route(re.compile(r"/$"), lambda route: route.fulfill(body=careless, content_type="text/html"))
    visit.page.set_default_timeout(6000)  # what it waits for in vain
    with pytest.raises((AssertionError, Error)):  # what it lets in may also take away what is waited for
        check_harmless(visit)
    assert "dialog: 1" in visit.wrong
    visit.wrong.clear()


def test_the_policy_forbids_everything_that_is_not_the_page(served: Running) -> None:
    with Client(served.port) as client:
        answer = client.get("/")
    assert answer.status == 200
    assert len(answer.body) < 100_000
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert b"http://" not in answer.body
    assert b"https://" not in answer.body
    with Client(served.port) as client:
        again = client.ask("GET", "/", None, {"If-None-Match": answer.headers["etag"]})
    assert again.status == 304


def test_a_script_that_is_not_the_page_is_not_run_and_is_noticed(served: Running, look: Look) -> None:
    """The known-bad twin of all visits: a violation of the policy is something wrong."""
    visit = look(served.url).open()
    visit.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.append("window.ran = true");
            document.body.append(script);
        }"""
    )
    visit.settle()
    assert visit.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in text or "TrustedScript" in text for text in visit.wrong)
    visit.wrong.clear()


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    return tmp_path / "tokens.json"


def test_a_server_with_tokens_asks_for_one(store: MemoryStore, put: Put, look: Look, tokens: Path) -> None:
    put("research", {"mine": hostile("mine")})
    put("secret", {"hidden": hostile("hidden")})
    secret = create_token(tokens, "kim", ["research:read"])[1]
    with running(store, token_file=tokens) as served:
        visit = look(served.url)
        visit.page.goto(f"{visit.url}/#/research/mine")
        visit.page.wait_for_selector("#token[open]")
        assert visit.page.locator("#list li").count() == 0
        visit.page.fill("#token-field", "rgk_00000000_" + "0" * 48)
        visit.page.get_by_role("button", name="Use it").click()
        visit.page.wait_for_selector("#token[open]")
        visit.page.fill("#token-field", secret)
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_selector("#state.live")
        assert visit.names() == ["mine"]
        visit.page.locator("#shown h2", has_text="mine").wait_for()
        assert secret not in visit.page.content()
        assert not any(secret in url for url in visit.asked)
        assert visit.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
        visit.page.reload()  # the tab remembers it, and another one does not
        visit.page.wait_for_selector("#state.live")
        other = look(served.url)
        other.page.goto(other.url)
        other.page.wait_for_selector("#token[open]")
        visit.page.get_by_role("button", name="Token").click()
        visit.page.fill("#token-field", "")
        visit.page.get_by_role("button", name="Use it").click()
        visit.page.wait_for_selector("#state.denied")
        visit.page.close()
        other.page.close()


STATES: dict[str, Callable[[Visit], object]] = {
    "everything": lambda visit: visit.open(),
    "a search": lambda visit: visit.open().search("hub"),
    "an entry": lambda visit: visit.open("#/research.losses/huber").page.locator("#shown h2 .name").wait_for(),
    "nothing found": lambda visit: visit.open().search("zzz"),
    "a name that is not there": lambda visit: visit.open("#/research.losses/zzz").page.locator(".warn").wait_for(),
}


@pytest.mark.parametrize("state", STATES.values(), ids=STATES.keys())
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_nobody_is_kept_out(
    served: Running, put: Put, look: Look, state: Callable[[Visit], object], scheme: str, size: tuple[int, int]
) -> None:
    put("research.losses", {name: hostile("A text.") for name in ("huber", "squared", "hinge")})
    visit = look(served.url, size, scheme)
    state(visit)
    found = Axe().run(visit.page).response["violations"]
    assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in found] == []


def test_a_text_that_cannot_be_read_is_caught(served: Running, put: Put, look: Look) -> None:
    put("research.losses", {"huber": hostile("A text.")})
    visit = look(served.url).open()
    visit.page.evaluate("document.documentElement.style.setProperty('--quiet', '#cccccc')")
    assert [one["id"] for one in Axe().run(visit.page).response["violations"]] == ["color-contrast"]


def test_what_asks_for_a_token_keeps_nobody_out(store: MemoryStore, look: Look, tokens: Path) -> None:
    create_token(tokens, "kim", ["*:read"])
    with running(store, token_file=tokens) as served:
        visit = look(served.url)
        visit.page.goto(visit.url)
        visit.page.wait_for_selector("#token[open]")
        assert Axe().run(visit.page).response["violations"] == []
        visit.page.close()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_dark_is_dark_and_light_is_light(served: Running, look: Look, size: tuple[int, int]) -> None:
    shades = []
    for scheme in ("light", "dark"):
        visit = look(served.url, size, scheme).open()
        color = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        shades.append(sum(map(int, re.findall(r"\d+", color))))
    assert shades[0] > 700
    assert shades[1] < 100
