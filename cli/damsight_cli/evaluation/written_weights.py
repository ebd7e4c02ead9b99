"""Writes fitted weights as lines of settings, beside whatever else stands in the file.

The lines are dotenv's and a shell's alike: JSON in single quotes, so that no shell takes its double quotes away.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from damsight_cli.evaluation.asking import Asked
from damsight_cli.evaluation.errors import EvaluationError, NotBetterError
from damsight_cli.evaluation.tuning import Tuned
from damsight_schemas.search import SearchRequest
from damsight_schemas.settings import PREFIX
from damsight_search.relevance import weights

SETTING = PREFIX + "WEIGHTS__"


def kind_of(asked: Asked) -> str:
    """Return the kind that the product weighs a query as."""
    query = asked.query
    request = SearchRequest(text=query.text, like=list(query.like))
    return weights.kind_of(request, has_text=bool(query.text), has_picture=False)


def setting_of(kind: str) -> str:
    """Return the environment variable that holds a kind's weights."""
    return SETTING + kind.upper()


def write_weights(file: Path, tuned: Sequence[Tuned], *, even_if_not_better: bool = False) -> list[str]:
    """Write the kinds that are better on held-out queries, and return their settings' names.

    Lines of the same settings are replaced; all others stay as they are.

    Raises:
        NotBetterError: None is better; the file is as it was.
        EvaluationError: The file cannot be read or written.
    """
    better = [one for one in tuned if one.is_better or even_if_not_better]
    if not better:
        raise NotBetterError(
            "the fitted weights are not better beyond chance on queries that they were not fitted on, so nothing was "
            "written. More judged queries may show more; --force writes them all the same."
        )
    lines = {setting_of(one.kind): json.dumps(one.weights, separators=(",", ":")) for one in better}
    try:
        before = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        kept = [line for line in before if line.partition("=")[0].strip() not in lines]
        file.write_text("\n".join([*kept, *(f"{name}='{value}'" for name, value in lines.items())]) + "\n", "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{file} cannot be written: {error}.") from error
    return list(lines)
