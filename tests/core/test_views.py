"""Views: a person's own templates win, and a broken one is told with its file and line."""

import sys
import types
from pathlib import Path

import pytest

from rootcellar.api import Exporter, Store
from rootcellar.errors import UsageError
from rootcellar.views import Views


class Pears(Exporter):
    name = "pears"
    reads = (Store("Pears", "Pears"),)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    (folder / "pears").mkdir(parents=True)
    return folder


@pytest.fixture
def brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exporter:
    """An exporter whose module has a folder `templates` beside it."""
    templates = tmp_path / "package" / "templates" / "pears"
    templates.mkdir(parents=True)
    (templates / "page.txt").write_text("brought: {{ title }}\n")
    module = types.ModuleType("garden")
    module.__file__ = str(tmp_path / "package" / "garden.py")
    monkeypatch.setitem(sys.modules, "garden", module)
    exporter = Pears()
    monkeypatch.setattr(Pears, "__module__", "garden.trees")
    return exporter


def page(views: Views, template: str = "pears/page.txt", **variables: object) -> str:
    return views.render(template, **{"title": "Pear", "record": {}, **variables}).decode()


def test_an_exporter_brings_its_own_templates(brought: Exporter) -> None:
    assert page(Views(None, (brought,))) == "brought: Pear\n"


def test_a_persons_own_template_wins(own: Path, brought: Exporter) -> None:
    (own / "pears" / "page.txt").write_text("mine: {{ title }}\n")
    assert page(Views(own, (brought,))) == "mine: Pear\n"
    (own / "photos").mkdir()
    (own / "photos" / "sidecar.xmp").write_text("mine")
    assert page(Views(own, (brought,)), "photos/sidecar.xmp") == "mine"


def test_what_is_missing_in_a_persons_folder_is_taken_from_the_others(
    own: Path, brought: Exporter
) -> None:
    views = Views(own, (brought,))
    assert page(views) == "brought: Pear\n"
    assert "<x:xmpmeta" in page(views, "photos/sidecar.xmp")


def test_a_folder_of_templates_that_is_not_there_does_no_harm(
    tmp_path: Path, brought: Exporter
) -> None:
    assert page(Views(tmp_path / "none", (brought,))) == "brought: Pear\n"


def test_a_template_may_include_another_and_ask_for_what_is_not_there(own: Path) -> None:
    (own / "pears" / "page.txt").write_text("{% include 'pears/foot.txt' %}")
    (own / "pears" / "foot.txt").write_text("[{{ record.place.town }}]")
    assert page(Views(own)) == "[]"


def test_pages_are_in_nfc_and_utf_8(own: Path) -> None:
    (own / "pears" / "page.txt").write_text("{{ title }}")
    assert Views(own).render("pears/page.txt", title="Cafe\u0301 🍐") == "Café 🍐".encode()


def test_markup_is_escaped_and_text_is_not(own: Path) -> None:
    for name in ("page.txt", "page.html", "page.xmp"):
        (own / "pears" / name).write_text("{{ title }}")
    views = Views(own)
    assert page(views, "pears/page.txt", title="<a> & b") == "<a> & b"
    assert page(views, "pears/page.html", title="<a> & b") == "&lt;a&gt; &amp; b"
    assert page(views, "pears/page.xmp", title="<a> & b") == "&lt;a&gt; &amp; b"


def refusal(views: Views, template: str = "pears/page.txt") -> UsageError:
    with pytest.raises(UsageError) as caught:
        page(views, template)
    return caught.value


def test_a_broken_template_is_told_with_its_file_and_line(own: Path) -> None:
    broken = own / "pears" / "page.txt"
    broken.write_text("{{ title }}\n{% if %}\n")
    error = refusal(Views(own))
    assert f"The template {broken} is wrong in line 2: " in error.message
    assert "your template folder" in error.hint


def test_a_template_that_fails_is_told_with_its_file_and_line(own: Path) -> None:
    broken = own / "pears" / "page.txt"
    for text in ("{{ title | nosuch }}", "{{ 1 / 0 }}", "{{ title + 1 }}", "{{ title() }}"):
        broken.write_text(f"\n\n{text}\n")
        error = refusal(Views(own))
        assert str(broken) in error.message
        assert "line 3" in error.message


def test_a_broken_template_in_another_is_told_with_its_own_file(own: Path) -> None:
    (own / "pears" / "page.txt").write_text("{% include 'pears/foot.txt' %}")
    (own / "pears" / "foot.txt").write_text("\n{% endfor %}")
    assert f"The template {own / 'pears' / 'foot.txt'} is wrong in line 2" in (
        refusal(Views(own)).message
    )


def test_a_template_that_is_not_there_is_told_with_where_it_was_looked_for(own: Path) -> None:
    error = refusal(Views(own), "pears/none.txt")
    assert "There is no template pears/none.txt" in error.message
    assert str(own) in error.hint


def test_a_template_that_is_no_text_is_told(own: Path) -> None:
    broken = own / "pears" / "page.txt"
    broken.write_bytes(b"\xff\xfe")
    assert str(broken) in refusal(Views(own)).message


def test_warming_up_does_not_stumble_over_a_broken_template(own: Path) -> None:
    (own / "pears" / "page.txt").write_text("{{ title }}")
    (own / "pears" / "other.txt").write_text("{% if %}")
    views = Views(own)
    views.warm_up(Pears())
    assert page(views) == "Pear"


def test_the_digest_changes_with_every_template_of_the_exporter(
    own: Path, brought: Exporter, tmp_path: Path
) -> None:
    def digest() -> str:
        return Views(own, (brought,)).digest(brought)

    digests = [digest()]
    (own / "pears" / "page.txt").write_text("one")
    digests.append(digest())
    (own / "pears" / "page.txt").write_text("two")
    digests.append(digest())
    (own / "pears" / "page.txt").rename(own / "pears" / "foot.txt")
    digests.append(digest())
    (tmp_path / "package" / "templates" / "pears" / "page.txt").write_text("three")
    digests.append(digest())
    assert len(set(digests)) == 5
    assert digest() == digest()


def test_the_digest_stays_when_other_things_change(own: Path) -> None:
    before = Views(own).digest(Pears())
    (own / "photos").mkdir()
    (own / "photos" / "sidecar.xmp").write_text("mine")
    (own / "pears" / ".DS_Store").write_bytes(b"")
    assert Views(own).digest(Pears()) == before


def test_the_digest_needs_no_jinja2(own: Path) -> None:
    import subprocess

    code = (
        "import sys; from pathlib import Path; from rootcellar.views import Views; "
        "from rootcellar_photos import Photos; "
        f"Views(Path({str(own)!r}), (Photos(),)).digest(Photos()); "
        "assert 'jinja2' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
