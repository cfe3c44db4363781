"""Views: pages rendered with Jinja2 from records. A person's own templates win over ours."""

import contextlib
import hashlib
import importlib.resources
import itertools
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rootcellar.canonical import utf8
from rootcellar.errors import UsageError
from rootcellar.exporter import Exporter
from rootcellar.page_values import local, yaml

if TYPE_CHECKING:
    import jinja2

VIEW_VERSION = "1"
"""Raised when the environment itself would render the same template differently."""


MEND = "Mend it, or remove it from your template folder to use rootcellar's own."


PIECES = 1_000
"""How many pieces of a page are put together at a time."""


class Views:
    """The templates: the user's folder first, then ours, then what an exporter brings along."""

    def __init__(
        self,
        own: Path | None,
        exporters: tuple[Exporter, ...] = (),
        filters: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:
        ours = Path(str(importlib.resources.files("rootcellar_templates")))
        brought = [folder for one in exporters if (folder := _brought_by(one))]
        self._own = own
        self.folders = [*([own] if own else []), ours, *brought]
        self._exporters = exporters
        self._filters = dict(filters or {})
        self._environment: jinja2.Environment | None = None
        self._loaded: dict[str, jinja2.Template] = {}

    def render(self, template: str, **variables: Any) -> bytes:
        """Return a template rendered, in NFC and UTF-8; raises UsageError for a broken one."""
        return self._render(template, variables, _encoded)

    def render_exactly(self, template: str, **variables: Any) -> bytes:
        """Return a template rendered, in UTF-8, with every path as it is spelled on disk."""
        return self._render(template, variables, lambda pieces: "".join(pieces).encode())

    def _render(
        self,
        template: str,
        variables: Mapping[str, Any],
        encode: Callable[[Iterable[str]], bytes],
    ) -> bytes:
        import jinja2

        try:
            if template not in self._loaded:
                self._loaded[template] = self._jinja().get_template(template)
            return _page(self._loaded[template], variables, encode)
        except jinja2.TemplateSyntaxError as error:
            raise UsageError(
                f"The template {error.filename or template} is wrong in line {error.lineno}: "
                f"{error.message}",
                hint=MEND,
            ) from error
        except jinja2.TemplateNotFound as error:
            raise UsageError(
                f"There is no template {error.name}.",
                hint="Looked in: " + ", ".join(map(str, self.folders)),
            ) from error
        except Exception as error:  # a template may do anything that Python can
            raise UsageError(
                f"The template {self._place_of(error, template)} fails: "
                f"{type(error).__name__}: {error}",
                hint=MEND,
            ) from error

    def page(
        self,
        template: str,
        record: Mapping[str, Any],
        files: Iterable[Mapping[str, Any]],
        title: str,
        links: Mapping[str, str],
    ) -> bytes:
        """Return a page of an item, or of a gathering: what the core renders."""
        return self.render(template, record=record, files=files, title=title, links=links)

    def __reduce__(self) -> tuple[type["Views"], tuple[Any, ...]]:
        """Travel to the process that reads as what they were made from."""
        return Views, (self._own, self._exporters, self._filters)

    def render_with(self, template: str) -> Callable[[Mapping[str, Any]], bytes]:
        """Return what renders one template with the variables it is given."""
        return lambda variables: self.render(template, **variables)

    def warm_up(self, exporter: Exporter) -> None:
        """Load jinja2 and an exporter's templates, before the first page is rendered."""
        for name in self._jinja().list_templates():
            if name.startswith(f"{exporter.name}/"):
                with contextlib.suppress(Exception):  # a broken one is told when it is used
                    self._loaded[name] = self._jinja().get_template(name)

    def digest(self, exporter: Exporter) -> str:
        """Return a digest of every template an exporter may use; jinja2 is not needed for it."""
        return self.digest_of(exporter.name)

    def digest_of(self, name: str) -> str:
        """Return a digest of every template below the folder `name`."""
        digest = hashlib.sha256(VIEW_VERSION.encode())
        for folder in self.folders:
            for path in sorted((folder / name).rglob("*")):
                if path.is_file() and not path.name.startswith("."):
                    digest.update(path.relative_to(folder).as_posix().encode())
                    digest.update(path.read_bytes())
        return digest.hexdigest()

    def _place_of(self, error: Exception, template: str) -> str:
        """Return the file and line in which a template failed, as far as they are known."""
        import traceback

        for step in reversed(traceback.extract_tb(error.__traceback__)):
            if any(Path(step.filename).is_relative_to(folder) for folder in self.folders):
                return f"{step.filename}, line {step.lineno},"
        found = (folder / template for folder in self.folders if (folder / template).is_file())
        return str(next(found, template))

    def _jinja(self) -> "jinja2.Environment":
        if self._environment is None:
            import jinja2

            # Records leave out what is empty, so a template may ask for what is not there.
            self._environment = _environment_class()(
                loader=jinja2.FileSystemLoader(self.folders),
                autoescape=jinja2.select_autoescape(("xml", "xmp", "html")),
                undefined=jinja2.ChainableUndefined,
                trim_blocks=True,
                lstrip_blocks=True,
                keep_trailing_newline=True,
            )
            plainly = {"ensure_ascii": False}  # the keys of a record come in an order of their own
            self._environment.policies["json.dumps_kwargs"] = plainly
            self._environment.filters.update({"local": local, "yaml": yaml, **self._filters})
            for exporter in self._exporters:
                self._environment.filters.update(exporter.filters())
        return self._environment


def _page(
    template: "jinja2.Template",
    variables: Mapping[str, Any],
    encode: Callable[[Iterable[str]], bytes],
) -> bytes:
    """Return a template rendered; jinja2's own way hands every piece through another generator."""
    try:
        return encode(template.root_render_func(template.new_context(dict(variables))))
    except Exception:
        # Only jinja2 knows which line of the template it was: it says so when it fails itself.
        for _ in template.generate(**variables):
            pass
        raise


def _encoded(pieces: Iterable[str]) -> bytes:
    """Return a page in NFC and UTF-8; a long one is never held whole as text.

    It is cut after ends of lines, across which nothing composes.
    """
    done: list[bytes] = []
    rest = ""
    several = iter(pieces)
    while some := list(itertools.islice(several, PIECES)):
        rest += "".join(some)
        if len(some) < PIECES:
            break
        whole, end, rest = rest.rpartition("\n")
        done.append(utf8(whole + end))
    done.append(utf8(rest))
    return done[0] if len(done) == 1 else b"".join(done)


def _environment_class() -> "type[jinja2.Environment]":
    """Return jinja2's environment, which looks into records at once.

    `record.title` asks a dict for an attribute first and, after the error, for an item: half the
    time of a page whose record leaves out what is empty.
    """
    import jinja2

    methods = frozenset(dir(dict))

    class RecordsEnvironment(jinja2.Environment):
        def getattr(self, obj: Any, attribute: str) -> Any:
            if type(obj) is dict and attribute not in methods:
                if attribute in obj:
                    return obj[attribute]
                return self.undefined(obj=obj, name=attribute)
            return super().getattr(obj, attribute)

    return RecordsEnvironment


def _brought_by(exporter: Exporter) -> Path | None:
    """Return the `templates` folder beside an exporter's own module, if it has one."""
    module = sys.modules.get(type(exporter).__module__.partition(".")[0])
    if module is None or module.__file__ is None:
        return None
    folder = Path(module.__file__).parent / "templates"
    return folder if folder.is_dir() else None
