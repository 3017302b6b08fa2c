"""Documents over HTTP: in, looked at, out again."""

from __future__ import annotations

import struct
import threading
from concurrent.futures import ThreadPoolExecutor


def test_many_files_in_one_request_have_an_entry_each(send, library, workbench) -> None:
    files = [(f"field {n}.txt", f"Field {n} grows {n * 7} rows of turnips.".encode()) for n in range(30)]
    found = send(
        *files, ("again.md", b"# The river\n\nThe river Orle floods every spring and carries gravel from the hills.\n")
    )
    assert [document["name"] for document in found] == [name for name, _ in files] + ["again.md"]
    assert {document["status"] for document in found[:-1]} == {"done"}
    assert found[-1]["status"] == "skipped"
    assert found[-1]["duplicate_of"] == library["river.md"]["id"]


def test_names_are_names_and_no_paths(send, client) -> None:
    names = ["../../etc/cron.d/evil", "C:\\windows\\system32\\evil.txt", 'a "quoted" name.txt', "страница.txt", "CON"]
    found = send(*((name, f"Odd name number {n} is here.".encode()) for n, name in enumerate(names)))
    assert [document["name"] for document in found] == [
        "evil",
        "evil.txt",
        'a "quoted" name.txt',
        "страница.txt",
        "_CON",
    ]
    assert {document["status"] for document in found} == {"done"}


def test_a_file_that_is_too_large_is_refused_and_the_others_go_on(send, big) -> None:
    large, fine = send(("large.txt", big), ("small.txt", b"A small text about owls."))
    assert (large["id"], large["status"]) == (None, "failed")
    assert "1 MB" in large["error"]
    assert fine["status"] == "done"


def test_a_request_that_is_too_large_is_stopped(client, big, error_of) -> None:
    answer = client.post("/v1/documents", files=[("files", (f"{n}.txt", big)) for n in range(8)])
    assert error_of(answer, 413)["type"] == "LimitExceeded"


def test_requests_without_files_are_refused(client, error_of) -> None:
    assert error_of(client.post("/v1/documents"), 422)["next_step"]
    assert error_of(client.post("/v1/documents", json={"files": []}), 422)
    assert error_of(client.post("/v1/documents", data={"files": "text"}), 422)
    broken = {"content-type": "multipart/form-data; boundary=x"}
    assert error_of(client.post("/v1/documents", content=b"--y\r\nnonsense", headers=broken), 400)


def test_a_document_is_looked_at(client, library, error_of) -> None:
    bridge = library["bridge.md"]["id"]
    assert client.get(f"/v1/documents/{bridge}").json()["name"] == "bridge.md"
    (chunk,) = client.get(f"/v1/documents/{bridge}/chunks").json()["chunks"]
    assert "Ruth Amsel" in chunk["text"]
    assert client.get(f"/v1/documents/{bridge}/chunks", params={"offset": 1}).json() == {"chunks": []}
    (version,) = client.get(f"/v1/documents/{bridge}/versions").json()["versions"]
    assert (version["id"], version["version"]) == (bridge, 1)
    for path in ("", "/chunks", "/versions", "/pages/1.png"):
        assert error_of(client.get(f"/v1/documents/unknown{path}"), 404)["type"] == "NotFound"
    for query in ({"limit": 0}, {"limit": 5000}, {"offset": -1}, {"offset": "x"}):
        assert error_of(client.get(f"/v1/documents/{bridge}/chunks", params=query), 422)


def test_a_page_is_drawn_with_the_passage_marked(client, library, error_of) -> None:
    harbour = library["harbour.pdf"]["id"]
    (chunk,) = client.get(f"/v1/documents/{harbour}/chunks").json()["chunks"]
    page = f"/v1/documents/{harbour}/pages/1.png"
    plain = client.get(page, params={"width": 300})
    marked = client.get(page, params={"width": 300, "highlight": chunk["chunk_id"]})
    assert plain.headers["content-type"] == marked.headers["content-type"] == "image/png"
    assert struct.unpack(">I", plain.content[16:20]) == (300,)
    assert plain.content != marked.content
    assert error_of(client.get(f"/v1/documents/{harbour}/pages/2.png"), 404)
    assert error_of(client.get(f"/v1/documents/{harbour}/pages/x.png"), 422)
    assert error_of(client.get(page, params={"width": 5}), 422)
    assert error_of(client.get(page, params={"highlight": "unknown"}), 404)
    assert error_of(client.get(f"/v1/documents/{library['bridge.md']['id']}/pages/1.png"), 422)


def test_documents_are_deleted_one_or_many(client, send, error_of) -> None:
    documents = send(*((f"gone {n}.txt", f"Soon gone is number {n}.".encode()) for n in range(3)))
    first, *others = [document["id"] for document in documents]
    gone = client.delete(f"/v1/documents/{first}").json()
    assert gone["deleted"] == [first]
    assert gone["removed"]["chunks"] == gone["removed"]["vectors"] == gone["removed"]["keywords"] == 1
    assert error_of(client.delete(f"/v1/documents/{first}"), 404)
    assert error_of(client.post("/v1/documents/delete", json={"ids": [*others, first]}), 404)
    assert client.get(f"/v1/documents/{others[0]}").status_code == 200, "nothing was deleted by the wrong request"
    assert set(client.post("/v1/documents/delete", json={"ids": others}).json()["deleted"]) == set(others)
    assert error_of(client.post("/v1/documents/delete", json={"ids": []}), 422)


def test_the_others_are_answered_while_somebody_waits(client, library, workbench, monkeypatch) -> None:
    waiting, answered = threading.Event(), threading.Event()

    def wait(ids: list[str], timeout: float) -> bool:
        waiting.set()
        return answered.wait(30)

    monkeypatch.setattr(workbench.jobs, "wait", wait)
    with client, ThreadPoolExecutor(1) as pool:  # one event loop for both requests
        slow = pool.submit(client.post, "/v1/documents/wait", json={"ids": [library["bridge.md"]["id"]]})
        assert waiting.wait(30)
        assert client.get("/v1/health").status_code == 200
        answered.set()
        assert slow.result(30).json()["ended"] is True
