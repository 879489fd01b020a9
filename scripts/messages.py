"""The Danish and German message catalogues.

    python -m scripts.messages            updates them from the code, compiles them, lists missing translations
    python -m scripts.messages --check    lists their faults, and writes nothing

New messages have to be translated by hand in `locale/*/LC_MESSAGES/django.po` (docs/development/glossary.md has the terms);
nothing is guessed. An app with a folder `locale` has catalogues of its own, with the messages that the product does not
have."""

import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import django
import polib
from django.core.management import call_command
from django.core.management.commands import makemessages

from config.compile_messages import LOCALE, compile_folder, locale_folders

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("da", "de")
IGNORED = ["*/tests/*", "conftest.py", "scripts/*", "docs/*", "var/*", ".*"]
HEADER = "Terms: docs/development/glossary.md"
HEAD = {
    "Project-Id-Version": "Caretaker",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}
PLACEHOLDER = re.compile(r"%%?\(\w+\)[sd]|%[sd]|(?<!{){\w*}(?!})")
TAG = re.compile(r"</?\w+[^>]*>")
END = re.compile(r"[.:!?…]*\s*$")

Key = tuple[str, str]


def catalogue(folder: Path, language: str) -> Path:
    """Return the path of a language's catalogue in a folder."""
    return folder / language / "LC_MESSAGES" / "django.po"


def entries_of(language: str) -> list[polib.POEntry]:
    """Return the entries of all catalogues of a language."""
    paths = (catalogue(folder, language) for folder in locale_folders())
    return [entry for path in paths for entry in polib.pofile(str(path))]


def key_of(entry: polib.POEntry) -> Key:
    return entry.msgctxt or "", entry.msgid


class UpdateCommand(makemessages.Command):
    """Django's command without fuzzy matching, which would guess translations of new messages."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]


class ReadCommand(makemessages.Command):
    """Reads the messages of the code, by folder of catalogues, without writing."""

    def handle(self, *args, **options):
        self.keys: dict[Path, set[Key]] = {folder: set() for folder in locale_folders()}
        super().handle(*args, **options)

    def write_po_file(self, potfile, locale):
        self.keys[Path(potfile).parent] = {key_of(entry) for entry in polib.pofile(potfile)}


def run(command: makemessages.Command, languages: tuple[str, ...]) -> None:
    """Run Django's command on all of the code."""
    options = {"locale": list(languages), "ignore_patterns": IGNORED, "no_wrap": True, "no_obsolete": True}
    call_command(command, add_location="file", verbosity=0, **options)


def messages_in_code() -> dict[Path, set[Key]]:
    """Return context and text of each message, by folder of catalogues; nothing if xgettext is not installed."""
    if shutil.which("xgettext") is None:
        return {}
    reader = ReadCommand()
    run(reader, LANGUAGES[:1])
    shared = reader.keys[LOCALE]
    return {folder: keys if folder == LOCALE else keys - shared for folder, keys in reader.keys.items()}


def update() -> None:
    """Update the catalogues and compile them."""
    for folder, language in product(locale_folders(), LANGUAGES):
        catalogue(folder, language).parent.mkdir(parents=True, exist_ok=True)
    run(UpdateCommand(), LANGUAGES)
    known = messages_in_code()
    for folder, language in product(locale_folders(), LANGUAGES):
        path = catalogue(folder, language)
        entries = polib.pofile(str(path), wrapwidth=0)
        entries[:] = [entry for entry in entries if key_of(entry) in known[folder]]
        entries.header, entries.metadata, entries.metadata_is_fuzzy = (
            HEADER,
            {**HEAD, "Language": language},
            False,
        )
        entries.save()
        compile_folder(folder, folder)


def find_faults(folder: Path, language: str, known: set[Key] | None) -> Iterator[str]:
    """Yield the faults in the catalogue of a language, as lines of text."""
    path = catalogue(folder, language)
    entries = polib.pofile(str(path))
    if known is not None:
        listed = {key_of(entry) for entry in entries}
        yield from (f"not in the catalogue: {text}" for _context, text in sorted(known - listed))
        yield from (f"no longer in the code: {text}" for _context, text in sorted(listed - known))
    for entry in entries:
        translations = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.obsolete or entry.fuzzy or not all(translations):
            yield f"not translated: {entry.msgid}"
            continue
        originals = [entry.msgid, entry.msgid_plural] if entry.msgid_plural else [entry.msgid]
        pairs = zip(originals, translations, strict=True)
        yield from (f"{fault}: {text}" for original, text in pairs if (fault := compare(original, text)))


def compare(original: str, translation: str) -> str:
    """Return what is wrong with a translation; empty if nothing is."""
    if Counter(PLACEHOLDER.findall(original)) != Counter(PLACEHOLDER.findall(translation)):
        return "different placeholders"
    if Counter(TAG.findall(original)) != Counter(TAG.findall(translation)):
        return "different tags"
    if (
        END.search(original).group() != END.search(translation).group()
        or original[:1].isspace() != translation[:1].isspace()
    ):
        return "different beginning or end"
    return ""


def main(arguments: list[str]) -> int:
    os.chdir(ROOT)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.test_settings")
    django.setup()
    if arguments != ["--check"]:
        update()
    known = messages_in_code()
    if not known:
        print(
            "xgettext is not installed (on Debian: apt install gettext): new messages of the code are not searched."
        )
    faults = [
        f"{catalogue(folder, language).relative_to(ROOT)}: {line}"
        for folder, language in product(locale_folders(), LANGUAGES)
        for line in find_faults(folder, language, known.get(folder))
    ]
    print("\n".join(faults) or "All messages are translated.")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
