"""The HTTP service answers, refuses and recovers as its document says."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import multiprocessing
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
httpx = pytest.importorskip("httpx")

from service_client import metric, npy, pair, png, running  # noqa: E402  # it imports httpx
from spnet.client import Client, ServiceError  # noqa: E402
from spnet.completion import Completion  # noqa: E402
from spnet.errors import BadInput  # noqa: E402
from spnet.predictor import Predictor  # noqa: E402
from spnet.service.config import ServiceConfig  # noqa: E402
from spnet.service.engine import WATCH_SECONDS, Engine, _Waiting, _Worker  # noqa: E402
from spnet.service.metrics import Metrics  # noqa: E402
from spnet.service.uploads import Upload  # noqa: E402
from spnet.service.worker import Job, Options  # noqa: E402

CAMERA = pair()
RGB, DEPTH = png(CAMERA[0]), png(CAMERA[1])


@pytest.fixture(scope="module")
def url(fill_model: Path, small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("service") / "log"
    options = (
        "--model",
        str(fill_model),
        str(small_model),
        "--max-mb",
        "5",
        "--max-pixels",
        "1000000",
        "--device",
        "cpu",
        "cpu",
    )
    with running(*options, "--timeout", "30", log=log) as (address, _):
        yield address


def send(url: str, rgb: bytes = RGB, depth: bytes = DEPTH, **options: str) -> httpx.Response:
    files = {"rgb": ("../../etc/rgb.png", rgb), "depth": ("..\\depth.png", depth)}
    return httpx.post(f"{url}/v1/complete", files=files, data=options, timeout=60)


def code(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


@pytest.fixture(scope="module")
def completed(fill_model: Path) -> Completion:
    return Predictor(fill_model).complete(*CAMERA)


@pytest.fixture(scope="module")
def expected(completed: Completion) -> np.ndarray:
    return completed.depth


def test_the_answer_is_the_predictors(url: str, expected: np.ndarray) -> None:
    response = send(url, format="npy")
    assert response.status_code == 200, response.text
    np.testing.assert_allclose(np.load(io.BytesIO(response.content)), expected, rtol=1e-5)
    facts = json.loads(response.headers["X-Spnet-Result"])
    assert facts["model"] == "small-fill"
    assert facts["input_unit"] == "mm"
    assert facts["warnings"] == []
    assert set(facts["seconds"]) >= {"decode", "network", "encode", "total"}


def test_png_answers_are_in_the_unit_asked_for(url: str, expected: np.ndarray) -> None:
    for unit, scale in (("mm", 1000), ("kitti", 256)):
        response = send(url, output_unit=unit)
        assert response.headers["content-type"] == "image/png"
        stored = np.asarray(Image.open(io.BytesIO(response.content)))
        assert np.abs(stored - expected * scale).max() <= 0.51
    np.testing.assert_allclose(np.asarray(Image.open(io.BytesIO(send(url).content))), expected * 1000, atol=0.51)


def test_json_answers_hold_all(url: str, expected: np.ndarray) -> None:
    answer = send(url, format="json").json()
    depth = np.load(io.BytesIO(base64.b64decode(answer["depth"]["data"])))
    np.testing.assert_allclose(depth, expected, rtol=1e-5)
    assert (answer["width"], answer["height"], answer["unit"]) == (64, 48, "m")


def test_the_confidence_can_be_asked_for(url: str, completed: Completion) -> None:
    for output, wanted in (("expected_error", completed.expected_error), ("confidence", completed.confidence)):
        assert wanted is not None
        response = send(url, format="npy", output=output)
        np.testing.assert_allclose(np.load(io.BytesIO(response.content)), wanted, rtol=1e-4)
        facts = json.loads(response.headers["X-Spnet-Result"])
        assert (facts["output"], facts["unit"]) == (output, "1")
        steps = np.asarray(Image.open(io.BytesIO(send(url, output=output).content)))
        np.testing.assert_allclose(steps / 65535, wanted, atol=1e-4)
        answer = send(url, format="json", output=output).json()
        for name, array in (("depth", completed.depth), (output, wanted)):
            np.testing.assert_allclose(np.load(io.BytesIO(base64.b64decode(answer[name]["data"]))), array, rtol=1e-4)


def test_what_is_not_sure_can_be_left_out(url: str, completed: Completion) -> None:
    assert completed.confidence is not None
    limit = float(np.median(completed.confidence))
    wanted = completed.masked(limit).depth
    assert 0.3 < (wanted > 0).mean() < 0.7
    with Client(url) as client:
        done = client.complete(*CAMERA, mask_below=limit, output="confidence")
        assert ((done.depth > 0) == (wanted > 0)).mean() > 0.99  # those at the limit itself may fall to either side
        assert done.confidence is not None
        assert done.expected_error is None
        np.testing.assert_allclose(done.confidence, completed.confidence, rtol=1e-4)
    assert (np.asarray(Image.open(io.BytesIO(send(url, mask_below="1").content))) == 0).all()


def test_a_model_without_confidence_says_so(url: str, small_model: Path) -> None:
    assert send(url, model=small_model.stem).status_code == 200
    for wrong in ({"output": "confidence"}, {"output": "expected_error"}, {"mask_below": "0.5"}):
        response = send(url, model=small_model.stem, **wrong)
        assert code(response) == (422, "bad_input")
        assert "small-spnet gives no confidence" in response.json()["error"]["message"]


def test_raw_arrays_and_units(url: str, expected: np.ndarray) -> None:
    metres = CAMERA[1].astype(np.float32) / 1000
    for depth, unit in ((npy(metres), {}), (npy(CAMERA[1]), {"unit": "mm"}), (npy(metres[None]), {"unit": "m"})):
        for rgb in (npy(CAMERA[0]), npy(CAMERA[0].transpose(2, 0, 1))):
            response = send(url, rgb, depth, format="npy", **unit)
            assert response.status_code == 200, response.text
            np.testing.assert_allclose(np.load(io.BytesIO(response.content)), expected, rtol=1e-4)


def test_a_wrong_unit_is_warned_about(url: str) -> None:
    response = send(url, depth=npy(CAMERA[1].astype(np.float32)), format="npy")
    (warning,) = json.loads(response.headers["X-Spnet-Result"])["warnings"]
    assert "probably in mm" in warning


def test_requests_that_run_together_hear_their_own_warnings(url: str) -> None:
    right, wrong = npy(CAMERA[1].astype(np.float32) / 1000), npy(CAMERA[1].astype(np.float32))
    with ThreadPoolExecutor(16) as threads:
        depths = [wrong if number % 3 == 0 else right for number in range(32)]
        sent = [threads.submit(send, url, RGB, depth, format="npy") for depth in depths]
        heard = [len(json.loads(future.result().headers["X-Spnet-Result"])["warnings"]) for future in sent]
    assert heard == [int(number % 3 == 0) for number in range(32)]


def test_large_images_do_not_wait_for_each_other() -> None:
    config = ServiceConfig(batch=8)
    for size, together in (((480, 640), 8), ((1200, 1600), 2), ((3000, 4000), 1)):
        engine = Engine(config, Metrics())
        upload = Upload("depth.png", b"", size)
        loop = asyncio.new_event_loop()
        engine._queue.extend(
            _Waiting(Job(upload, upload, Options("default")), loop.create_future(), 0.0) for _ in range(20)
        )
        assert len(engine._take()) == together
        assert len(engine._queue) == 20 - together
        loop.close()


class Silent:
    """A pool that has lost a job: nothing is heard of it any more. The one that follows it answers."""

    def __init__(self, future: Future[list[bytes]]) -> None:
        self.future = future

    def schedule(self, *_: object, **__: object) -> Future[list[bytes]]:
        return self.future


def test_a_job_that_a_killed_process_took_along_is_given_to_the_next() -> None:
    sleeper = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(600,))
    sleeper.start()
    answered: Future[list[bytes]] = Future()

    async def serve() -> tuple[float, int]:
        engine = Engine(ServiceConfig(), Metrics())
        upload = Upload("depth.png", b"", (48, 64))
        waiting = _Waiting(Job(upload, upload, Options("default")), asyncio.get_running_loop().create_future(), 0.0)
        own = _Worker("cpu", Silent(Future()), ready=True, pid=sleeper.pid or 0)
        running = asyncio.create_task(engine._run(own, [waiting]))
        await asyncio.sleep(3 * WATCH_SECONDS)
        assert not running.done(), "its process lives: it may take its time"
        sleeper.kill()
        begin = time.monotonic()
        await running
        assert not own.ready
        assert not waiting.future.done()
        took, queued = time.monotonic() - begin, len(engine._queue)
        own.pool = Silent(answered)
        answered.set_result([b"depth"])
        await engine._run(own, engine._take())
        assert waiting.future.result() == b"depth"
        return took, queued

    took, queued = asyncio.run(serve())
    assert took < 3 * WATCH_SECONDS
    assert queued == 1


def test_models_health_and_metrics(url: str) -> None:
    assert httpx.get(f"{url}/v1/models").json()["models"][0]["name"] == "small-fill"
    assert httpx.get(f"{url}/healthz").json()["status"] == "ok"
    before = metric(url, "spnet_requests_total")
    assert send(url).status_code == 200
    assert metric(url, "spnet_requests_total") > before
    assert metric(url, "spnet_pixels_total") >= 48 * 64
    assert "/v1/complete" in httpx.get(f"{url}/openapi.json").json()["paths"]


def bomb(width: int, height: int) -> bytes:
    """A PNG whose header promises a size."""
    head = struct.pack(">IIBBBBB", width, height, 16, 0, 0, 0, 0)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"0" * 9)) + chunk(b"IEND", b"")


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as z:
        for name, content in members.items():
            z.writestr(f"{name}.npy", content)
    return file.getvalue()


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.new("L", (9, 9)).save(file, "JPEG")
    return file.getvalue()


HOSTILE = {
    "50,000 x 50,000 PNG": ({"depth": bomb(50000, 50000)}, 413, "too_large"),
    "pickle in NPY": ({"depth": npy(np.array([print], dtype=object), allow_pickle=True)}, 422, "not_numbers"),
    "NPY that promises much": ({"depth": npy(np.zeros((2, 2))).replace(b"(2, 2)", b"(9**9,9**9)")}, 422, "damaged"),
    "huge NPY shape": ({"depth": npy(np.zeros((2, 2))).replace(b"(2, 2), }   ", b"(90000,90000)}")}, 413, "too_large"),
    "NPZ bomb": ({"depth": archive(depth=npy(np.zeros((2, 2))) + bytes(30_000_000))}, 422, "damaged"),
    "two arrays": ({"depth": archive(a=npy(np.zeros((2, 2))), b=npy(np.zeros((2, 2))))}, 422, "arrays"),
    "SVG": ({"rgb": b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"}, 415, "unsupported"),
    "HTML": ({"rgb": b"<!doctype html><script>alert(1)</script>"}, 415, "unsupported"),
    "an archive as image": ({"rgb": archive(depth=npy(np.ones((2, 2))))}, 415, "unsupported"),
    "JPEG as depth": ({"depth": jpeg()}, 415, "unsupported"),
    "cut off": ({"depth": DEPTH[: len(DEPTH) // 2]}, 422, "bad_input"),
    "empty": ({"depth": b""}, 422, "empty"),
    "8-bit depth": ({"depth": png(np.full((48, 64), 7, np.uint8))}, 422, "bad_input"),
    "nothing measured": ({"depth": png(np.zeros((48, 64), np.uint16))}, 422, "bad_input"),
    "other aspect": ({"depth": png(np.full((64, 48), 2000, np.uint16))}, 422, "bad_input"),
    "unknown unit": ({"unit": "miles"}, 422, "bad_option"),
    "unknown model": ({"model": "/etc/passwd"}, 422, "no_model"),
    "unknown format": ({"format": "gif"}, 422, "bad_request"),
    "bad scale": ({"max_depth": "-3"}, 422, "bad_option"),
    "limit over 1": ({"mask_below": "1.5"}, 422, "bad_request"),
    "limit below 0": ({"mask_below": "-0.1"}, 422, "bad_request"),
    "limit that is no number": ({"mask_below": "high"}, 422, "bad_request"),
    "limit NaN": ({"mask_below": "nan"}, 422, "bad_request"),
    "unknown output": ({"output": "normals"}, 422, "bad_request"),
}


@pytest.mark.parametrize("case", HOSTILE, ids=str)
def test_hostile_input_gets_its_status(url: str, case: str) -> None:
    changed, *wanted = HOSTILE[case]
    response = send(url, **changed)  # type: ignore[arg-type]
    assert list(code(response)) == wanted, response.text
    message = response.json()["error"]["message"]
    assert not any(word in message for word in ("/tmp", "/root", "site-packages", "Traceback", "etc")), message
    assert send(url).status_code == 200


def test_bodies_that_are_no_multipart(url: str) -> None:
    kinds = {"Content-Type": "application/json"}
    assert httpx.post(f"{url}/v1/complete", content=b"{}", headers=kinds).status_code == 422
    cut = {"Content-Type": "multipart/form-data; boundary=x"}
    body = b'--x\r\nContent-Disposition: form-data; name="rgb"; filename="a"\r\n\r\n' + RGB[:100]
    response = httpx.post(f"{url}/v1/complete", content=body, headers=cut)
    assert response.status_code in (400, 422), response.text
    assert httpx.get(f"{url}/v1/complete").status_code == 405
    assert code(httpx.get(f"{url}/nothing"))[0] == 404


def test_200_megabytes_are_refused_on_the_way(url: str) -> None:
    def stream() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="rgb"; filename="a"\r\n\r\n'
        for _ in range(200):
            yield bytes(1_000_000)

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    try:
        response = httpx.post(f"{url}/v1/complete", content=stream(), headers=headers, timeout=60)
        assert response.status_code == 413
    except httpx.TransportError:
        pass  # the connection was closed while we were still sending, which is the point
    host, port = url.removeprefix("http://").split(":")
    head = b"POST /v1/complete HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(head + b"Content-Length: 200000000\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 413"), "at once, from the header"
    assert send(url).status_code == 200


def test_connections_that_never_finish_do_no_harm(url: str) -> None:
    host, port = url.removeprefix("http://").split(":")
    started = b"POST /v1/complete HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    sockets = [socket.create_connection((host, int(port))) for _ in range(200)]
    try:
        for number, connection in enumerate(sockets):
            connection.sendall((b"", b"POST /v1", started, started + b"Content-Length: 900000\r\n\r\n--x")[number % 4])
        begin = time.monotonic()
        assert send(url).status_code == 200
        assert time.monotonic() - begin < 20
    finally:
        for connection in sockets:
            connection.close()


def test_a_slow_body_and_a_silent_connection_are_ended(fill_model: Path, tmp_path: Path) -> None:
    from spnet.service import run

    config = ServiceConfig(models=(str(fill_model),), port=0, body_timeout=1.0)
    server = run.server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    head = b"POST /v1/complete HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    try:
        for sent, answer in ((b"POST /v1/com", b""), (head + b"Content-Length: 900\r\n\r\n--x", b"HTTP/1.1 408")):
            with socket.create_connection(("127.0.0.1", port), timeout=15) as connection:
                connection.sendall(sent)
                assert connection.recv(100)[: len(answer) or 100] == answer
    finally:
        server.should_exit = True
        thread.join(30)


def workers_of(process_id: int) -> list[int]:
    psutil = pytest.importorskip("psutil")
    children = psutil.Process(process_id).children(recursive=True)
    return [child.pid for child in children if "resource_tracker" not in " ".join(child.cmdline())]


def test_a_killed_worker_is_replaced_and_its_request_answered(fill_model: Path, tmp_path: Path) -> None:
    options = ("--model", str(fill_model), "--device", "cpu", "cpu")
    with running(*options, log=tmp_path / "log") as (url, process):
        with ThreadPoolExecutor(8) as threads:
            sent = [threads.submit(send, url) for _ in range(40)]
            time.sleep(0.3)
            os.kill(workers_of(process.pid)[0], signal.SIGKILL)
            assert {future.result().status_code for future in sent} == {200}
        assert send(url).status_code == 200
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_full_queue_says_when_to_come_again(fill_model: Path, tmp_path: Path) -> None:
    with running("--model", str(fill_model), "--queue", "1", "--batch", "1", log=tmp_path / "log") as (url, _):
        with ThreadPoolExecutor(24) as threads:
            answers = [future.result() for future in [threads.submit(send, url) for _ in range(48)]]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert {answer.status_code for answer in answers} == {200, 429}
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
        with Client(url) as client, ThreadPoolExecutor(4) as threads:  # which waits, and comes again
            done = list(threads.map(lambda _: client.complete(*CAMERA).depth.shape, range(8)))
        assert done == [(48, 64)] * 8


def test_the_token_guards_all_but_the_status(fill_model: Path, tmp_path: Path, expected: np.ndarray) -> None:
    secret = tmp_path / "token"
    secret.write_text("s3cret\n")
    with running("--model", str(fill_model), "--token-file", str(secret), log=tmp_path / "log") as (url, _):
        assert code(send(url)) == (401, "unauthorized")
        assert httpx.get(f"{url}/metrics").status_code == 401
        assert httpx.get(f"{url}/healthz").status_code == 200
        with Client(url, token="wrong") as client, pytest.raises(ServiceError, match="token"):
            client.complete(*CAMERA)
        with Client(url, token="s3cret") as client:
            assert client.ready()
            assert client.models() == ["small-fill"]
            done = client.complete(*CAMERA, unit="mm")
            np.testing.assert_allclose(done.depth, expected, rtol=1e-5)
            assert done.facts["input_unit"] == "mm"
            with pytest.raises(ServiceError, match="Unknown depth unit") as error:
                client.complete(*CAMERA, unit="miles")
            assert (error.value.status, error.value.code) == (422, "bad_option")
            with pytest.raises(BadInput, match="cannot be read"):
                client.complete(tmp_path / "no.png", CAMERA[1])


def test_a_client_without_a_service() -> None:
    with Client("http://127.0.0.1:9", timeout=5) as client:
        assert not client.ready()
        with pytest.raises(ServiceError, match="does not answer"):
            client.models()


def test_configurations_that_make_no_sense() -> None:
    for wrong in (
        {"queue": 0},
        {"timeout": float("inf")},
        {"port": 70000},
        {"models": ()},
        {"models": ("default", "default")},
        {"models": ("no.pth",)},
    ):
        with pytest.raises(BadInput):
            ServiceConfig(**wrong)  # type: ignore[arg-type]


def test_the_description_and_the_service_agree(url: str) -> None:
    """Schemathesis draws requests from the OpenAPI description, right and wrong ones: none may be answered with 5xx."""
    pytest.importorskip("schemathesis")
    program = Path(sys.executable).parent / "schemathesis"
    checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
    options = ["--checks", checks, "--max-examples", "15", "--phases", "examples,coverage,fuzzing", "--seed", "1"]
    done = subprocess.run(
        [str(program), "run", f"{url}/openapi.json", *options, "--no-color"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-5000:]
