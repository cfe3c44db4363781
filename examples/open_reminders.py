import json
import sys
from pathlib import Path

for path in sorted(Path(sys.argv[1]).glob("Reminders/*/*.json")):
    found = json.loads(path.read_text(encoding="utf-8"))
    left = [one for one in found.get("reminders", ()) if not one["completed"]]
    if still := [one for one in left if not (one.get("gone") or one.get("deleted"))]:
        lines = (f"  [ ] {one['title']}  {one.get('due', {}).get('value', '')}" for one in still)
        print(f"{found['list']['name']}\n\n" + "\n".join(lines) + "\n\f")
