"""The lesson plan: pictures and texts are drawn to one shared prototype per pictogram, and to each other.

Prototypes give every step all pictograms as negatives at the price of one matrix product (Movshovitz-Attias et
al., "No Fuss Distance Metric Learning using Proxies", 2017); the in-batch loss is CLIP's (Radford et al., 2021).
The prototypes are dropped afterwards.
"""

import math
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import torch
from torch.nn import functional
from transformers import CLIPModel, PreTrainedTokenizerFast

from damsight_samples.starter.augment import render
from damsight_samples.starter.lessons import Lesson, LessonBook
from damsight_samples.starter.model import DIMENSIONS, LONGEST_TEXT, SIDE


@dataclass(frozen=True)
class Plan:
    """Every number that training depends on.

    The rate follows a cosine over `schedule` steps; training ends after `steps`, where the published checkpoint
    did. More steps, up to the schedule, go on improving it.
    """

    seed: int = 20261121
    steps: int = 1400
    schedule: int = 2600
    pictures: int = 256
    extra_texts: int = 128
    rate: float = 1.2e-3
    warm_up: int = 80
    weight_decay: float = 0.05
    gradient_norm: float = 1.0
    averaging: float = 0.995
    pair_loss: float = 0.5
    highest_scale: float = 40.0

    def as_json(self) -> dict[str, float | int]:
        """The plan as evaluation.json records it."""
        return asdict(self)


class Course:
    """One training run's state: the model, its running average, the prototypes, the optimizer."""

    def __init__(
        self,
        model: CLIPModel,
        tokenizer: PreTrainedTokenizerFast,
        book: LessonBook,
        pictograms: tuple[torch.Tensor, torch.Tensor],
        plan: Plan,
    ) -> None:
        self.model, self.tokenizer, self.book, self.plan = model, tokenizer, book, plan
        self._fine, self._coarse = pictograms
        self._chance = random.Random(plan.seed)  # noqa: S311 - a reproducible draw, nothing secret
        self.prototypes = torch.nn.Parameter(functional.normalize(torch.randn(len(book.asset_ids), DIMENSIONS), dim=1))
        self.averaged = {name: value.detach().clone() for name, value in model.state_dict().items()}
        self._optimizer = torch.optim.AdamW(
            _weight_groups(model, self.prototypes, plan.weight_decay), lr=plan.rate, betas=(0.9, 0.98)
        )
        self._order: list[int] = []

    def run(self, report: Callable[[int, float, float], None]) -> None:
        """Take every step of the plan; `report` gets the step, its loss and the seconds so far."""
        self.model.train()
        begun = time.monotonic()
        for step in range(self.plan.steps):
            for group in self._optimizer.param_groups:
                group["lr"] = _rate(step, self.plan)
            loss = self._step()
            self._average(step)
            report(step + 1, loss, time.monotonic() - begun)

    def _step(self) -> float:
        rows = [self._next_row() for _ in range(self.plan.pictures)]
        more = [self._chance.randrange(len(self.book.asset_ids)) for _ in range(self.plan.extra_texts)]
        lessons = [self.book.draw(row, self._chance) for row in [*rows, *more]]
        picture_rows = torch.tensor(rows)
        pixels = render(self._fine, self._coarse, picture_rows, SIDE)
        pictures = functional.normalize(self.model.get_image_features(pixel_values=pixels).pooler_output, dim=1)
        texts = self._encode([lesson.text for lesson in lessons])
        prototypes = functional.normalize(self.prototypes, dim=1)
        scale = self.model.logit_scale.exp().clamp(max=self.plan.highest_scale)
        targets = self._targets(lessons)
        loss = functional.cross_entropy(scale * pictures @ prototypes.T, picture_rows)
        loss = loss + _spread_cross_entropy(scale * texts @ prototypes.T, targets)
        pairs = targets[:, picture_rows]
        loss = loss + self.plan.pair_loss * _spread_cross_entropy(scale * texts @ pictures.T, pairs)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves backward untyped
        torch.nn.utils.clip_grad_norm_([*self.model.parameters(), self.prototypes], self.plan.gradient_norm)
        self._optimizer.step()
        return float(loss.detach())

    def _next_row(self) -> int:
        if not self._order:
            self._order = list(range(len(self.book.asset_ids)))
            self._chance.shuffle(self._order)
        return self._order.pop()

    def _encode(self, texts: list[str]) -> torch.Tensor:
        tokens = self.tokenizer(texts, padding=True, truncation=True, max_length=LONGEST_TEXT, return_tensors="pt")
        features = self.model.get_text_features(tokens["input_ids"], attention_mask=tokens["attention_mask"])
        return functional.normalize(features.pooler_output, dim=1)

    def _targets(self, lessons: list[Lesson]) -> torch.Tensor:
        targets = torch.zeros(len(lessons), len(self.book.asset_ids))
        for number, lesson in enumerate(lessons):
            targets[number, list(lesson.classes)] = 1.0
        return targets

    def _average(self, step: int) -> None:
        keep = min(self.plan.averaging, (step + 1) / (step + 10))
        for name, value in self.model.state_dict().items():
            if value.is_floating_point():
                self.averaged[name].lerp_(value.detach(), 1 - keep)


def _spread_cross_entropy(scores: torch.Tensor, positives: torch.Tensor) -> torch.Tensor:
    """Cross entropy against equal shares over each row's positives; rows without any count nothing."""
    count = positives.sum(dim=1)
    each = -(functional.log_softmax(scores, dim=1) * positives).sum(dim=1) / count.clamp(min=1)
    return each.sum() / (count > 0).sum().clamp(min=1)


def _rate(step: int, plan: Plan) -> float:
    if step < plan.warm_up:
        return plan.rate * (step + 1) / plan.warm_up
    done = (step - plan.warm_up) / max(1, plan.schedule - plan.warm_up)
    return plan.rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


def _weight_groups(model: CLIPModel, prototypes: torch.nn.Parameter, decay: float) -> list[dict[str, object]]:
    matrices = [value for value in model.parameters() if value.ndim > 1]
    others = [value for value in model.parameters() if value.ndim <= 1]
    return [{"params": matrices, "weight_decay": decay}, {"params": [*others, prototypes], "weight_decay": 0.0}]
