"""A page opened in a headless browser, where there is one."""

import html
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--enable-logging=stderr",
    "--virtual-time-budget=4000",
    "--dump-dom",
]
PROBE = """
<script>
const chosen = (page) => {
  const heat = page.querySelector(".heat");
  if (heat === null) return {};
  const slider = heat.querySelector("input"), plot = heat.querySelector(".plot");
  slider.value = slider.max;
  slider.dispatchEvent(new Event("input"));
  const box = plot.getBoundingClientRect();
  plot.dispatchEvent(new PointerEvent("pointermove", {clientX: box.right - 3, clientY: box.top + 3}));
  return {
    cell: plot.querySelector(".read").textContent,
    slider: heat.querySelector("output").textContent,
    sheets: [...heat.querySelectorAll(".sheet")].map((each) => each.style.display !== "none"),
  };
};
frame.onload = () => {
  const page = frame.contentDocument;
  const plot = page.querySelector(".plot[data-from]");
  const box = plot.getBoundingClientRect();
  plot.dispatchEvent(new PointerEvent("pointermove", {clientX: box.left + box.width / 2}));
  document.title = JSON.stringify({
    width: page.documentElement.scrollWidth,
    curves: page.querySelectorAll("path.line").length,
    read: plot.querySelector(".read").textContent,
    heat: chosen(page),
  });
};
</script>
"""


class Opened(NamedTuple):
    """What was seen: messages of the console, width of the page, curves, the hair line's words.

    `heat` is what a heat map tells once its slider is at its end and the pointer in its corner.
    """

    console: list[str]
    width: int
    curves: int
    read: str
    heat: dict[str, Any]


def opened(page: Path, width: int) -> Opened:
    """Open a page at a width, in a frame: browsers refuse windows as narrow as a phone."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("no chromium")
    source = html.escape(page.read_text(encoding="utf-8"), quote=True)
    outer = page.with_name(f"frame_{width}.html")
    style = f"border:0;width:{width}px;height:900px"
    outer.write_text(
        '<meta charset="utf-8"><body style="margin:0">'
        f'<iframe id="frame" style="{style}" srcdoc="{source}"></iframe>{PROBE}',
        encoding="utf-8",
    )
    with tempfile.TemporaryDirectory() as profile:
        command = [browser, *FLAGS, f"--user-data-dir={profile}", "--window-size=1700,1000"]
        done = subprocess.run(
            [*command, outer.as_uri()], capture_output=True, text=True, timeout=60
        )
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    found = re.search(r"<title>(.*?)</title>", done.stdout)
    assert found is not None, done.stderr[-2000:]
    return Opened(console, **json.loads(html.unescape(found.group(1))))
