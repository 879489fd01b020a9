"""Compiles the Danish and German catalogues into what `gettext` reads. (Django's own command needs a compiler that few
machines have.) Every start does it where it has not been done: `python -m config.compile_messages` does it beforehand."""

import logging
import os
from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parent.parent / "locale"
_logger = logging.getLogger(__name__)


def compile_all(target: Path = LOCALE) -> None:
    """Compile every catalogue, beside its source or below `target`. A reader never sees half a file."""
    for path in LOCALE.glob("*/LC_MESSAGES/*.po"):
        compiled = target / path.relative_to(LOCALE).with_suffix(".mo")
        compiled.parent.mkdir(parents=True, exist_ok=True)
        scratch = compiled.with_name(f".{compiled.name}.{os.getpid()}")
        polib.pofile(str(path)).save_as_mofile(str(scratch))
        scratch.replace(compiled)


def is_compiled(target: Path) -> bool:
    """Whether there is a compiled catalogue for each, and none is older than its source."""
    sources = LOCALE.glob("*/LC_MESSAGES/*.po")
    pairs = [(path, target / path.relative_to(LOCALE).with_suffix(".mo")) for path in sources]
    return all(
        compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime for path, compiled in pairs
    )


def ensure_compiled(*targets: Path) -> list[Path]:
    """The folders of catalogues, for LOCALE_PATHS, compiled ones first. If none of them is compiled, compile them into the first that can
    be written: the source tree may belong to somebody else."""
    if not any(is_compiled(target) for target in targets):
        for target in targets:
            try:
                compile_all(target)
                break
            except OSError:
                continue
        else:
            _logger.warning(
                "The Danish and German words cannot be compiled: no folder for them can be written."
            )
    return sorted(targets, key=is_compiled, reverse=True)


if __name__ == "__main__":
    compile_all()
