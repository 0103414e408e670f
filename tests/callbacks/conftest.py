import pytest
from served_endpoints import FRAMEWORKS


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    """Each that endpoints run under."""
    return str(request.param)
