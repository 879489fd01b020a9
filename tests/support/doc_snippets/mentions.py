"""Inline code of the documentation: addresses, commands, files, tests and modules that must exist."""

import importlib
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.urls import Resolver404, resolve

from config.api import FACILITY, SUPPORT_DESK
from tests.proofs.test_repository import TARGETS
from tests.support.doc_snippets.blocks import PAGES, ROOT, blocks_of, listed_files, prose_of
from tests.support.routes import every_route

PACKAGES = ("backoffice", "config", "facility", "supportdesk")
HOST_FOLDERS = ("/var/", "/srv/", "/etc/", "/usr/", "/backup/", "/tmp", "/dev/", "/proc/", "/home/")
"""Files of the host begin with these, not addresses of the product."""
UPLOAD_NAMES = frozenset(["run.bat.txt"])
"""Names of files that users upload."""
_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_ADDRESS = re.compile(r"^((?:[A-Z]+(?:, )?)*)\s?((?:/|…/)[^\s`]*)$")
_FILE = re.compile(r"^[\w.-]+(?:/[\w.-]+)*\.(?:py|md|toml|html|js|css|po|ini|jsonl|lock|ya?ml|svg|txt)$")
_TEST = re.compile(r"^([\w./-]*)::([\w…]+)$")
_MODULE = re.compile(rf"^(?:{'|'.join(PACKAGES)})(?:\.\w+)+$")
_MAKE = re.compile(r"(?<![\w-])make ([a-z.][\w./-]*)")
_MANAGE = re.compile(r"manage\.py ([a-z_]+)((?: +[^\s|;&>()]+)*)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")


def inline_code(page: str) -> list[str]:
    """Return the inline code of a page, in order."""
    return [" ".join(code.split()) for code in _CODE.findall(prose_of(page))]


