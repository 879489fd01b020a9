"""Clients generated from the OpenAPI descriptions: they are generated without errors, type-check, and list,
page, create, update, meet a conflict, upload and are refused."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backoffice.api.openapi.document import build_document
from config.api import FACILITY, SUPPORT_DESK
from tests.support.sample_requests import smallest_png

CLIENTS = Path(__file__).resolve().parent / "clients"
PATIENCE = 600
"""Seconds for one command, on a busy machine."""
# Without a configuration file, which mypy would also find in a parent folder.
MYPY = [
    sys.executable,
    "-m",
    "mypy",
    f"--config-file={os.devnull}",
    "--follow-imports=silent",
    "--cache-dir=mypy",
]

pytestmark = [pytest.mark.deep, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def environment(live_server, cast, records, key_of, settings, tmp_path):
    """Environment variables for the golden calls: the server, a key, an object, a case and a picture."""
    settings.MEDIA_ROOT = tmp_path / "uploads"
    picture = tmp_path / "lampe.png"
    picture.write_bytes(smallest_png())
    known = {
        "SERVER": live_server.url, "KEY": key_of(cast.ada), "OBJECT": records.object.pk, "CASE": records.case.pk,
        "PICTURE": str(picture),
    }  # fmt: skip
    return os.environ | known


@pytest.fixture
def folder(tmp_path):
    """The folder in which clients are generated; it has the descriptions."""
    for interface in (FACILITY, SUPPORT_DESK):
        described = build_document(interface, f"http://127.0.0.1/{interface.prefix}")
        (tmp_path / f"{interface.prefix}.json").write_text(json.dumps(described))
    return tmp_path


def run(command, folder, environment=None):
    known = dict(environment or os.environ)
    # openapi-python-client finds ruff there.
    known = known | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{known['PATH']}"}
    done = subprocess.run(
        command, cwd=folder, env=known, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-5000:]
    return output


def test_openapi_python_client_works(environment, folder):
    for prefix, name in (("v2", "facility_client"), ("iptv", "desk_client")):
        command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
        output = run([*command, "--path", f"{prefix}.json", "--output-path", name], folder)
        assert "Warning" not in output, output
    shutil.copy(CLIENTS / "golden.py", folder)
    run([*MYPY, "golden.py"], folder)
    run([sys.executable, "golden.py"], folder, environment)


@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm")
def test_openapi_typescript_and_orval_work(environment, folder):
    for file in CLIENTS.iterdir():
        if file.suffix != ".py" and file.name != "golden_generator.ts":
            shutil.copy(file, folder)
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    for prefix in ("v2", "iptv"):
        run(["npx", "openapi-typescript", f"{prefix}.json", "--output", f"{prefix}.ts"], folder)
    run(["npx", "orval", "--config", "orval.config.cjs"], folder, environment)
    run(["npx", "tsc"], folder)
    for name in ("golden_fetch", "golden_orval"):
        run(["node", f"out/{name}.js"], folder, environment)


NEEDS_JAVA = pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java")


def generate(folder, generator: str, prefix: str, *more: str) -> None:
    command = ["openapi-generator-cli", "generate", "-g", generator, "-i", f"{prefix}.json", *more]
    output = run(command, folder)
    assert "Exception" not in output, output


@NEEDS_JAVA
def test_openapi_generator_for_python_works(environment, folder):
    for prefix, name in (("v2", "facility_generated"), ("iptv", "desk_generated")):
        generate(folder, "python", prefix, "--package-name", name, "-o", f"made_{prefix}")
        shutil.move(folder / f"made_{prefix}" / name, folder)
    shutil.copy(CLIENTS / "golden_generator.py", folder)
    run([*MYPY, "golden_generator.py"], folder)
    run([sys.executable, "golden_generator.py"], folder, environment)


@NEEDS_JAVA
@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm")
def test_openapi_generator_for_typescript_works(environment, folder):
    for prefix in ("v2", "iptv"):
        more = "importFileExtension=.js,supportsES6=true"
        generate(folder, "typescript-fetch", prefix, "-p", more, "-o", f"generated_{prefix}")
    for name in ("golden_generator.ts", "package.json", "package-lock.json", "tsconfig.json"):
        shutil.copy(CLIENTS / name, folder)
    run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)
    run(["npx", "tsc"], folder)
    run(["node", "out/golden_generator.js"], folder, environment)
