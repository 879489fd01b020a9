"""What changed, as lines of the timeline; made without a template, for a page has dozens."""

from collections.abc import Iterable
from html import escape

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from backoffice.records.history.entries import Sentence

WORDS = {
    "secret": _("<b>%(label)s</b> changed (a secret)"),
    "redacted": _("<b>%(label)s</b> redacted"),
    "set": _("<b>%(label)s</b> set to <ins>%(new)s</ins>"),
    "cleared": _("<b>%(label)s</b> cleared, was <del>%(old)s</del>"),
    "added": _("<b>%(label)s</b> added: <ins>%(new)s</ins>"),
    "more": _("and %(new)s more"),
    "removed": _("<b>%(label)s</b> removed: <del>%(old)s</del>"),
}
CHANGED = _("<b>%(label)s</b> from <del>%(old)s</del> to <ins>%(new)s</ins>")


def sentence_list(sentences: Iterable[Sentence]) -> SafeString:
    lines = "".join(map(_line, sentences))
    return SafeString(f'<ul class="timeline-changes">{lines}</ul>')  # nosec B703 # each part is escaped


def _line(sentence: Sentence) -> str:
    words = str(WORDS.get(sentence.kind, CHANGED))
    told = {name: escape(str(getattr(sentence, name))) for name in ("label", "old", "new")}
    return f'<li class="did-{sentence.kind}">{words % told}</li>'
