"""Commands to copy: one request of an operation, as `curl` sends it."""

import json
import shlex
from collections.abc import Mapping

from backoffice.api.openapi.describe import schema_as_text

A_FILE = "photo.jpg"
KEY = '--header "x-API-Key: $KEY"'
"""In double quotes: the shell puts the key in."""


def curl_of(method: str, address: str, operation: Mapping) -> str:
    """The command for an operation of a description. The variables of the address, the parameters and the body are
    the description's own examples; a query parameter without one is left out."""
    asked = []
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            address = address.replace(f"{{{parameter['name']}}}", schema_as_text(parameter["example"]))
        elif "examples" in parameter.get("schema", {}):
            asked.append(f"{parameter['name']}={schema_as_text(parameter['schema']['examples'][0])}")
    how = f" --request {method}" if method != "GET" else " --get" if asked else ""
    lines = [f"curl{how} {shlex.quote(address)}", KEY]
    lines += [f"--data-urlencode {shlex.quote(text)}" for text in asked]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        lines += _body(kind, content)
    return " \\\n  ".join(lines)


def _body(kind: str, content: Mapping) -> list[str]:
    if kind == "multipart/form-data":
        return [f"--form {shlex.quote(f'{name}=@{A_FILE}')}" for name in content["schema"]["properties"]]
    body = json.dumps(content["example"], ensure_ascii=False, indent=2).replace("\n", "\n  ")
    return [f"--header {shlex.quote(f'Content-Type: {kind}')}", f"--data {shlex.quote(body)}"]
