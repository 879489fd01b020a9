"""The compiler of the Danish and German message catalogues, without the gettext tools that Django's command
needs. It runs at every start if necessary; `python -m config.compile_messages` runs it in advance."""

import logging
import os
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
_logger = logging.getLogger(__name__)


def locale_folders() -> list[Path]:
    """Return the folders of catalogues: the product's, then those of apps that have their own."""
    own = (path.with_name("locale") for path in sorted(ROOT.glob("*/apps.py")))
    return [LOCALE, *(path for path in own if path.is_dir())]


def compile_folder(source: Path, target: Path) -> None:
    """Compile the catalogues of a folder into `target`. Files are replaced atomically."""
    for path in source.glob("*/LC_MESSAGES/*.po"):
        compiled = target / path.relative_to(source).with_suffix(".mo")
        compiled.parent.mkdir(parents=True, exist_ok=True)
        scratch = compiled.with_name(f".{compiled.name}.{os.getpid()}")
        polib.pofile(str(path)).save_as_mofile(str(scratch))
        scratch.replace(compiled)


def is_compiled(source: Path, target: Path) -> bool:
    """Whether the catalogues of a folder are compiled into `target` and up to date."""
    sources = source.glob("*/LC_MESSAGES/*.po")
    pairs = [(path, target / path.relative_to(source).with_suffix(".mo")) for path in sources]
    return all(
        compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime for path, compiled in pairs
    )


def ensure_compiled(source: Path, elsewhere: Path) -> list[Path]:
    """Return the folders of compiled catalogues for LOCALE_PATHS, current ones first. If none is current, compile
    beside the sources, or `elsewhere` if the source tree is read-only."""
    targets = (source, elsewhere)
    if not any(is_compiled(source, target) for target in targets):
        for target in targets:
            try:
                compile_folder(source, target)
                break
            except OSError:
                continue
        else:
            _logger.warning(
                "The Danish and German messages cannot be compiled: no folder for them is writable."
            )
    return sorted(targets, key=lambda target: is_compiled(source, target), reverse=True)


if __name__ == "__main__":
    for folder in locale_folders():
        compile_folder(folder, folder)
