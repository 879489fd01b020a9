"""Files for contributors: the changelog, workflows, hooks, forms and the container image match the rest."""

import fnmatch
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from tests.support.quick import pytest_collection_modifyitems as select_quick

ROOT = Path(settings.BASE_DIR)
MAKEFILE = (ROOT / "Makefile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PHONY = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)[1].replace("\\\n", " ").split()
TARGETS = {*PHONY, *re.findall(r"^(\.venv\S*):", MAKEFILE, re.MULTILINE)}
WORKFLOWS = {
    path.stem: yaml.safe_load(path.read_text()) for path in sorted((ROOT / ".github/workflows").iterdir())
}
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
PINS = dict(re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE))


def steps(job):
    return [*WORKFLOWS["ci"]["jobs"][job]["steps"]]


def called_targets(text):
    """Return the make targets that a shell command or a text calls."""
    return re.findall(r"(?<![\w-])make ([a-z.][\w./-]*)", text)


def test_the_changelog_begins_with_unreleased_and_the_present_version():
    headings = re.findall(
        r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert headings[0] == ("Unreleased", "")
    assert headings[1][0] == PROJECT["project"]["version"]
    assert headings[1][1]


def test_the_project_table_matches_the_repository():
    project = PROJECT["project"]
    assert project["name"] == "caretaker"
    assert re.fullmatch(r"\d+\.\d+\.\d+", project["version"])
    assert "dynamic" not in project and "build-system" not in PROJECT
    assert (ROOT / "LICENSE").read_text().startswith(f"{project['license']} License")
    oldest = project["requires-python"].removeprefix(">=")
    assert f"sys.version_info < ({oldest.replace('.', ', ')})" in MAKEFILE
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_call_targets_that_exist(name):
    workflow = WORKFLOWS[name]
    assert workflow["permissions"] == {"contents": "read"}
    called = []
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] and job["runs-on"] == "ubuntu-24.04"
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            if "uses" in step:
                assert re.fullmatch(r"actions/[\w-]+@v\d+", step["uses"])
            called += called_targets(step.get("run", ""))
    assert called
    assert set(called) <= TARGETS


def test_pull_requests_run_every_check():
    called = {
        job: called_targets(" ".join(step.get("run", "") for step in steps(job)))
        for job in WORKFLOWS["ci"]["jobs"]
    }
    assert called == {
        "checks": ["check", "audit"],
        "sqlite": ["test"],
        "postgresql": ["test-postgres"],
        "mongodb": ["test-mongodb"],
        "browser": ["test"],
        "image": ["image"],
    }
    assert "pull_request" in WORKFLOWS["ci"][True]  # YAML 1.1 reads `on` as a boolean


def test_the_readme_states_the_versions():
    readme = " ".join((ROOT / "README.md").read_text().split())
    oldest, newest = WORKFLOWS["ci"]["jobs"]["sqlite"]["strategy"]["matrix"]["python"]
    django = re.search(r"^Django==(\d+\.\d+)", (ROOT / "requirements.txt").read_text(), re.M | re.I)[1]
    version = PROJECT["project"]["version"]
    assert f"Version {version}; Python {oldest} to {newest}, Django {django}." in readme


@pytest.mark.parametrize("job", ["sqlite", "postgresql", "mongodb", "browser"])
def test_tests_run_with_the_oldest_and_the_newest_python(job):
    assert WORKFLOWS["ci"]["jobs"][job]["strategy"]["matrix"] == {"python": ["3.11", "3.13"]}
    versions = [
        step["with"]["python-version"] for step in steps(job) if "setup-python" in step.get("uses", "")
    ]
    assert versions == ["${{ matrix.python }}"]


@pytest.mark.parametrize("name", ["deep", "django-main"])
def test_long_runs_are_weekly(name):
    (schedule,) = WORKFLOWS[name][True]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* [0-6]", schedule["cron"])


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", ".github/pull_request_template.md"])
def test_documents_name_targets_that_exist(page):
    text = (ROOT / page).read_text()
    code = re.findall(r"`([^`]+)`", text) + re.findall(r"^    (.+)$", text, re.MULTILINE)
    called = {target for part in code for target in called_targets(part)}
    assert called
    assert called <= TARGETS


