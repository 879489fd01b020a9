"""The catalogues of Danish and German words.

    python -m scripts.messages            brings them up to date with the code, compiles them, says what is missing
    python -m scripts.messages --check    says what is wrong with them, and writes nothing

A message that is new has to be written into `locale/*/LC_MESSAGES/django.po` by hand (docs/development/glossary.md has the
terms); nothing is guessed."""

import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import django
import polib
from django.core.management import call_command
from django.core.management.commands import makemessages

from config.compile_messages import compile_all

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


def catalogue(language: str) -> Path:
    """The file of a language's words."""
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def key_of(entry: polib.POEntry) -> Key:
    return entry.msgctxt or "", entry.msgid


class Updated(makemessages.Command):
    """Django's command, which would guess what a new message means by its likeness to another."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]


class Read(makemessages.Command):
    """Only reads the messages of the code."""

    def write_po_file(self, potfile, locale):
        self.found = {key_of(entry) for entry in polib.pofile(potfile)}


def run(command: makemessages.Command, languages: tuple[str, ...]) -> None:
    """Have Django's command look at all of the code."""
    options = {"locale": list(languages), "ignore_patterns": IGNORED, "no_wrap": True, "no_obsolete": True}
    call_command(command, add_location="file", verbosity=0, **options)


def messages_in_code() -> set[Key] | None:
    """Context and text of each message; None where there is no xgettext to find them."""
    if shutil.which("xgettext") is None:
        return None
    reader = Read()
    run(reader, LANGUAGES[:1])
    return reader.found


def update() -> None:
    """Bring the catalogues up to date, and compile them."""
    for language in LANGUAGES:
        catalogue(language).parent.mkdir(parents=True, exist_ok=True)
    run(Updated(), LANGUAGES)
    for language in LANGUAGES:
        path = catalogue(language)
        words = polib.pofile(str(path), wrapwidth=0)
        words.header, words.metadata, words.metadata_is_fuzzy = HEADER, {**HEAD, "Language": language}, False
        words.save()
    compile_all()


def troubles(language: str, known: set[Key] | None) -> Iterator[str]:
    """What is wrong with the words of a language, as lines for people."""
    path = catalogue(language)
    words = polib.pofile(str(path))
    if known is not None:
        listed = {key_of(entry) for entry in words}
        yield from (f"not in the catalogue: {text}" for _context, text in sorted(known - listed))
        yield from (f"not in the code any more: {text}" for _context, text in sorted(listed - known))
    for entry in words:
        said = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        if entry.obsolete or entry.fuzzy or not all(said):
            yield f"not translated: {entry.msgid}"
            continue
        meant = [entry.msgid, entry.msgid_plural] if entry.msgid_plural else [entry.msgid]
        pairs = zip(meant, said, strict=True)
        yield from (f"{wrong}: {text}" for text_meant, text in pairs if (wrong := differs(text_meant, text)))


def differs(meant: str, said: str) -> str:
    """How a translation cannot be one, if so."""
    if Counter(PLACEHOLDER.findall(meant)) != Counter(PLACEHOLDER.findall(said)):
        return "other placeholders"
    if Counter(TAG.findall(meant)) != Counter(TAG.findall(said)):
        return "other tags"
    if END.search(meant).group() != END.search(said).group() or meant[:1].isspace() != said[:1].isspace():
        return "begins or ends otherwise"
    return ""


def main(arguments: list[str]) -> int:
    os.chdir(ROOT)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.test_settings")
    django.setup()
    if arguments != ["--check"]:
        update()
    known = messages_in_code()
    if known is None:
        print(
            "There is no xgettext (on Debian: apt install gettext): new messages of the code are not looked for."
        )
    found = [f"{language}: {line}" for language in LANGUAGES for line in troubles(language, known)]
    print("\n".join(found) or "Every message has its words.")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
