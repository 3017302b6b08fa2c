"""Running it over HTTP: health, jobs, doctor, eval."""

from __future__ import annotations


def test_health(client, library) -> None:
    found = client.get("/v1/health").json()
    assert found["health"] == "healthy"
    assert {part["state"] for part in found["components"].values()} == {"ok"}
    assert found["documents"] >= 3


def test_jobs(client, send, library, error_of) -> None:
    (empty,) = send(("empty.txt", b""))
    assert empty["status"] == "failed"
    assert [job["id"] for job in client.get("/v1/jobs", params={"failed": True}).json()["jobs"]] == [empty["id"]]
    assert len(client.get("/v1/jobs").json()["jobs"]) > 3
    (again,) = client.post(f"/v1/jobs/{empty['id']}/retry").json()["jobs"]
    assert again["id"] == empty["id"]
    client.post("/v1/documents/wait", json={"ids": [empty["id"]], "seconds": 20})
    assert client.get(f"/v1/jobs/{empty['id']}").json()["status"] == "failed"
    (still,) = client.post(f"/v1/jobs/{empty['id']}/cancel").json()["jobs"]
    assert still["status"] == "failed"
    done = library["bridge.md"]["id"]
    assert error_of(client.post(f"/v1/jobs/{done}/retry"), 422)["type"] == "InvalidRequest"
    for answer in (
        client.get("/v1/jobs/unknown"),
        client.post("/v1/jobs/unknown/retry"),
        client.post("/v1/jobs/unknown/cancel"),
    ):
        assert error_of(answer, 404)["type"] == "NotFound"


def test_doctor(client, library) -> None:
    found = client.post("/v1/admin/doctor", json={}).json()
    assert found["ok"], found
    assert len(found["checks"]) > 3


def test_eval(client, library, error_of) -> None:
    asked = {"questions": [{"question": "Who opened the Halden bridge?", "relevant": ["bridge.md"]}]}
    found = client.post("/v1/admin/eval", json=asked).json()
    assert [row["mode"] for row in found["rows"]] == ["hybrid", "dense", "keyword"]
    assert {row["recall@2"] for row in found["rows"]} == {1.0}
    assert error_of(client.post("/v1/admin/eval", json=asked | {"modes": ["telepathy"]}), 422)
    assert error_of(client.post("/v1/admin/eval", json={"questions": []}), 422)