def test_help_describes_every_target():
    described = re.search(r"^help:\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)[1]
    assert set(called_targets(described)) == set(PHONY) - {"help", "clean"}


def test_hooks_run_the_pinned_tools_as_make_check_does():
    assert [repository["repo"] for repository in HOOKS] == ["local"]
    checks = re.search(r"^check: .*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)[1]
    for hook in HOOKS[0]["hooks"]:
        assert hook["language"] == "system"
        command, *arguments = hook["entry"].split()
        tool = command.removeprefix(".venv/bin/")
        assert tool != command and tool in PINS
        arguments = [argument for argument in arguments if argument != "--force-exclude"]
        assert " ".join([f"$(IN){tool}", *arguments]) in checks


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_issue_forms_are_complete(path):
    form = yaml.safe_load(path.read_text())
    if path.stem == "config":
        assert form == {"blank_issues_enabled": False}
        return
    assert form["name"] and form["description"] and form["labels"]
    inputs = [field for field in form["body"] if field["type"] != "markdown"]
    assert all(field["type"] in ("textarea", "input", "dropdown") for field in inputs)
    assert len({field["id"] for field in inputs}) == len(inputs) > 2
    assert all(field["attributes"]["label"] for field in inputs)
    assert all(field["attributes"]["options"] for field in inputs if field["type"] == "dropdown")


def is_copied(name):
    """Return whether `.dockerignore` lets a file into the image: the last matching pattern decides."""
    copied = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#") and _matches(name, pattern):
            copied = line.startswith("!")
    return copied


def _matches(name, pattern):
    parents = [str(parent) for parent in [Path(name), *Path(name).parents][:-1]]
    if pattern.startswith("**/"):
        return any(fnmatch.fnmatch(Path(parent).name, pattern[3:]) for parent in parents)
    return any(fnmatch.fnmatch(parent, pattern) for parent in parents)


def test_the_image_contains_what_serves_and_nothing_else():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    copied = [name for name in listed.splitlines() if is_copied(name)]
    top = {name.partition("/")[0] for name in copied}
    packages = {"backoffice", "config", "facility", "supportdesk"}
    assert top == packages | {"locale", "static", "templates"} | {
        "LICENSE",
        "manage.py",
        "pyproject.toml",
        "requirements.lock",
    }
    assert not [name for name in copied if "/tests/" in name]
    assert not is_copied(".env") and not is_copied("var/secret_key")


def test_the_image_installs_by_hash_and_serves_without_rights():
    dockerfile = (ROOT / "Dockerfile").read_text()
    build, serve = dockerfile.split("\nFROM ")[1:]
    assert "--require-hashes" in build and "collectstatic" in build
    assert re.search(r"^USER 10001$", serve, re.MULTILINE)
    variables = dict(re.findall(r"([A-Z_]+)=(\S+)", serve))
    assert f"VOLUME {variables['VAR_DIR']}" in serve
    assert not variables["STATIC_ROOT"].startswith(variables["VAR_DIR"])
    assert re.search(
        r'^CMD \["gunicorn", "--config", "config/serving/gunicorn.py", "config.wsgi"\]$', serve, re.MULTILINE
    )


class FakeItem:
    def __init__(self, nodeid, commits=False):
        self.nodeid = nodeid
        self.marks = [pytest.mark.django_db(transaction=True).mark] if commits else []

    def iter_markers(self, name):
        return [mark for mark in self.marks if mark.name == name]


def test_quick_tests_are_the_first_cases_that_do_not_commit(pytestconfig, monkeypatch):
    monkeypatch.setattr(pytestconfig.hook, "pytest_deselected", lambda items: None)
    items = [
        FakeItem("a.py::one[x]"),
        FakeItem("a.py::one[y]"),
        FakeItem("a.py::two"),
        FakeItem("a.py::three", commits=True),
    ]
    select_quick(pytestconfig, items)
    assert [item.nodeid for item in items] == ["a.py::one[x]", "a.py::two"]


def test_quick_packages_exist():
    chosen = re.search(r"^QUICK := \$\(addprefix backoffice/,(.+?)\) (.+)$", MAKEFILE, re.MULTILINE)
    folders = [f"backoffice/{name}" for name in chosen[1].split()] + chosen[2].split()
    assert len(folders) > 5
    assert all((ROOT / folder / "tests").is_dir() for folder in folders)
