"""Suggests tags for an asset: the concepts that it meets, and the labels of a vocabulary that fit its picture."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from damsight_schemas.concepts import AssetTags, TagSuggestion
from damsight_search.agreement import Agreement
from damsight_search.conditions.filters import Clause, permitted
from damsight_search.errors import AssetNotFoundError, EncoderDownError, RefusedRequestError
from damsight_search.learning.background_sample import background_sample
from damsight_search.learning.concepts import ConceptKeeper
from damsight_search.learning.label_scores import FEWEST_ASSETS, LabelBackground, background_of
from damsight_search.learning.label_vectors import LabelVectors
from damsight_search.learning.recently import Recently
from damsight_search.learning.vocabularies import OWN_TAGS, Vocabularies
from damsight_search.ports import SearchIndex, Vector
from damsight_search.principal import Principals
from damsight_search.results.page_bodies import vectors_body

MOST = 20
AT_LEAST = 0.5
SAMPLE_KEPT_S = 300.0
_READ = ("asset_id", "tags", "image_vector")


@dataclass(frozen=True, slots=True)
class LabelsReady:
    """A vocabulary, ready to be compared.

    Attributes:
        names: Of the labels, in the order of the background's.
        degraded: What could not be done, in words.
    """

    names: Sequence[str] = ()
    background: LabelBackground | None = None
    degraded: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class TagSuggesting:
    """Suggests tags. Safe to call from many threads.

    Attributes:
        index: Where the assets are.
        agreement: Tells whether the loaded model is the index's.
        keeper: Knows the concepts.
        vocabularies: Knows the labels.
        vectors: Encodes them.
        timeout: As Elasticsearch writes it.
    """

    index: SearchIndex
    agreement: Agreement
    keeper: ConceptKeeper
    vocabularies: Vocabularies
    vectors: LabelVectors
    timeout: str
    _samples: Recently = field(default_factory=lambda: Recently(SAMPLE_KEPT_S, most=16))

    def of(
        self,
        asset_id: str,
        principals: Sequence[str],
        *,
        vocabulary: str = OWN_TAGS,
        most: int = MOST,
        at_least: float = AT_LEAST,
    ) -> AssetTags:
        """Return the tags that an asset may deserve and does not have.

        Raises:
            NoPrincipalError: Nobody asks.
            AssetNotFoundError: The asset is not there for these principals.
            RefusedRequestError: There is no such vocabulary.
            SearchError: The index does not answer as it should.
        """
        who = Principals(principals)
        answer = self.index.search(vectors_body([asset_id], who, fields=_READ, timeout=self.timeout))
        if not answer.found:
            raise AssetNotFoundError(asset_id)
        self.agreement.holds(answer.generation)
        source = answer.found[0].source
        if "image_vector" not in source:
            said = ["It has no image vector, so nothing can be compared with it."]
            return AssetTags(asset_id=asset_id, suggestions=[], vocabulary=vocabulary, compared=0, degraded=said)
        vector = np.asarray(source["image_vector"], dtype=np.float32)
        ready = self.ready(self.vocabularies.labels(vocabulary, permitted(who)), permitted(who), key=who.digest)
        concepts, said = self._concepts(vector, who)
        labels = self._labels(vector, ready)
        has = {str(tag).casefold() for tag in source.get("tags", ())}
        told = _surest([*concepts, *labels], has, at_least)[:most]
        return AssetTags(
            asset_id=asset_id,
            suggestions=told,
            vocabulary=vocabulary,
            compared=len(ready.names),
            degraded=[*said, *ready.degraded],
        )

    def ready(
        self, labels: Sequence[str], filters: Sequence[Clause], *, key: str, patience_s: float | None = None
    ) -> LabelsReady:
        """Return labels with what they score by chance among permitted assets.

        Args:
            labels: Of a vocabulary.
            filters: The principals'.
            key: Stands for these filters: a sample is kept for some minutes.
            patience_s: How long labels are encoded; left out, as long as a request may wait.

        Raises:
            SearchError: The index does not answer as it should.
        """
        try:
            names, rows = (
                self.vectors.of(labels) if patience_s is None else self.vectors.of(labels, patience_s=patience_s)
            )
        except EncoderDownError as error:
            return LabelsReady(degraded=[f"No labels were compared: {error}"])
        refusal = self.agreement.refuses("image_vector")
        if refusal:
            return LabelsReady(degraded=[f"No labels were compared: {refusal}."])
        space = str(self.agreement.indexed().image_vector)
        sample = self._samples.get((key, space), lambda: background_sample(self.index, filters, timeout=self.timeout))
        if len(sample) < FEWEST_ASSETS:
            told = f"No labels were compared: of {len(sample)} pictures nobody can tell what is chance."
            return LabelsReady(degraded=[told])
        left = len(labels) - len(names)
        said = [f"{left:,} of {len(labels):,} labels are not encoded yet: ask again."] if left else []
        return LabelsReady(names, background_of(rows, sample), said) if names else LabelsReady(degraded=said)

    def _concepts(self, vector: Vector, who: Principals) -> tuple[list[TagSuggestion], list[str]]:
        told: list[TagSuggestion] = []
        said: list[str] = []
        for kept in self.keeper.usable(who):
            try:
                probe = self.keeper.fitting(kept, who).learnt.probe
            except RefusedRequestError:
                said.append(f"The concept {kept.name!r} cannot be learnt in the index's present space yet.")
                continue
            told.append(_suggestion(kept.name, "concept", float(probe.confidences(vector[None, :])[0])))
        return told, said

    @staticmethod
    def _labels(vector: Vector, ready: LabelsReady) -> list[TagSuggestion]:
        if ready.background is None:
            return []
        sure = ready.background.confidences(vector[None, :])[0]
        return [_suggestion(name, "vocabulary", float(one)) for name, one in zip(ready.names, sure, strict=True)]


def _suggestion(label: str, origin: str, confidence: float) -> TagSuggestion:
    return TagSuggestion.model_validate({"label": label, "origin": origin, "confidence": round(confidence, 4)})


def _surest(told: Sequence[TagSuggestion], has: set[str], at_least: float) -> list[TagSuggestion]:
    """Return the suggestions that are sure enough, the surest first, each label once, none that the asset has."""
    kept: dict[str, TagSuggestion] = {}
    for one in sorted(told, key=lambda one: (-one.confidence, one.origin, one.label)):
        folded = one.label.casefold()
        if one.confidence >= at_least and folded not in has:
            kept.setdefault(folded, one)
    return list(kept.values())
