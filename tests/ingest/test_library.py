"""Documents come in, are found, change and go, with every store agreeing at each step."""

from __future__ import annotations

import json
from email.message import EmailMessage

import pytest

from core.errors import InvalidRequest, NotFound, PasswordNeeded
from core.library import Upload
from core.records import DocumentStatus
from core.settings import Settings
from core.workbench import Workbench
from tests.ingest.printing import pdf
from tests.ingest.stores import look

BRIDGE = ("bridge.md", b"# The bridge\n\nThe Halden bridge was opened in 1931 by the engineer Ruth Amsel.\n")
RIVER = ("river.md", b"# The river\n\nThe river Orle floods every spring and carries gravel from the hills.\n")


def test_a_document_is_found_after_it_was_dropped(workbench, drop) -> None:
    bridge, river = drop(BRIDGE, RIVER)
    assert (bridge.status, river.status) == (DocumentStatus.DONE, DocumentStatus.DONE)
    assert bridge.chunks == 1
    for mode in ("dense", "keyword", "hybrid"):
        best = workbench.search.search("Who opened the Halden bridge?", mode, 5).passages[0]
        assert best.chunk.document_id == bridge.id, mode


def test_the_same_batch_twice_changes_nothing(workbench, drop) -> None:
    drop(BRIDGE, RIVER)
    before = look(workbench)
    receipts = workbench.library.add([Upload("another name.md", BRIDGE[1]), Upload(*RIVER)])
    assert [receipt.status for receipt in receipts] == [DocumentStatus.SKIPPED] * 2
    originals = {document.name: document.id for document in workbench.library.documents()}
    assert [receipt.duplicate_of for receipt in receipts] == [originals["bridge.md"], originals["river.md"]]
    assert look(workbench) == before


def test_a_changed_file_becomes_a_version_and_the_old_text_is_not_found(workbench, drop) -> None:
    (first,) = drop(BRIDGE)
    (second,) = drop(("bridge.md", b"# The bridge\n\nThe Halden bridge was torn down in 1987 after a long dispute.\n"))
    assert (second.id, second.version, second.status) == (first.id, 2, DocumentStatus.DONE)
    texts = [passage.chunk.text for passage in workbench.search.search("Halden bridge", "hybrid", 10).passages]
    assert any("1987" in text for text in texts)
    assert not any("1931" in text for text in texts)
    assert [version.version for version in workbench.library.versions(first.id)] == [2, 1]
    assert all(check.ok for check in workbench.doctor())


def test_a_delete_leaves_nothing_anywhere(workbench, drop) -> None:
    (kept,) = drop(RIVER)
    only_river = look(workbench)
    shared = ("copy of river, longer.md", RIVER[1] + b"\n## More\n\nIts name is older than the town.\n")
    bridge, longer = drop(BRIDGE, shared)
    announced = workbench.library.removal([bridge.id, longer.id])
    deleted, removed = workbench.library.delete([bridge.id, longer.id])
    assert set(deleted) == {bridge.id, longer.id}
    assert removed == announced
    assert removed.chunks == removed.vectors == removed.keywords >= 2
    assert look(workbench) == only_river
    assert all(check.ok for check in workbench.doctor())
    assert workbench.search.search("river Orle", "hybrid", 3).passages[0].chunk.document_id == kept.id
    with pytest.raises(NotFound):
        workbench.library.delete([bridge.id])


def test_attachments_become_documents_and_go_with_their_mail(workbench, drop) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "ruth@example.org", "otto@example.org", "Gravel report"
    mail.set_content("Dear Otto, the report on the gravel is attached. Ruth")
    mail.add_attachment(RIVER[1], maintype="text", subtype="markdown", filename="gravel.md")
    (letter,) = drop(("gravel.eml", mail.as_bytes()))
    assert workbench.jobs.wait([letter.id], timeout=60)
    names = {document.name: document for document in workbench.library.documents()}
    assert names["gravel.md"].parent_id == letter.id
    assert names["gravel.md"].status is DocumentStatus.DONE
    deleted, _ = workbench.library.delete([letter.id])
    assert set(deleted) == {letter.id, names["gravel.md"].id}
    assert look(workbench).chunks == frozenset()


def test_a_jsonl_file_is_a_document_a_line(workbench, drop) -> None:
    lines = [{"id": f"note {n}", "text": f"Note number {n} is about the mill of Tarn {n}."} for n in range(100)]
    content = "\n".join(json.dumps(line) for line in lines).encode()
    documents = drop(("notes.jsonl", content))
    assert [document.name for document in documents] == [line["id"] for line in lines]
    assert {document.status for document in documents} == {DocumentStatus.DONE}
    found = workbench.search.search("mill of Tarn 42", "keyword", 1).passages[0]
    assert found.document == "note 42"
    assert len(look(workbench).chunks) == 100


def test_a_bad_line_is_named_and_the_others_go_on(workbench) -> None:
    content = b'{"id": "a/b", "text": "Alpha is the first letter of all."}\n{broken\n{"text": "Omega is the last."}\n'
    receipts = workbench.library.add([Upload("bad.jsonl", content)])
    (failed,) = [receipt for receipt in receipts if receipt.status is DocumentStatus.FAILED]
    assert failed.name == "bad.jsonl, line 2"
    assert "Line 2 " in failed.error
    kept = [receipt for receipt in receipts if receipt.document_id]
    assert [receipt.name for receipt in kept] == ["a/b", "bad.jsonl, line 3"]
    assert workbench.jobs.wait([receipt.document_id for receipt in kept], timeout=60)


