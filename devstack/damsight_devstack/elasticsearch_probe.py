"""Prove that an Elasticsearch node works: every primary shard is there, and a document is indexed and found."""

import uuid

import httpx

TIMEOUT_S = 10.0


def elasticsearch_problem(url: str) -> str | None:
    """None when the node did its first piece of work, else what went wrong this time."""
    index = f"damsight-stack-ready-{uuid.uuid4().hex[:8]}"
    try:
        with httpx.Client(base_url=url, timeout=TIMEOUT_S, trust_env=False) as client:
            # Green is never reached by one node that keeps an index with replicas.
            health = client.get("/_cluster/health", params={"wait_for_status": "yellow", "timeout": "2s"})
            if health.status_code != httpx.codes.OK:
                return f"the cluster is red: {health.text[:300]}"
            try:
                return _find_one(client, index)
            finally:
                client.delete(f"/{index}")
    except httpx.HTTPError as refused:
        return f"{type(refused).__name__}: {refused}"


def _find_one(client: httpx.Client, index: str) -> str | None:
    body = {"settings": {"number_of_shards": 1, "number_of_replicas": 0}}
    client.put(f"/{index}", json=body).raise_for_status()
    client.put(f"/{index}/_doc/1", params={"refresh": "true"}, json={"ready": True}).raise_for_status()
    found = client.get(f"/{index}/_search", params={"q": "ready:true"}).raise_for_status().json()
    return None if found["hits"]["total"]["value"] == 1 else "an indexed document was not found"


def is_healthy(url: str, *, within_s: float = 5.0) -> bool:
    """Whether the node answers that its cluster is green, or yellow as one node with replicas asked for is."""
    try:
        with httpx.Client(base_url=url, timeout=within_s, trust_env=False) as client:
            health = client.get("/_cluster/health")
            return health.status_code == httpx.codes.OK and health.json()["status"] != "red"
    except httpx.HTTPError:
        return False
