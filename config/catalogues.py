"""Compiles what `gettext` reads of the Danish and German words: `python -m config.catalogues`, before serving and testing.
(Django's own command needs a compiler that few machines have.)"""

from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def compile_all() -> None:
    for path in LOCALE.glob("*/LC_MESSAGES/*.po"):
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))


if __name__ == "__main__":
    compile_all()
