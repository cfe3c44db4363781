"""Sends one message by Apprise: `python -m`, a JSON object on stdin; exit code 0 if it was taken.

In a process of its own, which can be ended: a service whose answer never ends would keep a thread
of Apprise's, and with it the whole run, from ever ending.
"""

import json
import sys


def main() -> int:
    """Send what stdin says: `url`, `title`, `body`, and `kind`, one of Apprise's types."""
    import apprise

    order = json.load(sys.stdin)
    service = apprise.Apprise()
    message = {name: order[name] for name in ("title", "body")}
    kind = apprise.NotifyType(order["kind"])
    return not (service.add(order["url"]) and service.notify(**message, notify_type=kind))


if __name__ == "__main__":
    sys.exit(main())
