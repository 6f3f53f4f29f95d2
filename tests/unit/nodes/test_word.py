"""Word documents without Word: real files, and what a crash leaves."""

import docx
import pytest

from casare_robot.nodes.unsaved_edits import UnsavedEdits
from casare_robot.nodes.word import Document


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path_factory, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path_factory.mktemp("temporary")))


@pytest.fixture
def letter(tmp_path):
    made = docx.Document()
    paragraph = made.add_paragraph("Dear ")
    paragraph.add_run("NA").bold = True
    paragraph.add_run("ME, hello")
    table = made.add_table(rows=1, cols=2)
    table.cell(0, 0).text = "name"
    table.cell(0, 1).text = "sum"
    made.add_paragraph("Yours, NAME")
    made.sections[0].footer.paragraphs[0].text = "Page for NAME"
    made.save(tmp_path / "letter.docx")
    return tmp_path / "letter.docx"


@pytest.fixture
def word(run_node, letter):
    """The nodes on one open document."""

    class Word:
        def __init__(self, path="letter.docx", **config):
            self.opened = run_node("WordOpenNode", {"file_path": path, **config})

        def __call__(self, name, *, step="job/n", **config):
            self.opened.surroundings.step_key = step
            return run_node(
                f"Word{name}Node",
                config,
                inputs={"document": self.opened.outputs["document"]},
                surroundings=self.opened.surroundings,
            )

    return Word


def test_the_text_comes_in_the_order_of_the_page(word):
    assert word()("GetText").outputs == {
        "text": "Dear NAME, hello\nname\nsum\nYours, NAME",
        "word_count": 7,
        "success": True,
    }


def test_text_is_replaced_everywhere_and_keeps_its_looks(word, letter):
    opened = word()
    replaced = opened("ReplaceText", find_text="NAME", replace_text="Ada", match_case=True)
    opened("Close")

    made = docx.Document(letter)
    assert replaced.outputs == {"replacements": 3, "success": True}
    assert [p.text for p in made.paragraphs] == ["Dear Ada, hello", "Yours, Ada"]
    assert [run.bold for run in made.paragraphs[0].runs if "Ada" in run.text] == [True]
    assert made.sections[0].footer.paragraphs[0].text == "Page for Ada"
    assert made.tables[0].cell(0, 0).text == "name"


def test_case_counts_only_when_told_to_and_one_is_enough_if_wished(word, letter):
    opened = word()
    assert opened("ReplaceText", find_text="NAME", replace_text="x").outputs["replacements"] == 4
    opened("Close", save=False)

    again = word()
    one = again("ReplaceText", find_text="name", replace_text="x", replace_all=False)
    again("Close")

    assert one.outputs["replacements"] == 1
    assert [p.text for p in docx.Document(letter).paragraphs] == ["Dear x, hello", "Yours, NAME"]


def test_one_step_replaces_once_even_when_it_is_done_again_after_a_crash(letter, tmp_path):
    def opened():
        return Document(letter, create=False, edits=UnsavedEdits(letter, "open", folder=folder))

    folder = tmp_path / "edits"
    opened().replace("step", "hello", "hello hello", match_case=True, every=True)
    again = opened()

    assert again.replace("step", "hello", "hello hello", match_case=True, every=True) == 1
    assert again.text().startswith("Dear NAME, hello hello\n")
    assert again.replace("next", "hello", "hi", match_case=True, every=True) == 2


def test_a_document_is_begun_only_when_told_to(word, tmp_path):
    missing = word("sub/new.docx")
    made = word("sub/new.docx", create_if_missing=True)
    made("Close")

    assert missing.opened.error.startswith("Word file not found")
    assert docx.Document(tmp_path / "sub" / "new.docx").paragraphs == []


def test_what_cannot_be_is_refused_in_a_sentence(word, tmp_path):
    (tmp_path / "text.docx").write_text("hello")

    assert "is no Word document" in word("text.docx").opened.error
    assert "is none of .docx" in word("old.doc").opened.error
    assert "Text to find" in word()("ReplaceText", find_text="", replace_text="x").error
