"""Files of documents, and the results of importing them."""

import io
import json
import re
from dataclasses import dataclass

from django.core.management import CommandError, call_command

from backoffice.db.object_ids import new_object_id
from facility.models import Complaint


@dataclass
class CommandResult:
    """The output of the command. `failure` is empty on success."""

    report: str
    failure: str

    @property
    def errors(self) -> list[str]:
        """`line field` for each line of the report, without the name of the file."""
        found = re.findall(r"^.*\.json:(\d+)(?::\d+)?:(?: (\S+):)? ", self.report, re.MULTILINE)
        return [f"{line} {field}".rstrip() for line, field in found]


def export_text(slug, *words) -> str:
    output = io.StringIO()
    call_command("export", slug, *words, stdout=output)
    return output.getvalue()


def export_documents(slug, *words) -> list[dict]:
    return json.loads(export_text(slug, *words))


def complaint_document(records, **values) -> dict:
    """A document that can be imported."""
    return {
        "_id": new_object_id(),
        "companyId": records.complaint.company_id,
        "objectId": records.object.pk,
        "desc": "Elevator",
        **values,
    }


def stored_record(document) -> Complaint | None:
    """The record of a document."""
    return Complaint.objects.filter(pk=document["_id"]).first()


class Folder:
    """A folder with files to import."""

    def __init__(self, path):
        self.path = path
        self.count = 0

    def file(self, content) -> str:
        """Write a file with documents, text or bytes."""
        self.count += 1
        path = self.path / f"{self.count}.json"
        if isinstance(content, list):
            content = "[\n" + ",\n".join(json.dumps(each, ensure_ascii=False) for each in content) + "\n]\n"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def take(self, slug, content, *words) -> CommandResult:
        return self.take_all({slug: content}, *words)

    def take_all(self, contents: dict, *words) -> CommandResult:
        given = [word for slug, content in contents.items() for word in (slug, self.file(content))]
        return run_import(*given, *words)


def run_import(*words) -> CommandResult:
    output, failure = io.StringIO(), ""
    try:
        call_command("import_documents", *words, stdout=output, stderr=io.StringIO())
    except CommandError as error:
        failure = str(error)
    return CommandResult(output.getvalue(), failure)
