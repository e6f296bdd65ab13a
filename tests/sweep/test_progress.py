"""Progress is told where somebody looks, and nowhere else."""

import io
import sys

import pytest

from barledger.sweeps import progress
from barledger.sweeps.progress import Progress


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(progress, "PAUSE", -1.0)


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self) -> bool:
        return True


def test_terminals_have_a_line_that_goes_away(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    told = Progress(True, 100)
    told.tell(25, 25)
    assert "\rsweep: 25 of 100 variants" in screen.getvalue()
    told.end()
    assert screen.getvalue().endswith(" \r")


def test_pipes_and_files_see_nothing(monkeypatch):
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    told = Progress(True, 100)
    told.tell(25, 25)
    told.end()
    assert pipe.getvalue() == ""


def test_notebooks_have_a_bar_that_goes_away(monkeypatch):
    shown = []

    class Handle:
        def update(self, bar):
            shown.append(bar._repr_html_())

    def display(bar, display_id):
        shown.append(bar._repr_html_())
        return Handle()

    pytest.importorskip("IPython")
    monkeypatch.setattr(progress, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", display)
    told = Progress(True, 100)
    told.tell(25, 25)
    told.tell(50, 50)
    told.end()
    assert 'max="100" value="25"' in shown[0]
    assert 'value="50"' in shown[1]
    assert shown[2] == ""


def test_a_test_run_is_no_notebook():
    assert not progress.in_notebook()


def test_functions_are_called_with_numbers():
    seen = []
    Progress(lambda *told: seen.append(told[:2]), 10).tell(4, 4)
    assert seen == [(4, 10)]
