"""Write devstack's jar lock anew: resolve each closure with jgo, hash each jar, keep coordinates only.

Run it after changing a version below:

    python scripts/lock_jars.py

It needs the network (jgo knows the repository) and about two minutes; the jars are fetched into a temporary
folder, checked by jgo against the repository's own SHA-1, and thrown away after hashing.
"""

import hashlib
import json
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from jgo.maven import Artifact, Dependency, MavenContext

LOCK = Path(__file__).parents[1] / "devstack" / "damsight_devstack" / "jars.lock.json"

# A version RANGE makes a pure-Python resolver walk every release: pin each root exactly.
CLOSURES = {
    # Kafka's own closure logs through slf4j and brings nothing that writes the lines: log4j-slf4j-impl does.
    "kafka": ("org.apache.kafka:kafka_2.13:4.3.0", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"),
    "elasticsearch": ("org.elasticsearch:elasticsearch:9.5.3",),
    "transport-netty4": ("org.elasticsearch.plugin:transport-netty4:9.5.3",),
    # The Eclipse compiler: one jar that runs on a runtime without javac.
    "compiler": ("org.eclipse.jdt:ecj:3.46.100",),
}
# A module must not carry a jar that the server has already: its class loader would see both.
PROVIDED_BY = {"transport-netty4": "elasticsearch"}
RUNTIME_SCOPES = frozenset({None, "compile", "runtime"})


def dependency(context: MavenContext, root: str) -> Dependency:
    """A root as jgo wants it; raw, so that no bill of materials of one root moves versions of another."""
    group, name, version = root.split(":")
    return Dependency(context.project(group, name).at_version(version).artifact(), scope="compile", raw=True)


def closure(context: MavenContext, roots: tuple[str, ...]) -> list[Artifact]:
    """The roots and everything that Maven would put on their runtime class path."""
    inputs, transitive = context.resolver.resolve([dependency(context, root) for root in roots])
    found = [*inputs, *(dep for dep in transitive if dep.scope in RUNTIME_SCOPES and not dep.optional)]
    return [dep.artifact for dep in found if dep.type == "jar"]


def coordinate(artifact: Artifact) -> str:
    """group:name:version, or group:name:version:classifier."""
    parts = (artifact.groupId, artifact.artifactId, artifact.version, artifact.classifier)
    return ":".join(part for part in parts if part)


def locked(artifact: Artifact) -> dict[str, str | int]:
    """One line of the lock: coordinate, size in bytes, SHA-256."""
    content = artifact.resolve().read_bytes()
    return {
        "coordinate": coordinate(artifact),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def main() -> None:
    """Resolve, fetch, hash and write."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(8) as pool:
        context = MavenContext(repo_cache=Path(folder), timeout=60)
        closures = {name: closure(context, roots) for name, roots in CLOSURES.items()}
        lock = {}
        for name, roots in CLOSURES.items():
            provided = {coordinate(artifact) for artifact in closures.get(PROVIDED_BY.get(name, ""), [])}
            artifacts = [artifact for artifact in closures[name] if coordinate(artifact) not in provided]
            jars = sorted(pool.map(locked, artifacts), key=lambda jar: str(jar["coordinate"]))
            lock[name] = {"roots": roots, "jars": jars}
            print(f"{name}: {len(jars)} jars, {sum(int(jar['bytes']) for jar in jars) / 1e6:.1f} MB")
    LOCK.write_text(json.dumps(lock, indent=1) + "\n")


if __name__ == "__main__":
    main()
