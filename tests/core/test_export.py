"""What an export promises, told with a made-up exporter: files in a folder, and the report."""

import json

from orchard import Farm, counts, tree


def lines(farm: Farm, folder: str) -> list[dict]:
    text = (farm.archive / folder / "metadata.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_a_first_export_writes_files_records_and_pages(farm: Farm) -> None:
    farm.plant("a", b"apple", place="2024/Apple", text="crisp")
    report = farm.export()
    assert report.outcome == "ok"
    assert counts(report) == {"new": 1}
    found = tree(farm.archive)
    assert found["Orchard/2024/Apple.bin"] == b"apple"
    assert found["Orchard/2024/Apple (note).txt"] == b"crisp"
    (line,) = lines(farm, "Orchard/2024")
    assert line["key"] == "a"
    assert line["gone"] is False
    assert {file["role"] for file in line["files"]} == {"original", "note", "page"}


def test_a_second_export_changes_nothing_but_the_status(farm: Farm) -> None:
    farm.plant("a", place="2024/Apple")
    farm.export()
    before = {path: path.stat().st_mtime_ns for path in farm.archive.rglob("*") if path.is_file()}
    report = farm.export()
    after = {path: path.stat().st_mtime_ns for path in farm.archive.rglob("*") if path.is_file()}
    assert counts(report) == {"unchanged": 1}
    assert report.exporters["orchard"].files == 0
    assert {path.name for path in before if before[path] != after[path]} == {"STATUS.txt"}
    assert before.keys() == after.keys()


def test_a_replaced_file_moves_to_history(farm: Farm) -> None:
    farm.plant("a", b"apple", place="Apple")
    farm.export()
    farm.plant("a", b"pears", place="Apple")
    report = farm.export()
    assert counts(report) == {"changed": 1}
    found = tree(farm.archive, inside=True)
    assert found["Orchard/Apple.bin"] == b"pears"
    assert b"apple" in found.values()


def test_an_item_that_vanishes_stays_and_is_marked_gone(farm: Farm) -> None:
    for key in "abcdefgh":
        farm.plant(key, key.encode(), place=f"2024/{key}")
    farm.export()
    farm.fell("c")
    report = farm.export()
    assert counts(report) == {"gone": 1, "unchanged": 7}
    assert (farm.archive / "Orchard/2024/c.bin").read_bytes() == b"c"
    assert [line["key"] for line in lines(farm, "Orchard/2024") if line["gone"]] == ["c"]
    assert counts(farm.export()) == {"unchanged": 7}


def test_an_item_that_comes_back_is_no_longer_gone(farm: Farm) -> None:
    for key in "abcdefgh":
        farm.plant(key, key.encode())
    farm.export()
    farm.fell("c")
    farm.export()
    farm.plant("c", b"c")
    assert counts(farm.export()) == {"changed": 1, "unchanged": 7}
    assert not any(line["gone"] for line in lines(farm, "Orchard"))


def test_a_new_place_is_a_rename(farm: Farm) -> None:
    farm.plant("a", b"apple", place="2024/Apple")
    farm.export()
    inode = (farm.archive / "Orchard/2024/Apple.bin").stat().st_ino
    farm.plant("a", b"apple", place="2025/Apple")
    assert counts(farm.export()) == {"moved": 1}
    assert (farm.archive / "Orchard/2025/Apple.bin").stat().st_ino == inode
    assert not (farm.archive / "Orchard/2024").exists()
    assert counts(farm.export()) == {"unchanged": 1}


def test_items_that_wish_for_one_name_all_get_a_piece_of_their_digest(farm: Farm) -> None:
    for key in ("a", "b", "c"):
        farm.plant(key, key.encode(), place="Apple" if key != "c" else "APPLE")
    farm.export()
    names = sorted(path.name for path in farm.archive.glob("Orchard/*.bin"))
    assert len(names) == 3
    assert all(" ~" in name for name in names)


def test_a_later_arrival_takes_the_digest_and_the_first_keeps_its_name(farm: Farm) -> None:
    farm.plant("a", b"a", place="Apple")
    farm.export()
    farm.plant("b", b"b", place="Apple")
    farm.export()
    assert (farm.archive / "Orchard/Apple.bin").read_bytes() == b"a"
    (other,) = farm.archive.glob("Orchard/Apple ~*.bin")
    assert other.read_bytes() == b"b"
    assert counts(farm.export()) == {"unchanged": 2}


def test_a_stranger_in_the_archive_is_never_overwritten(farm: Farm) -> None:
    farm.plant("a", b"a", place="2024/Pear")
    farm.export()
    stranger = farm.archive / "Orchard/2024/apple.BIN"
    stranger.write_bytes(b"mine")
    farm.plant("b", b"b", place="2024/Apple")
    farm.export()
    assert stranger.read_bytes() == b"mine"
    (other,) = farm.archive.glob("Orchard/2024/Apple ~*.bin")
    assert other.read_bytes() == b"b"


def test_a_page_someone_edited_is_kept(farm: Farm) -> None:
    farm.plant("a", b"a", place="Apple", text="one")
    farm.export()
    page = farm.archive / "Orchard/Apple.bin.page"
    page.write_text("my own words, longer than before")
    farm.plant("a", b"a", place="Apple", text="two")
    report = farm.export()
    assert counts(report) == {"changed": 1, "kept": 1}
    assert page.read_text() == "my own words, longer than before"


def test_what_is_absent_is_named_and_taken_once_it_appears(farm: Farm) -> None:
    farm.plant("a", None, place="Apple")
    report = farm.export()
    assert report.outcome == "partial"
    (absent,) = report.exporters["orchard"].absent
    assert (absent.key, absent.reason, absent.hint) == ("a", "only in iCloud", "Download it.")
    assert (farm.archive / "Orchard/Apple.txt").read_bytes() == b"preview"
    farm.plant("a", b"apple", place="Apple")
    report = farm.export()
    assert report.outcome == "ok"
    assert counts(report) == {"changed": 1}
    assert (farm.archive / "Orchard/Apple.bin").read_bytes() == b"apple"
    assert not (farm.archive / "Orchard/Apple.txt").exists()


def test_an_original_that_leaves_the_source_stays_in_the_archive(farm: Farm) -> None:
    farm.plant("a", b"apple", place="Apple")
    farm.export()
    farm.plant("a", None, place="Apple")
    report = farm.export()
    assert report.outcome == "ok"
    assert (farm.archive / "Orchard/Apple.bin").read_bytes() == b"apple"
    assert not (farm.archive / "Orchard/Apple.txt").exists()


def test_two_archives_come_out_equal(farm: Farm) -> None:
    for number in range(30):
        farm.plant(f"k{number}", b"%d" % number, place=f"{number % 3}/Apple", text="x")
    farm.album("1", "Harvest", "k3", "k1")
    farm.export()
    farm.export(farm.root / "other")
    assert tree(farm.archive) == tree(farm.root / "other")


def test_an_album_lists_its_members_in_order_and_keeps_those_gone(farm: Farm) -> None:
    for key in "abcdefgh":
        farm.plant(key, key.encode())
    farm.album("1", "Harvest", "c", "a", "b")
    farm.export()
    farm.fell("a")
    farm.album("1", "Harvest", "c", "b")
    farm.export()
    album = json.loads((farm.archive / "Orchard/Albums/Harvest.json").read_text())
    assert album["groups"]["items"] == [
        {"Orchard/": ["c.bin", "b.bin"]},
        {"Orchard/": ["a.bin"], "gone": True},
    ]


def test_a_renamed_album_rewrites_its_one_file(farm: Farm) -> None:
    farm.plant("a")
    farm.album("1", "Harvest", "a")
    farm.export()
    farm.album("1", "Autumn", "a")
    report = farm.export()
    assert report.exporters["orchard"].files == 1
    assert [path.name for path in farm.archive.glob("Orchard/Albums/*")] == ["Autumn.json"]
    assert counts(report) == {"unchanged": 1}


def test_a_renumbered_source_is_recognised_by_content(farm: Farm) -> None:
    for number in range(40):
        farm.plant(f"old{number}", b"apple %d" % number, place=f"Apple {number}")
    farm.export()
    inodes = {path.name: path.stat().st_ino for path in farm.archive.glob("Orchard/*.bin")}
    for number in range(40):
        farm.fell(f"old{number}")
        farm.plant(f"new{number}", b"apple %d" % number, place=f"Apple {number}", store="s2")
    report = farm.export()
    assert report.outcome == "ok"
    assert counts(report) == {"changed": 40}
    assert {p.name: p.stat().st_ino for p in farm.archive.glob("Orchard/*.bin")} == inodes
    assert counts(farm.export()) == {"unchanged": 40}


def test_a_lost_file_is_written_again_in_a_thorough_run(farm: Farm) -> None:
    farm.plant("a", b"apple", place="Apple")
    farm.plant("b", b"pear", place="Pear")
    farm.export()
    (farm.archive / "Orchard/Apple.bin").unlink()
    (farm.archive / "Orchard/Pear.bin").write_bytes(b"rotten")
    report = farm.export(thorough=True)
    assert counts(report) == {"changed": 2}
    assert (farm.archive / "Orchard/Apple.bin").read_bytes() == b"apple"
    assert (farm.archive / "Orchard/Pear.bin").read_bytes() == b"pear"
    (foreign,) = farm.archive.glob(".rootcellar/quarantine/*")
    assert foreign.read_bytes() == b"rotten"


def test_a_damaged_records_file_is_made_good_again(farm: Farm) -> None:
    for key in "abc":
        farm.plant(key, key.encode(), place=f"2024/{key}")
    farm.export()
    records = farm.archive / "Orchard/2024/metadata.jsonl"
    good = records.read_bytes()
    records.write_bytes(good.replace(b'"gone":false', b'"gone":maybe', 1))
    farm.plant("d", b"d", place="2024/d")
    farm.export()
    assert [line["key"] for line in lines(farm, "Orchard/2024")] == ["a", "b", "c", "d"]
    assert records.read_bytes().startswith(good)


def test_new_templates_render_pages_again_from_stored_records(farm: Farm) -> None:
    farm.plant("a", place="Apple", text="crisp")
    farm.export()
    page = farm.archive / "Orchard/Apple.bin.page"
    before = page.read_bytes()
    assert counts(farm.export(views_digest="2")) == {"unchanged": 1}
    assert page.read_bytes() == before


def test_trouble_with_a_part_of_the_source_marks_nothing_of_it_gone(farm: Farm) -> None:
    farm.plant("a", b"a", store="one")
    farm.plant("b", b"b", store="two")
    farm.plant("c", b"c", store="two")
    farm.export()
    farm.plant("a", b"a", trouble=True)
    report = farm.export()
    assert report.outcome == "partial"
    assert counts(report) == {"unchanged": 2}
    assert report.exporters["orchard"].failed[0].reason == "the orchard is locked"


def test_trouble_with_a_store_that_was_seen_in_part_marks_nothing_of_it_gone(farm: Farm) -> None:
    farm.plant("a", b"a", store="one")
    farm.plant("b", b"b", store="one")
    farm.plant("c", b"c", store="two")
    farm.plant("d", b"d", store="two")
    farm.export()
    farm.plant("a", b"a", store="one", trouble=True, in_part=True)
    farm.fell("d")
    report = farm.export()
    assert report.outcome == "partial"
    assert counts(report) == {"unchanged": 2, "gone": 1}


def test_what_a_person_should_know_is_noted_and_costs_the_run_nothing(farm: Farm) -> None:
    farm.plant("a", b"a", notice="A basket stands beside the orchard.")
    report = farm.export()
    assert (report.outcome, report.notes) == ("ok", ["A basket stands beside the orchard."])


def test_a_file_of_the_source_that_cannot_be_read_is_reported_and_tried_again(farm: Farm) -> None:
    farm.plant("a", b"apple", place="Apple")
    beside = farm.store / "a.bin"
    beside.unlink()
    beside.symlink_to("a.bin")  # a link to itself: it is listed, and cannot be opened
    farm.exporter.files = lambda path, tree: [  # type: ignore[method-assign]
        *_copy(beside)
    ]
    report = farm.export()
    assert report.outcome == "partial"
    (failed,) = report.exporters["orchard"].failed
    assert "cannot be read" in failed.reason
    beside.unlink()
    beside.write_bytes(b"apple")
    report = farm.export()
    assert report.outcome == "ok"
    assert (farm.archive / "Orchard/Apple.bin").read_bytes() == b"apple"


def _copy(path):
    from rootcellar.api import CopyOf, File

    return [File("original", ".bin", CopyOf(path))]


def test_a_dry_run_writes_nothing(farm: Farm) -> None:
    farm.plant("a")
    report = farm.export(dry_run=True)
    assert counts(report) == {"new": 1}
    assert not farm.archive.exists()
    farm.export()
    before = tree(farm.archive, inside=True)
    farm.plant("b")
    assert counts(farm.export(dry_run=True)) == {"new": 1, "unchanged": 1}
    assert tree(farm.archive, inside=True) == before


def test_a_folder_and_a_folder_in_it_may_be_spelled_differently(farm: Farm) -> None:
    farm.plant("k1", place="Food/Baked/Pie")
    farm.plant("k2", place="food/Jam")
    assert counts(farm.export()) == {"new": 2}
    farm.plant("k3", place="FOOD/Plum")
    farm.plant("k4", place="food/baked/Tart")
    assert counts(farm.export()) == {"new": 2, "unchanged": 2}
    farm.plant("k1", place="fOOd/Pie")
    assert counts(farm.export()) == {"moved": 1, "unchanged": 3}
    folders = {path.rpartition("/")[0] for path in tree(farm.archive) if path.endswith(".bin")}
    assert len({folder.casefold() for folder in folders}) == len(folders)
    assert counts(farm.export(thorough=True)) == {"unchanged": 4}
