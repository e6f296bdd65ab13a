"""What the pages of the documentation show runs, and what they list is complete."""

import re
from pathlib import Path

import pytest

from barledger.result.reasons import REASONS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "```python" in path.read_text("utf-8"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_blocks_of_a_page_run_one_after_the_other(path, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```", path.read_text("utf-8"), re.M | re.S):
        exec(compile(block, str(path), "exec"), names)


def test_every_reason_is_explained_in_the_troubleshooting():
    text = (DOCS / "troubleshooting.md").read_text("utf-8")
    listed = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", text, re.M)
    assert [(name, words.strip()) for name, words in listed] == list(REASONS.items())


def test_every_page_is_in_the_navigation():
    navigation = (DOCS.parent / "mkdocs.yml").read_text("utf-8")
    missing = [str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")
               if str(path.relative_to(DOCS)) not in navigation]  # fmt: skip
    assert missing == []
