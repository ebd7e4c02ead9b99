"""From a request's picture to what a model takes. No HTTP here."""

from damsight_encoders.content import Picture
from damsight_encoders.errors import MediaError
from damsight_encoders.ports import PictureDecoder, Prepared
from damsight_encoders.service.errors import InputError
from damsight_encoders.service.served import ServedModel
from damsight_encoders.wire import picture_from_input

_FIDELITY = 2


def read_picture(text: str, decoder: PictureDecoder, *, at_least: int, field: str) -> Picture:
    """Decode one input.

    Raises:
        InputError: It is no picture that is taken.
    """
    try:
        return decoder.decode(picture_from_input(text), at_least=at_least)
    except (MediaError, ValueError) as error:
        raise InputError(field, str(error)) from error


def prepared_picture(text: str, model: ServedModel, decoder: PictureDecoder, *, field: str, prepared: bool) -> Prepared:
    """Decode and prepare one input, or take it as prepared already.

    Raises:
        InputError: It is no picture that is taken, or not prepared as the model's steps say.
    """
    picture = read_picture(text, decoder, at_least=_FIDELITY * model.card.input_size, field=field)
    if not prepared:
        return model.picture_part.prepare(picture)
    height, width = picture.pixels.shape[:2]
    steps = model.card.image_steps
    if steps is None or not steps.takes(height, width):
        raise InputError(
            field,
            f"{width} x {height} pixels are not what {model.card.id}'s image_steps end in; send prepared=false",
        )
    return picture.pixels
