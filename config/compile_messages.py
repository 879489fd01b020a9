"""The compiler of the Danish and German message catalogues, without the gettext tools that Django's command
needs. It runs at every start if necessary; `python -m config.compile_messages` runs it in advance."""

import logging
import os
from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parent.parent / "locale"
_logger = logging.getLogger(__name__)


def compile_all(target: Path = LOCALE) -> None:
    """Compile all catalogues, beside their sources or below `target`. Files are replaced atomically."""
    for path in LOCALE.glob("*/LC_MESSAGES/*.po"):
        compiled = target / path.relative_to(LOCALE).with_suffix(".mo")
        compiled.parent.mkdir(parents=True, exist_ok=True)
        scratch = compiled.with_name(f".{compiled.name}.{os.getpid()}")
        polib.pofile(str(path)).save_as_mofile(str(scratch))
        scratch.replace(compiled)


def is_compiled(target: Path) -> bool:
    """Whether all catalogues are compiled and up to date."""
    sources = LOCALE.glob("*/LC_MESSAGES/*.po")
    pairs = [(path, target / path.relative_to(LOCALE).with_suffix(".mo")) for path in sources]
    return all(
        compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime for path, compiled in pairs
    )


def ensure_compiled(*targets: Path) -> list[Path]:
    """Return the folders of catalogues for LOCALE_PATHS, compiled ones first. If none is compiled, compile
    into the first writable one: the source tree may be read-only."""
    if not any(is_compiled(target) for target in targets):
        for target in targets:
            try:
                compile_all(target)
                break
            except OSError:
                continue
        else:
            _logger.warning(
                "The Danish and German messages cannot be compiled: no folder for them is writable."
            )
    return sorted(targets, key=is_compiled, reverse=True)


if __name__ == "__main__":
    compile_all()
