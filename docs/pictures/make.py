"""Makes the pictures in this folder from the real thing: `make pictures`.

The terminal is what `registry check` says of a config with mistakes, the page is that of a server that runs here and
has scikit-learn's estimators, in Chromium.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path(__file__).parent
EXAMPLE = FOLDER.parents[1] / "examples" / "train_pipeline"
COMMAND = ("check", "--app", "estimators:catalog", "pipeline_broken.yaml")
COLUMNS = 122
TERMINAL = "terminal.svg"

# Without the font that rich would have the picture load from elsewhere.
_FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>registry check, in a terminal</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "Liberation Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: system-ui, sans-serif; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def said() -> str:
    """What the command says, with its colours."""
    environment = {**os.environ, "FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    done = subprocess.run(
        [sys.executable, "-m", "registry", *COMMAND], cwd=EXAMPLE, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    return done.stdout + done.stderr


def terminal(output: str) -> str:
    """A terminal that shows an output, as SVG."""
    from rich.console import Console
    from rich.text import Text

    shown = Text.from_ansi(f"$ registry check {COMMAND[-1]}\n{output}")
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True, color_system="standard")
        console.print(shown)
        picture = console.export_svg(title="registry check", code_format=_FORMAT, unique_id="terminal")
    return "".join(f"{line.rstrip()}\n" for line in picture.splitlines())


@contextmanager
def served() -> Iterator[str]:
    """The URL of a server that has something to show."""
    server = subprocess.Popen(
        [sys.executable, "-m", "registry", "serve", "--store", "memory:", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        url = server.stdout.readline().split(" at ")[1].split()[0]
        _register(url)
        yield url
    finally:
        server.terminate()
        server.wait(30)
        server.stdout.close()


def _register(url: str) -> None:
    from sklearn.utils import all_estimators

    from registry import Registry, RemoteBackend

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        estimators = dict(all_estimators())
    for name, namespace in (("all", "science.estimators"), ("trees", "team.trees")):
        backend = RemoteBackend(url, namespace=namespace, allow=("sklearn.*",))
        kept = {key: cls for key, cls in estimators.items() if name == "all" or "Tree" in key or "Forest" in key}
        Registry(name=name, backend=backend).register_many(kept)
        backend.close()


def page(scheme: str, to: Path) -> None:
    """A picture of the page."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with served() as url, sync_playwright() as playwright:
        rights = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=rights)
        shown = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme=scheme, locale="en-GB")  # type: ignore[arg-type]  # one of its words
        shown.goto(f"{url}/#/science.estimators/RandomForestRegressor")
        shown.wait_for_selector("#state.live")
        shown.fill("#search", "forest")
        shown.wait_for_selector("#copy")
        shown.screenshot(path=to)
        browser.close()


def main() -> None:
    """Make them all."""
    (FOLDER / TERMINAL).write_text(terminal(said()), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        for scheme in ("light", "dark"):
            page(scheme, Path(folder) / "page.png")
            shutil.copy(Path(folder) / "page.png", FOLDER / f"page-{scheme}.png")


if __name__ == "__main__":
    main()
