"""The evaluation's one error tree."""


class EvaluationError(Exception):
    """Nothing can be measured; the message says what to do."""


class JudgementsError(EvaluationError):
    """The judged queries cannot be read; the message names the file and the line."""


class NotJudgeableError(EvaluationError):
    """The judgements do not fit the index or whoever asks."""


class NotBetterError(EvaluationError):
    """The fitted weights are not better on queries that they were not fitted on, so they are not written."""
