"""The contract, checked."""

from pathlib import Path

from rootcellar_fonts import Fonts

from rootcellar.testing import check_exporter


def test_the_exporter_keeps_the_contract(tmp_path: Path) -> None:
    fonts = tmp_path / "Library" / "Fonts"
    fonts.mkdir(parents=True)
    (fonts / "Quince.ttf").write_bytes(b"a font")
    (fonts / "Quince.otf").write_bytes(b"the same font, otherwise")
    assert len(check_exporter(Fonts(), tmp_path)) == 2
