"""Fails unless the client that openapi-python-client generates has every operation, and takes and gives bytes."""

import inspect
import pathlib
import sys

root = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(root))

from postern_client.api.processor import deliver_failure, deliver_result, deliver_result_by_path  # noqa: E402
from postern_client.api.sender import get_task_failure, get_task_result, open_task  # noqa: E402
from postern_client.models import OpenTask, OpenTaskMetadata  # noqa: E402

body = OpenTask(processor="header-ocr", resource="invoice-78", expires_in=7200)
assert body.to_dict() == {"processor": "header-ocr", "resource": "invoice-78", "expiresIn": 7200}, body.to_dict()

metadata = OpenTaskMetadata()
metadata["page"] = 3
body = OpenTask(processor="header-ocr", resource="invoice-78", expires_in=7200, metadata=metadata)
assert body.to_dict()["metadata"] == {"page": 3}, body.to_dict()

for deliver in (deliver_result, deliver_failure, deliver_result_by_path):
    assert "File" in str(inspect.signature(deliver.sync).parameters["body"].annotation), deliver.__name__
for read in (get_task_result, get_task_failure):
    assert "File" in str(inspect.signature(read.sync).return_annotation), read.__name__
assert "body" in inspect.signature(open_task.sync).parameters
print("The Python client takes the smallest request, free metadata and bytes.")
