from pathlib import Path

from example_files import PROJECT, ended


async def test_a_practice_moves() -> None:
    page = PROJECT / "moved.html"
    try:
        code, output, errors = await ended("move_practice.py")

        assert code == 0, errors
        assert "In the portal: 20 customers, 20 appointments\n" in output
        assert "Getting to know each other" in _text(page)
    finally:
        page.unlink(missing_ok=True)


def _text(page: Path) -> str:
    return page.read_text(encoding="utf-8")