def test_many_bad_lines_are_counted(workbench) -> None:
    content = b"{broken\n" * 250 + b'{"id": "a", "text": "Alpha is the first letter of all."}\n'
    receipts = workbench.library.add([Upload("bad.jsonl", content)])
    failed = [receipt for receipt in receipts if receipt.status is DocumentStatus.FAILED]
    assert len(failed) == 101
    assert failed[-1].error.startswith("150 more lines")
    assert [receipt.name for receipt in receipts if receipt.document_id] == ["a"]


def test_two_files_of_one_name_in_one_drop_are_both_kept(workbench, drop) -> None:
    first, second = drop(("notes.md", b"The first note is about apples."), ("notes.md", b"The second is about pears."))
    assert (first.name, second.name) == ("notes.md", "notes (2).md")
    assert first.id != second.id


def test_an_encrypted_pdf_waits_for_its_password(workbench, drop) -> None:
    secret = pdf(["The vault of Lindau was sealed on 4 May 1902."], password="amber")
    (document,) = drop(("secret.pdf", secret))
    assert document.status is DocumentStatus.FAILED
    assert "password" in document.error
    with pytest.raises(PasswordNeeded):
        workbench.library.unlock(document.id, "wrong")
    workbench.library.unlock(document.id, "amber")
    assert workbench.jobs.wait([document.id], timeout=60)
    assert workbench.library.document(document.id).status is DocumentStatus.DONE
    passage = workbench.search.search("vault of Lindau", "hybrid", 1).passages[0]
    image = workbench.sources.page_image(document.id, 1, chunk_id=passage.chunk.chunk_id)
    assert image.startswith(b"\x89PNG")
    workbench.library.delete([document.id])
    assert look(workbench).files == 0


def test_what_cannot_be_read_fails_with_a_next_step_and_the_rest_goes_on(workbench, drop) -> None:
    empty, broken, good = drop(("empty.txt", b""), ("broken.pdf", b"%PDF-1.7\nnothing of it is true"), RIVER)
    for document in (empty, broken):
        assert document.status is DocumentStatus.FAILED, document
        assert document.error.count(".") >= 1
        assert "Traceback" not in document.error
    assert good.status is DocumentStatus.DONE
    assert {job.name for job in workbench.jobs.list(failed=True)} == {"empty.txt", "broken.pdf"}
    with pytest.raises(InvalidRequest):
        workbench.jobs.retry(good.id)
    again = workbench.jobs.retry(broken.id)
    assert again.document_id == broken.id
    assert workbench.jobs.wait([broken.id], timeout=60)
    assert workbench.library.document(broken.id).status is DocumentStatus.FAILED


def test_names_are_shown_and_never_used_as_paths(workbench, drop, tmp_path) -> None:
    names = ["../../escape.md", "CON", "name\x00with\x1bcontrol.md", "很长" * 200 + ".md", "‮gpj.exe.md", "a/b/c.md"]
    documents = drop(*((name, f"Text number {number} of the odd ones.".encode()) for number, name in enumerate(names)))
    assert len({document.id for document in documents}) == len(names)
    assert {document.status for document in documents} == {DocumentStatus.DONE}
    outside = list(tmp_path.rglob("*escape*"))
    assert outside == []
    assert not any(ord(sign) < 32 for document in documents for sign in document.name)


def test_cancelling_leaves_nothing(workbench) -> None:
    pages = [f"Page {n} tells of the harbour and its {n} cranes.\n" * 20 for n in range(60)]
    (receipt,) = workbench.library.add([Upload("harbour.pdf", pdf(pages))])
    workbench.jobs.cancel(receipt.document_id)
    document = workbench.library.document(receipt.document_id)
    assert document.status is DocumentStatus.CANCELLED
    found = look(workbench)
    assert found.chunks == found.vectors == found.keywords == frozenset()
    workbench.jobs.retry(receipt.document_id)
    assert workbench.jobs.wait([receipt.document_id], timeout=120)
    assert workbench.library.document(receipt.document_id).status is DocumentStatus.DONE


def test_a_deleted_document_is_stopped_while_it_is_worked_on(workbench) -> None:
    pages = [f"Page {n} tells of the lighthouse and its {n} keepers.\n" * 20 for n in range(60)]
    (receipt,) = workbench.library.add([Upload("lighthouse.pdf", pdf(pages))])
    workbench.library.delete([receipt.document_id])
    found = look(workbench)
    assert found.documents == ()
    assert found.vectors == found.keywords == found.chunks == frozenset()
    assert found.files == 0


def test_a_second_process_cannot_open_the_folder(workbench, settings) -> None:
    from core.errors import FolderInUse

    with pytest.raises(FolderInUse):
        Workbench.open(settings)


def test_opening_and_closing_leaves_no_thread_no_process_and_no_file_open(tmp_path, no_leaks) -> None:
    settings = Settings(data=tmp_path / "data", samples=False)
    for _ in range(3):
        workbench = Workbench.open(settings)
        assert workbench.ready(60)
        workbench.library.add([Upload(*BRIDGE)])
        workbench.close()
    no_leaks()


def test_the_context_of_a_passage_stands_around_it(workbench, drop) -> None:
    text = "\n\n".join(
        f"## Part {n}\n\nPart {n} speaks of the {n}th tower of the wall, at some length." for n in range(9)
    )
    (document,) = drop(("walls.md", f"# Walls\n\n{text}\n".encode()))
    passage = workbench.search.search("the 4th tower of the wall", "keyword", 1).passages[0]
    context = workbench.sources.context(passage.chunk.chunk_id)
    assert context.document.id == document.id
    assert not context.has_page_image
    assert any("4th tower" in block.text for block in context.passage)
    assert any("tower" in block.text for block in context.before)
    assert any("tower" in block.text for block in context.after)
    with pytest.raises(InvalidRequest):
        workbench.sources.page_image(document.id, 1)
