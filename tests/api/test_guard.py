"""Who may ask: no page of another site, no name that is not this machine, nobody without the key."""

from __future__ import annotations

import pytest

KEY = "opensesame-äß"


def bearer(key: str) -> dict[str, bytes]:
    return {"authorization": f"Bearer {key}".encode()}


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "null"},
        {"host": "elsewhere.example:8501"},
        {"host": "127.0.0.1.elsewhere.example"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
    ],
)
def test_what_another_site_asks_is_refused(client, library, error_of, headers) -> None:
    assert error_of(client.get("/v1/documents", headers=headers), 403)["type"] == "Forbidden"
    assert error_of(client.post("/v1/documents/delete", json={"ids": ["x"]}, headers=headers), 403)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://127.0.0.1:8501"},
        {"host": "localhost:8501", "origin": "http://localhost:8501"},
        {"host": "[::1]:8501"},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},  # a link to us, followed by a person
    ],
)
def test_what_this_machine_asks_is_answered(client, headers) -> None:
    assert client.get("/v1/health", headers=headers).status_code == 200


@pytest.mark.parametrize("given", [None, "wrong", "", KEY[:-1], KEY + "x"])
def test_a_wrong_key_is_refused(with_key, error_of, given) -> None:
    headers = {} if given is None else bearer(given)
    answer = with_key.get("/v1/documents", headers=headers)
    assert error_of(answer, 401)["type"] == "Unauthorized"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert with_key.post("/v1/ask", json={"question": "Who?"}, headers=headers).status_code == 401
    assert with_key.get("/v1/documents/health", headers=headers).status_code == 401


def test_the_right_key_is_let_in(with_key) -> None:
    assert with_key.get("/v1/documents", headers=bearer(KEY)).status_code == 200
    assert with_key.get("/v1/documents", headers={"authorization": f"bearer  {KEY}".encode()}).status_code == 200


@pytest.mark.parametrize("path", ["/v1/health", "/docs", "/openapi.json"])
def test_whether_and_how_it_answers_needs_no_key(with_key, path: str) -> None:
    assert with_key.get(path).status_code == 200


def test_without_a_workbench_one_is_told_to_come_back(starting, error_of) -> None:
    for answer in (
        starting.get("/v1/health"),
        starting.get("/v1/documents"),
        starting.post("/v1/documents", files={"files": ("a.md", b"text")}),
        starting.post("/v1/ask", json={"question": "Who?"}, headers={"accept": "text/event-stream"}),
    ):
        assert error_of(answer, 503)["next_step"]
        assert int(answer.headers["retry-after"]) > 0


def test_head_and_options_are_answered(client, library) -> None:
    whole = client.get("/v1/documents")
    head = client.head("/v1/documents")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(whole.content))
    options = client.options("/v1/documents")
    assert options.status_code == 204
    assert set(options.headers["allow"].split(", ")) == {"GET", "POST", "HEAD", "OPTIONS"}
    assert client.options("/v1/documents", headers={"origin": "https://elsewhere.example"}).status_code == 403


def test_unknown_addresses_and_methods(client, error_of) -> None:
    assert error_of(client.get("/v1/nothing"), 404)["type"] == "NotFound"
    answer = client.put("/v1/search", json={})
    assert error_of(answer, 405)["type"] == "MethodNotAllowed"
    assert "POST" in answer.headers["allow"]


def test_answers_are_what_they_say(client) -> None:
    assert client.get("/v1/health").headers["x-content-type-options"] == "nosniff"


def test_the_api_is_described_without_asking_anybody(client) -> None:
    page = client.get("/docs").text
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    described = client.get("/openapi.json").json()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), f"{method} {path}"