@cache
def tracked_files() -> frozenset[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return frozenset(listed.splitlines())


def created_folders(page: str) -> set[str]:
    """Return the top-level folders that a page tells its reader to create."""
    paths = (block.path for block in blocks_of(page) if "/" in block.path)
    return {path.partition("/")[0] for path in paths if not (ROOT / path).exists()} - set(PACKAGES)


def find_unknown_addresses(page: str) -> list[str]:
    """Return the addresses on a page that no route has, or that do not answer the method."""
    found = []
    for code in inline_code(page):
        match = _ADDRESS.match(code)
        if match and not match[2].startswith(HOST_FOLDERS):
            methods, address = match[1].replace(",", " ").split(), match[2].partition("?")[0]
            is_new = created_folders(page) & set(address.split("/"))
            if not is_new and not all(_is_served(method, address) for method in methods or [""]):
                found.append(code)
    return found


def _is_served(method: str, address: str) -> bool:
    if method or address.startswith("…"):
        return any(_matches(address, path) and method in (each, "") for each, path in _operations())
    if any(f"/{route.pattern}".startswith(f"{address.rstrip('/')}/") for route in every_route()):
        return True
    try:
        match = resolve(re.sub(r"{\w+}", "5" * 24, address))
    except Resolver404:
        return False
    return match.func.__name__ != "catch_all_view" and not match.route.startswith("^")


def _matches(address: str, path: str) -> bool:
    address = re.sub(r"{\w+}", "{}", address.rstrip("/"))
    pattern = re.escape(path).replace(r"\{\}", "[^/]+")
    return bool(re.fullmatch(pattern, address)) or (address.startswith("…") and path.endswith(address[1:]))


@cache
def _operations() -> list[tuple[str, str]]:
    """List method and path of each operation of the API, with {} for variables."""
    return [
        (operation.method.upper(), re.sub(r"{\w+}", "{}", f"/{interface.prefix}/{operation.path}"))
        for interface in (FACILITY, SUPPORT_DESK)
        for operation in interface.operations
    ]


def find_unknown_commands(page: str) -> list[str]:
    """Return the targets of make, and commands and options of manage.py, that do not exist, in prose and blocks."""
    found = []
    texts = [
        *inline_code(page),
        *(block.text.replace("\\\n", " ") for block in blocks_of(page) if not block.path),
    ]
    for text in texts:
        found += [f"make {target}" for target in _MAKE.findall(text) if target not in TARGETS]
        for name, rest in _MANAGE.findall(text):
            found += _unknown_options(name, rest)
        name, _space, rest = text.partition(" ")
        if rest and _is_own(name):
            found += _unknown_options(name, rest)
    return found


def _is_own(name: str) -> bool:
    return get_commands().get(name, "").startswith(PACKAGES)


def _unknown_options(name: str, rest: str) -> Iterator[str]:
    if name not in get_commands():
        yield f"manage.py {name}"
        return
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    known = parser._option_string_actions
    yield from (f"manage.py {name} {option}" for option in _OPTION.findall(rest) if option not in known)


def find_unknown_files(page: str) -> list[str]:
    """Return the files and tests on a page that do not exist. A test needs no folder if its name is unique, and
    `::name` is a test in the file named before."""
    found, file = [], ""
    written = "".join(f"{block.path}\n{block.text}" for block in blocks_of(page))
    for code in inline_code(page):
        path, test = _TEST.match(code).groups() if _TEST.match(code) else (code, "")
        is_folder = path.endswith("/") and path.partition("/")[0] in (*PACKAGES, "tests", "scripts", "docs")
        if _FILE.match(path):
            file = _locate(page, path)
            is_new = path in written or path.partition("/")[0] in created_folders(page) | {"var"}
            if not file and not is_new and path not in UPLOAD_NAMES:
                found.append(code)
        elif is_folder and not (ROOT / path).is_dir() and path not in written:
            found.append(code)
        if test and not (file and _has_test(file, test)):
            found.append(code)
    lists = (listed_files(block) for block in blocks_of(page) if block.kind == "list of files")
    return found + [name for names in lists for name in names if not _is_tracked(name)]


def _is_tracked(name: str) -> bool:
    """Return whether there is a file, or a folder if the name ends with a slash, of this name in any folder."""
    return any(
        f"/{name}" in f"/{file}" if name.endswith("/") else f"/{file}".endswith(f"/{name}")
        for file in tracked_files()
    )


def _locate(page: str, path: str) -> str:
    beside = (PAGES[page].parent / path).resolve()
    if beside.exists():
        return str(beside.relative_to(ROOT))
    fitting = [name for name in tracked_files() if name == path or name.endswith(f"/{path}")]
    is_certain = len(fitting) == 1 or (fitting and not path.startswith("test_"))
    return path if path in fitting else (fitting[0] if is_certain else "")


@cache
def _text_of(name: str) -> str:
    return Path(ROOT / name).read_text()


def _has_test(file: str, test: str) -> bool:
    name = re.escape(test).replace("…", r"\w*")
    return bool(re.search(rf"def {name}\(", _text_of(file)))


def find_unknown_modules(page: str) -> list[str]:
    """Return the dotted names in our packages that are no module, no attribute of one and no permission."""
    dotted = [code for code in inline_code(page) if _MODULE.match(code) and code not in _permissions()]
    return [code for code in dotted if not _is_importable(code)]


@cache
def _permissions() -> frozenset[str]:
    """Return the names of all permissions, such as `facility.change_complaint`."""
    return frozenset(
        f"{model._meta.app_label}.{codename}"
        for model in apps.get_models()
        for codename in [
            *(f"{action}_{model._meta.model_name}" for action in model._meta.default_permissions),
            *(codename for codename, _label in model._meta.permissions),
        ]
    )


def _is_importable(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        parent, _dot, attribute = name.rpartition(".")
        return bool(parent) and _is_importable(parent) and hasattr(importlib.import_module(parent), attribute)
    return True
