"""Example `curl` commands of operations."""

import json
import shlex

from backoffice.api.openapi.describe import schema_as_text
from backoffice.db.annotations import JsonObject

A_FILE = "photo.jpg"
KEY = '--header "x-API-Key: $KEY"'
"""In double quotes, so that the shell substitutes the key."""


def curl_of(method: str, address: str, operation: JsonObject) -> str:
    """Return the command for an operation of an OpenAPI document, with the document's examples for path
    variables, query parameters and body. Query parameters without an example are left out."""
    query = []
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            address = address.replace(f"{{{parameter['name']}}}", schema_as_text(parameter["example"]))
        elif "examples" in parameter.get("schema", {}):
            query.append(f"{parameter['name']}={schema_as_text(parameter['schema']['examples'][0])}")
    options = f" --request {method}" if method != "GET" else " --get" if query else ""
    lines = [f"curl{options} {shlex.quote(address)}", KEY]
    lines += [f"--data-urlencode {shlex.quote(text)}" for text in query]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        lines += _body(kind, content)
    return " \\\n  ".join(lines)


def _body(kind: str, content: JsonObject) -> list[str]:
    if kind == "multipart/form-data":
        return [f"--form {shlex.quote(f'{name}=@{A_FILE}')}" for name in content["schema"]["properties"]]
    body = json.dumps(content["example"], ensure_ascii=False, indent=2).replace("\n", "\n  ")
    return [f"--header {shlex.quote(f'Content-Type: {kind}')}", f"--data {shlex.quote(body)}"]
