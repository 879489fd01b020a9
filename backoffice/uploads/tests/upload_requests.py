"""Multipart uploads as scripts send them, composed by hand so that they can be malformed."""

from pathlib import Path

from django.test import Client

from backoffice.uploads.models import Upload
from backoffice.uploads.tests.files import picture

IMAGES = "/v2/upload/images/complaints"
FILES = "/iptv/upload/files/cases"
BOUNDARY = "a-boundary"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def multipart_part(
    content: bytes, name="file", filename: str | bytes | None = "picture.png", headers=b""
) -> bytes:
    disposition = b'Content-Disposition: form-data; name="%s"' % name.encode()
    if filename is not None:
        disposition += b'; filename="%s"' % (filename.encode() if isinstance(filename, str) else filename)
    return b"--a-boundary\r\n" + disposition + b"\r\n" + headers + b"\r\n" + content + b"\r\n"


def multipart_form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--a-boundary--\r\n"


class Sender:
    """A script with an API key that sends files."""

    def __init__(self, key):
        self.client = Client()
        self.headers = {"x-api-key": key} if key else {}

    def post(self, url, body: bytes, content_type=TYPE, **more):
        return self.client.generic("POST", url, body, content_type=content_type, headers=self.headers, **more)

    def send(self, url, content: bytes, filename="picture.png"):
        return self.post(url, multipart_form(multipart_part(content, filename=filename)))

    def sent(self, url=IMAGES, content: bytes | None = None, filename="picture.png") -> str:
        """Send a file that is accepted; return its URL."""
        answer = self.send(url, picture() if content is None else content, filename)
        assert answer.status_code == 200, answer.content
        return answer.json()["url"]

    def get(self, url, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(url, headers=self.headers | named)

    def head(self, url):
        return self.client.head(url, headers=self.headers)


def stored_files(folder) -> list[Path]:
    """Return the stored files, without thumbnails."""
    small = folder / "thumbnails"
    return [path for path in folder.rglob("*") if path.is_file() and small not in path.parents]


def assert_refused(answer, status, field, folder, telecomx=False):
    """Check the dialect's error body about a field, and that nothing is stored."""
    body = answer.json()
    assert answer.status_code == status, body
    named = [error["field"] for error in body["errors"] if error["field"]]
    assert named == ([field] if field else [])
    assert ("code" in body) == telecomx
    assert not Upload.objects.exists()
    assert stored_files(folder) == []
