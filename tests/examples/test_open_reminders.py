"""The example that prints open reminders: the code on its page is the script, and it works."""

import re
import subprocess
import sys
from pathlib import Path

from rootcellar.sample.reminders_content import sample_store

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPT = EXAMPLES / "open_reminders.py"
GROUP = "Library/Group Containers/group.com.apple.reminders/Container_v1"


def test_the_code_on_the_page_is_the_script_in_ten_lines() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", (EXAMPLES / "open-reminders.md").read_text(),
                        flags=re.MULTILINE | re.DOTALL)  # fmt: skip
    assert blocks == [SCRIPT.read_text()]
    assert len([line for line in SCRIPT.read_text().splitlines() if line]) <= 10


def test_it_prints_what_is_open_and_nothing_else(tmp_path: Path) -> None:
    sample_store().write(tmp_path / "home" / GROUP)
    environment = {
        "ROOTCELLAR_STATE": str(tmp_path / "state"),
        "ROOTCELLAR_CACHE": str(tmp_path / "cache"),
        "ROOTCELLAR_SETTINGS": str(tmp_path / "settings.toml"),
    }
    rootcellar = str(Path(sys.executable).parent / "rootcellar")
    command = [rootcellar, "export", "reminders", "--home", str(tmp_path / "home")]
    done = subprocess.run(
        [*command, "--archive", str(tmp_path / "archive")], env=environment, capture_output=True
    )
    assert done.returncode == 3, done.stderr
    printed = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path / "archive")],
        capture_output=True, text=True, check=True, encoding="utf-8",
    ).stdout  # fmt: skip
    pages = [page.strip().splitlines() for page in printed.split("\f") if page.strip()]
    assert [page[0] for page in pages] == ["Garden / Orchard", "Groceries"]
    assert pages[1][2:] == ["  [ ] Flour, 2 kg; not sifted  2026-07-04T09:00:00"]
    assert len(pages[0]) == 2 + 6
    assert "Burn the leaves" not in printed
    assert "Ask for the ladder" not in printed
