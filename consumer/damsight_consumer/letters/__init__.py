"""Dead letters as they lie in Kafka: which there are, what became of their assets since, what to do about each."""

from damsight_consumer.letters.letter import EVERY, Letter, Wanted, letter_of
from damsight_consumer.letters.reading import letter_at, letters_of
from damsight_consumer.letters.remedies import remedy_of
from damsight_consumer.letters.states import State, states_of

__all__ = ["EVERY", "Letter", "State", "Wanted", "letter_at", "letter_of", "letters_of", "remedy_of", "states_of"]
