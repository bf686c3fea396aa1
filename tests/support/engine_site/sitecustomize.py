"""For processes that tests start: their data folders are on the engine of the run, too (tests/support/engines.py, file_engine.py)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
from tests.support import engines, file_engine

engines.use()
file_engine.use()
