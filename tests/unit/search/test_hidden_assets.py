"""No request tells of what the asker may not see: the same library with and without it answers the same."""

from typing import Any

from hypothesis import given, settings

from contract.hidden_assets import Question, answer_to, asked_over, hidden_documents, questions, seen_documents
from contract.search_index_contract import SPACES
from fakes.search_index import FakeIndex


@settings(max_examples=120, deadline=None)
@given(seen=seen_documents, hidden=hidden_documents, asked=questions)
def test_a_forbidden_asset_changes_nothing_in_any_answer(
    seen: dict[str, dict[str, Any]], hidden: dict[str, dict[str, Any]], asked: tuple[str, Question]
) -> None:
    """Every page, count, facet, suggestion, explanation and error, and how many requests they took, are the same."""
    _, question = asked
    answers, costs = [], []
    for documents in (seen, seen | hidden):
        index = FakeIndex(SPACES)
        index.documents = dict(documents)
        answers.append(answer_to(question, asked_over(index)))
        costs.append(len(index.asked))
    assert answers[0] == answers[1]
    assert costs[0] == costs[1]
