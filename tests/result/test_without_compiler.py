"""Statistics and trades where nothing is compiled, as for a debugger or coverage."""

import os
import subprocess
import sys

SCRIPT = """
import numpy as np, barledger as bl
bars = bl.Bars.from_arrays([10.0, 10.0, 12.0, 11.0])
result = bl.Portfolio.from_orders(bars, [10.0, -10.0, 10.0, np.nan], initial_cash=1000, fees=0.01)
print(result.trades["pnl"].round(6).to_list(), round(result.total_return, 6), result.n_trades)
repr(result), result.stats(), result["asset"].profit, result[1:].sharpe
"""


def test_a_result_is_derived_without_the_compiler_too():
    # 10 bought at 10 and sold at 12: 20 less 1 and 1.20; bought again at 11: -1.10 of fee.
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.strip() == "[17.8, -1.1] 0.0167 1"
