"""Execution of the code blocks of a page: in order, in one shell, in a copy of the source tree."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from tests.support.copied_tree import copy_tree
from tests.support.doc_snippets.blocks import Block, blocks_of
from tests.support.installation import environment_in, prepare_installation, start_server

PATIENCE = 120
"""Seconds for all blocks of a page, on a busy machine."""
ADDRESS = "http://127.0.0.1:8000"
START_PAGE = "docs/api/README.md"
"""The page that defines HOST and KEY for the other pages about the API."""
DEFAULTS = {"DATABASE_URL": "", "SECRET_KEY": "", "SECRETS_HASH_KEY": "", "FIELD_KEYS": ""}
"""Settings as a new installation has them: everything is in `VAR_DIR`."""
TEST_VARIABLES = ("PYTEST", "COV", "DJANGO", "VAR_DIR", "HOST", "PORT", *DEFAULTS)

COMMANDS = {
    "python": 'exec {python} "$@"',
    "manage.py": 'exec {python} manage.py "$@"',
    # The server runs already, and packages are installed.
    "make": """case "${{@: -1}}" in
  run) exec {curl} --fail --silent --output /dev/null {address}/sign-in ;;
  help | words) exec {make} --old-file=.venv/bin/python --old-file=.venv/installed-dev "$@" ;;
esac
echo "make $*: mark the block as not executed" >&2
exit 1""",
    # The copy of the source tree takes the place of a clone.
    "git": """[ "$1" = clone ] && exec ln --symbolic . "${{@: -1}}"
exec {git} "$@\"""",
    # The status code of each response is recorded, and its body.
    "curl": """{curl} --silent --write-out '%{{stderr}}%{{http_code}}\\n' "$@" 2>>"$STATUS_CODES" |
  tee "$RESPONSES/$(date +%s%N)"
exit "${{PIPESTATUS[0]}}\"""",
}
"""Commands that a page calls, as scripts: they use this Python and the server of the test."""
_DIFFERENT_DAILY = re.compile(
    r'(?<="chatId":) *"[0-9a-f]{24}"|"\d{4}-\d\d-\d\dT[\d:.]+Z"|(?<="number":) *\d+'
)
REFUSED = ("apt", "apt-get", "docker", "pip", "pipx", "sudo", "systemctl")
"""Commands that would change the machine."""


def prepare_data(folder: Path) -> Path:
    """Create an SQLite database with demo data, the keys and the static files; return their folder."""
    environment = environment_in(folder, VAR_DIR=str(folder / "var"), **DEFAULTS)
    prepare_installation(environment)
    return folder / "var"


@contextmanager
def serve(folder: Path):
    """Serve the installation whose data are in `folder/tree/var`; yield the address."""
    environment = environment_in(
        folder, VAR_DIR=str(folder / "tree" / "var"), WEB_CONCURRENCY="1", **DEFAULTS
    )
    with start_server(environment, folder / "server.log") as site:
        yield site.address


def execute_page(page: str, prepared: Path, folder: Path) -> list[str]:
    """Execute the blocks of a page that can be executed; return the problems."""
    blocks = executable_blocks(page)
    folder.mkdir(exist_ok=True)
    tree = copy_tree(folder / "tree")
    (tree / ".venv").symlink_to(sys.prefix)
    shutil.copytree(prepared, tree / "var")
    for block in blocks:
        (folder / f"codes-{block.line}").touch()
    if any(needs_server(block) for block in blocks):
        with serve(folder) as address:
            return _run(page, blocks, folder, address)
    return _run(page, blocks, folder, ADDRESS)


def executable_blocks(page: str) -> list[Block]:
    kinds = ("shell", "python", "sql", "settings", "request", "file")
    return [
        block for block in blocks_of(page) if (block.kind in kinds and not block.reason) or block.is_response
    ]


def needs_server(block: Block) -> bool:
    return block.kind == "request" or any(word in block.text for word in (ADDRESS, "$HOST", "make run"))


