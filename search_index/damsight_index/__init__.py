"""The index's life in Elasticsearch: connection, generations behind the alias, what the server can do."""

from damsight_index.connection import connect, translated
from damsight_index.generations import (
    create_generation,
    create_index,
    cutover,
    require_same_spaces,
    rollback,
    spaces_in,
)
from damsight_index.status import Generation, generations

__all__ = [
    "Generation",
    "connect",
    "create_generation",
    "create_index",
    "cutover",
    "generations",
    "require_same_spaces",
    "rollback",
    "spaces_in",
    "translated",
]
