"""The README's example runs and prints what the README says."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"


def block(language: str) -> str:
    """First block of a language in the README."""
    found = re.search(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found.group(1)


def test_readme_example_prints_what_the_readme_shows(capsys):
    exec(compile(block("python"), str(README), "exec"), {})
    assert capsys.readouterr().out == block("text")


def test_every_file_that_the_readme_links_to_exists():
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (README.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("command", ["demo", "warmup"])
def test_commands_of_the_readme_end_well(command, capsys):
    from barledger.cli import main

    assert main([command]) == 0
    assert capsys.readouterr().out
