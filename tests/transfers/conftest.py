from pathlib import Path
from typing import Any

import pytest
from file_sources import Sources


@pytest.fixture
def sources(tmp_path: Path) -> Any:
    made = Sources(tmp_path)
    yield made
    for file in made.opened:
        # U5: what the caller opened is the caller's to close.
        assert not file.closed
        file.close()
