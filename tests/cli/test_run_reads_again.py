"""What a job reads again of the archive after its export: once a day, healed, and told."""

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from listening import Server, listening


@pytest.fixture
def server() -> Iterator[Server]:
    with listening() as found:
        yield found


@pytest.fixture
def nightly(garden: Any, server: Server) -> Any:
    """A garden with a job that has run, and somebody who is told."""
    assert garden.run("init", garden.archive, "--home", garden.home, "--yes").code == 0
    settle(garden, server)
    return garden


def settle(world: Any, server: Server, verify: str = "5m") -> None:
    world.settle(
        f'archive = "{world.archive}"\nhome = "{world.home}"\nexporters = ["garden"]\n'
        f'[jobs.nightly]\nverify = "{verify}"\n'
        f'[notify]\nsystem = false\nurls = ["json://{server.address}/"]\n'
    )


def a_day_later(world: Any) -> None:
    with sqlite3.connect(world.root / "state" / "state.sqlite") as connection:
        connection.execute(
            "UPDATE occasion SET moment = strftime('%Y-%m-%dT%H:%M:%S+00:00', moment, '-1 day')"
        )


def told(server: Server) -> list[str]:
    return [json.loads(body)["title"] for _, body in server.taken]


def checked(world: Any) -> Any:
    return world.run("run", "nightly", "--json").document["jobs"]["nightly"]["checked"]


def flip(path: Path) -> None:
    status, data = path.stat(), bytearray(path.read_bytes())
    data[1] ^= 4
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_job_reads_the_archive_again_once_a_day(nightly: Any) -> None:
    first = checked(nightly)
    assert (first["files"] >= 3, first["left"], first["damaged"]) == (True, 0, 0)
    assert checked(nightly) is None
    a_day_later(nightly)
    assert checked(nightly)["files"] == first["files"]
    assert "Read again (rootcellar verify): 20" in nightly.run("status").out


def test_a_job_may_read_a_part_all_or_nothing(nightly: Any, server: Server) -> None:
    settle(nightly, server, "off")
    assert checked(nightly) is None
    settle(nightly, server, "1")
    assert checked(nightly)["files"] > 0
    a_day_later(nightly)
    settle(nightly, server, "all")
    assert checked(nightly)["left"] == 0
    settle(nightly, server, "often")
    done = nightly.run("run", "nightly")
    assert done.code == 2
    assert "it must be a time, a size, all or off" in done.err


def test_damage_is_healed_from_the_source_at_once_and_told(nightly: Any, server: Server) -> None:
    nightly.run("run")
    a_day_later(nightly)
    flip(nightly.archive / "Garden/pear.txt")
    done = nightly.run("run", "nightly")
    assert done.code == 0
    assert "1 damaged file healed" in done.out
    assert (nightly.archive / "Garden/pear.txt").read_text() == "pear"
    (title,) = told(server)
    assert "nightly: 1 damaged files of the archive were healed" in title
    status = nightly.run("status")
    assert "damage was found, and healed" in status.out
    assert status.code == 0
    nightly.run("run", "--due")
    assert len(server.taken) == 1


def test_damage_that_nobody_can_mend_is_told_and_stays_told(nightly: Any, server: Server) -> None:
    nightly.run("run")
    (nightly.home / "Garden/pear.txt").unlink()
    nightly.run("run")
    a_day_later(nightly)
    flip(nightly.archive / "Garden/pear.txt")
    done = nightly.run("run", "nightly")
    assert done.code == 3
    assert "Garden/pear.txt: its bytes have changed by themselves" in done.out
    (title,) = told(server)
    assert "1 files of the archive are damaged" in title
    status = nightly.run("status")
    assert (status.code, "something was wrong" in status.out) == (3, True)
    a_day_later(nightly)
    assert checked(nightly)["damaged"] == 1
    assert len(server.taken) == 1
