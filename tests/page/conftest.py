"""A real browser before a real server."""

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from server.running import Running, running

from registry.records import Record
from registry.revisions import Change
from registry.stores import MemoryStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)

WIDE, PHONE = (1280, 800), (390, 844)


@pytest.fixture(scope="module")  # it keeps a loop running in this thread, which other tests want for themselves
def browser() -> Iterator["Browser"]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    rights = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=rights)
        yield started
        started.close()


@attrs.define
class Visit:
    """Somebody who looks at a server's page.

    Attributes:
        page: The tab.
        url: Of the server.
        wrong: What the browser complained of: errors of scripts, of the policy, dialogs.
        asked: The URLs of all requests.
    """

    page: "Page"
    url: str
    wrong: list[str] = attrs.field(factory=list)
    asked: list[str] = attrs.field(factory=list)

    def open(self, place: str = "") -> "Visit":
        """Load the page anew, at a place in it, and wait until it has everything."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.url}/{place}")
        self.page.wait_for_selector("#state.live")
        self.settle()
        return self

    def settle(self) -> None:
        """Wait until what came was shown."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def search(self, text: str) -> list[str]:
        """The names that are found."""
        self.page.fill("#search", text)
        return self.names()

    def names(self) -> list[str]:
        """The names in the list."""
        self.settle()
        return self.page.locator("#list .name").all_inner_texts()

    def says(self, text: str) -> None:
        """Wait until a text is on the page."""
        self.page.get_by_text(text).first.wait_for()


Look = Callable[..., Visit]


@pytest.fixture
def look(browser: "Browser") -> Iterator[Look]:
    """Opens a tab of its own on a server; in the end nothing may have been wrong."""
    opened: list[tuple[Any, Visit]] = []

    def make(url: str, size: tuple[int, int] = WIDE, scheme: str = "light", **options: Any) -> Visit:
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,  # type: ignore[arg-type]  # one of the words that it knows
            permissions=["clipboard-read", "clipboard-write"],
            locale="en-GB",
            **options,
        )
        page = context.new_page()
        page.set_default_timeout(20_000)
        visit = Visit(page, url.rstrip("/"))
        page.on("pageerror", lambda error: visit.wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (visit.wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: visit.asked.append(request.url))
        page.on("console", lambda message: _note(visit, message.type, message.text))
        opened.append((context, visit))
        return visit

    yield make
    for context, visit in opened:
        context.close()
        assert visit.wrong == []


def _note(visit: Visit, kind: str, text: str) -> None:
    # A server that is away, or wants a token, is told of in the console by the browser, and on the page by us.
    if kind in ("error", "warning") and not text.startswith("Failed to load resource"):
        visit.wrong.append(f"{kind}: {text}")


@pytest.fixture
def store() -> Iterator[MemoryStore]:
    with MemoryStore() as made:
        yield made


@pytest.fixture
def served(store: MemoryStore) -> Iterator[Running]:
    with running(store) as found:
        yield found


Put = Callable[..., None]


@pytest.fixture
def put(store: MemoryStore) -> Put:
    """Writes records: `put(namespace, name=Record(…))`, or mappings of names that are no identifiers."""

    numbers = itertools.count()

    def write(namespace: str, records: dict[str, Record | None]) -> None:
        changes = [Change(name, None if record is None else record.to_bytes()) for name, record in records.items()]
        for start in range(0, len(changes), 1000):
            store.submit(namespace, changes[start : start + 1000], operation=str(next(numbers))).result(20)

    return write
