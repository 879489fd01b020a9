"""Redaction of personal data in import runs: the user who ran them, and the names in their commands."""

import shlex

from backoffice.exchange.models import ImportRun
from backoffice.people.models import User
from backoffice.privacy.erasers import Erasure, register_eraser, register_text_columns

register_text_columns(ImportRun, "who", "command")


@register_eraser
def redact_import_runs(erasure: Erasure):
    """Redact the name of the user who ran an import, and the words of commands that name the person."""
    person, count = erasure.person, 0
    for run in ImportRun.objects.iterator():
        words = [person.replacement if person.has_name(word) else word for word in shlex.split(run.command)]
        command = shlex.join(words)
        who = person.replacement if person.model is User and run.user_id == person.pk else run.who
        if (who, command) != (run.who, run.command):
            count += ImportRun.objects.filter(pk=run.pk).update(who=who, command=command)
    yield str(ImportRun._meta.verbose_name_plural), count
