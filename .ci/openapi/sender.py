"""Fails unless the client that openapi-python-client generates has every operation, and sends and returns bytes."""

import importlib
import io
import json
import pathlib
import re
import sys

import httpx

description, root = json.loads(pathlib.Path(sys.argv[1]).read_text()), pathlib.Path(sys.argv[2])
sys.path.insert(0, str(root))

from postern_client import Client  # noqa: E402
from postern_client.api.processor import callback_by_code, deliver_failure, deliver_result, deliver_result_by_path  # noqa: E402
from postern_client.api.sender import get_task_failure, get_task_result  # noqa: E402
from postern_client.models import OpenTask, OpenTaskMetadata  # noqa: E402
from postern_client.types import File  # noqa: E402

operations = [
    (operation["tags"][0], re.sub("([A-Z])", r"_\1", operation["operationId"]).lower())
    for methods in description["paths"].values()
    for operation in methods.values()
]
assert operations
for tag, name in operations:
    module = importlib.import_module(f"postern_client.api.{tag}.{name}")
    assert callable(module.sync_detailed) and callable(module.asyncio_detailed), name
print(f"openapi-python-client: the client has all {len(operations)} operations.")

body = OpenTask(processor="header-ocr", resource="invoice-78", expires_in=7200)
assert body.to_dict() == {"processor": "header-ocr", "resource": "invoice-78", "expiresIn": 7200}, body.to_dict()

metadata = OpenTaskMetadata()
metadata["page"] = 3
body = OpenTask(processor="header-ocr", resource="invoice-78", expires_in=7200, metadata=metadata)
assert body.to_dict()["metadata"] == {"page": 3}, body.to_dict()

RECEIPT = {"taskId": "t", "status": "succeeded", "receivedAt": "2026-11-29T09:40:00.000Z"}
sent: list[bytes] = []


def answer(request: httpx.Request) -> httpx.Response:
    """Stands in for a gateway."""
    sent.append(request.read())
    if request.method == "GET":
        return httpx.Response(200, content=b"\x00\xff", headers={"Content-Type": "application/pdf"})
    return httpx.Response(200, json=RECEIPT)


client = Client(base_url="https://callbacks.example.com", httpx_args={"transport": httpx.MockTransport(answer)})
for deliver, path in (
    (deliver_result, {"task_id": "t"}),
    (deliver_failure, {"task_id": "t"}),
    (deliver_result_by_path, {"task_id": "t", "token": "x"}),
    (callback_by_code, {"code": "c"}),
):
    receipt = deliver.sync(**path, client=client, body=File(payload=io.BytesIO(b"\x00\xff")))
    assert sent.pop() == b"\x00\xff", deliver.__name__
    assert receipt.task_id == "t" and receipt.status == "succeeded", deliver.__name__
for read in (get_task_result, get_task_failure):
    assert read.sync("t", client=client).payload.read() == b"\x00\xff", read.__name__
print("The Python client takes the smallest request and free metadata, and sends and returns bytes.")
