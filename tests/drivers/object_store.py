"""An object store that speaks S3, in this process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "previews"


@dataclass(frozen=True)
class ObjectStore:
    """A running server.

    Attributes:
        url: Where it answers.
        environment: What a client needs to reach it.
    """

    url: str
    environment: dict[str, str]

    def read(self, key: str) -> bytes:
        return bytes(self._client().get_object(Bucket=BUCKET, Key=key)["Body"].read())

    def names(self) -> set[str]:
        return {item["Key"] for item in self._client().list_objects_v2(Bucket=BUCKET).get("Contents", [])}

    def make_bucket(self) -> None:
        self._client().create_bucket(Bucket=BUCKET)

    def _client(self):  # type: ignore[no-untyped-def]
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106  any will do
        )


@contextmanager
def running_object_store() -> Iterator[ObjectStore]:
    """A server with an empty bucket, on a free port of this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    known = {
        "AWS_ENDPOINT_URL": url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    store = ObjectStore(url, known)
    try:
        store.make_bucket()
        yield store
    finally:
        server.stop()
