"""What the server can do with text: asked of it by a trial, never assumed from its version."""

from elasticsearch import BadRequestError, Elasticsearch

from damsight_index.connection import translated
from damsight_schemas.mapping import AnalysisCapabilities

_TRIAL = "Café"


def ask(client: Elasticsearch) -> AnalysisCapabilities:
    """Return what the server's analysis offers.

    Raises:
        IndexUnavailableError: The server does not answer.
    """
    return AnalysisCapabilities(folding=_folds(client))


def _folds(client: Elasticsearch) -> bool:
    with translated("asking Elasticsearch whether it has the token filter asciifolding"):
        try:
            answer = client.indices.analyze(tokenizer="standard", filter=["lowercase", "asciifolding"], text=_TRIAL)
        except BadRequestError:
            return False
    return [token["token"] for token in answer["tokens"]] == ["cafe"]
