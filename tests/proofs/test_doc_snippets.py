"""The commands, requests, settings and examples of README.md, CONTRIBUTING.md and docs/ work as printed."""

import json
from collections import Counter

import pytest

from tests.support.doc_snippets import blocks, execution, mentions
from tests.support.doc_snippets.execution import executable_blocks, execute_page, prepare_data

REASONS = frozenset(
    [
        "changes the account of the reader",
        "needs Docker",
        "needs MongoDB",
        "needs PostgreSQL",
        "needs a proxy",
        "needs root",
        "needs systemd",
        "runs until it is stopped",
        "shows output",
        "shows a pattern",
        "takes minutes",
    ]
)
"""Why a block may not be executed."""
MOST_NOT_EXECUTED = 40
EXECUTED = [page for page in blocks.PAGES if executable_blocks(page) and page not in blocks.PAGES_WITH_TESTS]


@pytest.mark.parametrize("page", blocks.PAGES)
def test_each_block_is_executed_or_says_why_not(page):
    for block in blocks.blocks_of(page):
        known = block.reason in REASONS or block.refusals or (block.is_response and block.kind == "json")
        assert not block.comment or known, block.place
        assert block.kind != "unknown" or block.reason, f"{block.place}: {block.language}"
        for code in block.refusals:
            assert code in block.surroundings, f"{block.place}: the text next to it does not say {code}"


def test_few_blocks_are_not_executed():
    reasons = Counter(
        block.reason for page in blocks.PAGES for block in blocks.blocks_of(page) if block.reason
    )
    assert set(reasons) <= REASONS
    assert reasons.total() <= MOST_NOT_EXECUTED
    assert len(EXECUTED) > 5


def test_pages_with_tests_of_their_own_are_named_there():
    for page, test in blocks.PAGES_WITH_TESTS.items():
        assert page in (blocks.ROOT / test).read_text()


@pytest.mark.parametrize("page", blocks.PAGES)
def test_json_is_valid(page):
    for block in blocks.blocks_of(page):
        if block.kind == "json" and not block.reason:
            for document in block.documents if block.is_response else [block.text]:
                json.loads(document)


@pytest.mark.parametrize("page", blocks.PAGES)
def test_python_can_be_compiled(page):
    for block in blocks.blocks_of(page):
        if block.language == "python":
            compile(block.text, block.place, "exec")


@pytest.mark.parametrize("page", blocks.PAGES)
def test_addresses_are_served(page):
    assert mentions.find_unknown_addresses(page) == []


@pytest.mark.parametrize("page", blocks.PAGES)
def test_commands_and_their_options_exist(page):
    assert mentions.find_unknown_commands(page) == []


@pytest.mark.parametrize("page", blocks.PAGES)
def test_files_tests_and_modules_exist(page):
    assert mentions.find_unknown_files(page) == []
    assert mentions.find_unknown_modules(page) == []


@pytest.fixture
def page_of(tmp_path, monkeypatch):
    """`page_of(text)`: the name of a page with this text."""

    def write(text: str) -> str:
        path = tmp_path / "page.md"
        path.write_text(text)
        name = f"{tmp_path.name}/page.md"
        monkeypatch.setitem(blocks.PAGES, name, path)
        return name

    return write


@pytest.mark.parametrize(
    ("find", "code"),
    [
        (mentions.find_unknown_addresses, "/nonsense"),
        (mentions.find_unknown_addresses, "/v2/nonsense"),
        (mentions.find_unknown_addresses, "DELETE /iptv/supportcase/{id}"),
        (mentions.find_unknown_addresses, "POST …/nonsense"),
        (mentions.find_unknown_commands, "make nonsense"),
        (mentions.find_unknown_commands, "manage.py nonsense"),
        (mentions.find_unknown_commands, "manage.py export --nonsense"),
        (mentions.find_unknown_commands, "export KIND --nonsense"),
        (mentions.find_unknown_files, "nonsense.py"),
        (mentions.find_unknown_files, "docs/nonsense/"),
        (mentions.find_unknown_files, "test_docs.py::test_nonsense"),
        (mentions.find_unknown_modules, "backoffice.records.nonsense"),
    ],
)
def test_what_does_not_exist_is_found(page_of, find, code):
    assert len(find(page_of(f"It is `{code}`.\n"))) == 1


def test_blocks_are_read_with_their_comments(page_of):
    page = page_of(
        "The response is 404:\n\n<!-- responds 404 -->\n\n    curl x\n\n    curl y\n\n"
        "- a point\n    with a line\n\n```json\n{}\n```\n"
    )
    first, second = blocks.blocks_of(page)
    assert (first.kind, first.text, first.refusals) == ("shell", "curl x\n\ncurl y\n", ["404"])
    assert "404" in first.surroundings
    assert (second.kind, second.text) == ("json", "{}\n")


@pytest.fixture(scope="session")
def prepared_data(tmp_path_factory):
    return prepare_data(tmp_path_factory.mktemp("prepared"))


@pytest.mark.deep
@pytest.mark.parametrize("page", EXECUTED)
def test_a_page_does_what_it_says(page, prepared_data, tmp_path):
    assert execute_page(page, prepared_data, tmp_path) == []


@pytest.mark.deep
def test_failures_of_a_page_are_found(page_of, prepared_data, tmp_path):
    page = page_of(
        "Wrong:\n\n    curl http://127.0.0.1:8000/nonsense\n\nAnd:\n\n    false\n    echo unreached\n"
    )
    problems = execute_page(page, prepared_data, tmp_path / "execution")
    assert [problem.partition(" after")[0].partition(", ")[0] for problem in problems] == [
        "exit status 1",
        f"{page}:3: responses ['404']",
    ]
    assert "unreached" not in problems[0]


@pytest.mark.deep
def test_errors_in_a_printed_response_are_found(page_of, prepared_data, tmp_path):
    request = f"    curl {execution.ADDRESS}/v2/complaints\n"
    printed = json.dumps({"message": "Send a key."})
    page = page_of(
        f"It is 401:\n\n<!-- responds 401 -->\n\n{request}\n<!-- the response -->\n\n    {printed}\n"
    )
    (problem,) = execute_page(page, prepared_data, tmp_path / "execution")
    assert problem.startswith(f'{page}:9: the response is {{"message":"Send an API key')
