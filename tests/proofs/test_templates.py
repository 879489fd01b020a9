"""Templates have lines that fit on a screen; `make check` checks it, too."""

from scripts import check_templates


def test_no_line_is_too_long():
    assert check_templates.find_long_lines() == []


def test_a_line_that_is_too_long_is_found(tmp_path, monkeypatch):
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "page.html").write_text("<p>\n" + "ø" * 120 + "\n" + "ø" * 121 + "\n")
    monkeypatch.setattr(check_templates, "FOLDER", folder)
    assert check_templates.find_long_lines() == ["templates/page.html:3: 121 columns"]
