"""The fake reader and tesseract keep the same contract."""

import pytest

from contract.text_reader_contract import Pictured, TextReaderContract
from damsight_encoders.ports import TextReader
from damsight_encoders.reading import open_reader
from damsight_schemas.connections import ModelSettings
from fakes.text_reader import FakeTextReader, picture_of
from fakes.written import written


class TestFakeTextReader(TextReaderContract):
    @pytest.fixture
    def reader(self) -> TextReader:
        return FakeTextReader()

    @pytest.fixture
    def pictured(self) -> Pictured:
        return picture_of


class TestTesseractReader(TextReaderContract):
    @pytest.fixture
    def reader(self) -> TextReader:
        return open_reader(ModelSettings(ocr=("eng",)))

    @pytest.fixture
    def pictured(self) -> Pictured:
        return written