def _run(page: str, blocks: list[Block], folder: Path, address: str) -> list[str]:
    _write_commands(folder / "bin", address)
    (folder / "responses").mkdir()
    script = folder / "page.sh"
    script.write_text(_script(page, blocks, folder).replace(ADDRESS, address))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(TEST_VARIABLES)}
    environment["PATH"] = f"{folder / 'bin'}:{environment['PATH']}"
    status, output = _run_script(script, folder / "tree", environment)
    problems = [f"exit status {status} after:\n{output[-3000:]}"] if status else []
    for block in blocks:
        codes = (folder / f"codes-{block.line}").read_text().split()
        failures = [code for code in codes if not re.fullmatch(r"[123]\d\d", code)]
        if failures != block.refusals:
            problems.append(f"{block.place}: responses {codes}, expected {block.refusals or 'success'}")
        if block.is_response and not status:
            bodies = sorted((folder / f"responses-{block.line}").iterdir())[-len(block.documents) :]
            for printed, body in zip(block.documents, bodies, strict=True):
                problems += _compare_response(block, printed, body.read_text())
    return problems


def _compare_response(block: Block, printed: str, text: str) -> list[str]:
    """Return the problem of a printed response that is not the real one. Times may differ, and the numbers
    of demo records, which depend on the day of the week."""
    expected, real = (json.loads(_DIFFERENT_DAILY.sub('"…"', each)) for each in (printed, text))
    same = expected == real and list(expected) == list(real)
    return [] if same else [f"{block.place}: the response is {text}"]


def _run_script(script: Path, folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Return the exit status and the output. End all processes of a script that takes too long."""
    process = subprocess.Popen(
        ["bash", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        output, _none = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _none = process.communicate()
    return process.returncode, output


def _write_commands(folder: Path, address: str) -> None:
    folder.mkdir()
    programs = {name: shutil.which(name) for name in ("curl", "make", "git")}
    refusals = dict.fromkeys(REFUSED, 'echo "$0 $*: mark the block as not executed" >&2\nexit 1')
    for name, text in (COMMANDS | refusals).items():
        path = folder / name
        path.write_text(f"#!/bin/bash\n{text.format(python=sys.executable, address=address, **programs)}\n")
        path.chmod(0o755)


def _script(page: str, blocks: list[Block], folder: Path) -> str:
    parts = ["set -euo pipefail", f"export RESPONSES={shlex.quote(str(folder / 'responses'))}"]
    text = "".join(block.text for block in blocks)
    if any(f"${name}" in text and f"{name}=" not in text for name in ("HOST", "KEY")):
        parts += [block.text for block in executable_blocks(START_PAGE) if "KEY=" in block.text]
    for block in blocks:
        codes = folder / f"codes-{block.line}"
        parts += [
            f"export STATUS_CODES={shlex.quote(str(codes))}",
            f"echo '--- {block.place}'",
            f'cp --recursive "$RESPONSES" {shlex.quote(str(folder / f"responses-{block.line}"))}'
            if block.is_response
            else _command(block),
        ]
    return "\n".join(parts) + "\n"


def _command(block: Block) -> str:
    """Return the shell command that executes a block."""
    if block.kind == "python":
        return _with_input("python manage.py shell", block.text)
    if block.kind == "sql":
        return _with_input("sqlite3 -bail var/caretaker.sqlite3", block.text)
    if block.kind == "file":
        return f"mkdir --parents $(dirname {block.path})\n" + _with_input(f"cat > {block.path}", block.text)
    if block.kind == "settings":
        return "\n".join(
            _with_input("cat > .env", text) + "python -c 'import config.settings'\nrm .env"
            for text in alternatives(block.text)
        )
    if block.kind == "request":
        return _request(block.text)
    return block.text


def _with_input(command: str, text: str) -> str:
    return f"{command} <<'END_OF_BLOCK'\n{text}END_OF_BLOCK\n"


def alternatives(text: str) -> list[str]:
    """Return a block of settings, or each of its lines if they set the same name."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    names = {line.partition("=")[0] for line in lines}
    return [text] if len(names) == len(lines) else [f"{line}\n" for line in lines]


def _request(text: str) -> str:
    """Return the curl command for a request: its first line, and its body."""
    first, _newline, body = text.partition("\n")
    method, path = first.split()
    words = ["curl", "--request", method, ADDRESS + path, "--header", "Content-Type: application/json"]
    if body.strip():
        words += ["--data", body.strip()]
    return f'{shlex.join(words)} --header "x-API-Key: $(python manage.py create_api_key admin)"'
