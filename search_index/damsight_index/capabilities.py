"""What the server can do with text: asked of it by a trial, never assumed from its version."""

from collections.abc import Sequence

from elasticsearch import BadRequestError, Elasticsearch

from damsight_index.connection import translated
from damsight_schemas.languages import ANALYZERS
from damsight_schemas.mapping import AnalysisCapabilities

_TRIAL = "Café"


def ask(client: Elasticsearch, languages: Sequence[str] = ()) -> AnalysisCapabilities:
    """Return what the server's analysis offers.

    Args:
        client: From `damsight_index.connect`.
        languages: Those to ask for, as ISO 639-1 has them.

    Raises:
        IndexUnavailableError: The server does not answer.
    """
    offered = tuple(language for language in languages if _analyses(client, ANALYZERS[language]))
    return AnalysisCapabilities(folding=_folds(client), languages=offered)


def _analyses(client: Elasticsearch, analyzer: str) -> bool:
    with translated(f"asking Elasticsearch whether it has the analyzer {analyzer}"):
        try:
            client.indices.analyze(analyzer=analyzer, text=_TRIAL)
        except BadRequestError:
            return False
    return True


def _folds(client: Elasticsearch) -> bool:
    with translated("asking Elasticsearch whether it has the token filter asciifolding"):
        try:
            answer = client.indices.analyze(tokenizer="standard", filter=["lowercase", "asciifolding"], text=_TRIAL)
        except BadRequestError:
            return False
    return [token["token"] for token in answer["tokens"]] == ["cafe"]
