"""The folder of real data beside the repository, which tests use when it is there.

`BARLEDGER_SHARED` names another place. Nothing of it is ever copied here.
"""

import os
from pathlib import Path

import pytest

SHARED = Path(
    os.environ.get("BARLEDGER_SHARED") or Path(__file__).resolve().parents[1].parent / "shared"
)
DATA = SHARED / "data"
needs_shared = pytest.mark.skipif(
    not DATA.is_dir(), reason=f"no folder {DATA} (BARLEDGER_SHARED names another)"
)
