"""State of the composers and upload areas of a page: the input and the result of saving it."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from backoffice.web.components.attachments import Attachments
from backoffice.web.page_parts import Composer, UploadArea
from backoffice.workplace.models import CannedAnswer


@dataclass
class ComposerState:
    """The state of a composer on a page: its text and the result of saving it."""

    composer: Composer
    text: str = ""
    is_submitted: bool = False
    """Whether the composer's own button was pressed. A text for the customer is never saved with the form
    alone."""
    selected_answer: str = ""
    error: str = ""
    is_repeated: bool = False
    """Whether an earlier submission of the same form has added the text already."""
    can_attach: bool = False
    """Whether files may be attached."""
    attachments: Attachments = field(default_factory=Attachments)
    mentions_url: str = ""
    """Where a script gets the users whom the message may mention; empty if it mentions nobody."""
    delivery_note: str = ""
    """Who will get the message, if it may be mailed."""
    report: str = ""
    """What happens with the message that was added, if it may be mailed."""
    canned_answers: list[tuple[CannedAnswer, str]] = field(default_factory=list)
    """Canned answers, each with its text for this record."""

    @property
    def name(self) -> str:
        return f"say-{self.composer.name}"

    @property
    def success_message(self) -> str:
        """The message after saving."""
        if self.is_repeated:
            return _("The form was sent twice. The text was added only once.")
        return f"{self.composer.success_message} {self.report}".strip()

    @property
    def is_open(self) -> bool:
        return not self.composer.is_folded or bool(self.error) or self.is_written

    @property
    def is_written(self) -> bool:
        return bool(self.attachments.accepted or self.text)


@dataclass
class UploadAreaState:
    """The state of an upload area on a page: the sent files, and how many were added."""

    area: UploadArea
    attachments: Attachments = field(default_factory=Attachments)
    added_count: int = 0

    @property
    def name(self) -> str:
        return f"files-{self.area.property}"
