"""A net with YuNet's input and outputs that finds red: written as ONNX by hand, because no weights are here.

The format is ONNX's protocol buffers (github.com/onnx/onnx, onnx.proto); only the fields that are needed.
"""

from pathlib import Path

import numpy as np

_FLOAT, _INTS, _TYPE_INTS = 1, 8, 7


def make_red_finder(file: Path, *, strides: tuple[int, ...] = (8, 16, 32)) -> Path:
    """Write the net: each cell of a stride is as surely a face as it is red; the box is two cells wide.

    Args:
        file: Where to.
        strides: YuNet has 8, 16 and 32.
    """
    nodes, weights, outputs = [], [], []
    for stride in strides:
        kernels = {
            # The blob is BGR of 0 to 255.
            "cls": _kernel(np.array([[-1.0, -1.0, 1.0]]) / 220, [0.0]),
            "obj": _kernel(np.zeros((1, 3)), [1.0]),
            "bbox": _kernel(np.zeros((4, 3)), [0.5, 0.5, np.log(2), np.log(2)]),
            "kps": _kernel(np.zeros((10, 3)), [0.0] * 10),
        }
        for name, (kernel, bias) in kernels.items():
            output = f"{name}_{stride}"
            spread = np.repeat(kernel, stride * stride, axis=1).reshape(len(kernel), 3, stride, stride) / stride**2
            weights += [_tensor(f"{output}_w", spread), _tensor(f"{output}_b", bias)]
            nodes += [
                _node("Conv", [*("input", f"{output}_w", f"{output}_b")], f"{output}_c", strides=[stride, stride]),
                _node("Transpose", [f"{output}_c"], output, perm=[0, 2, 3, 1]),
            ]
            outputs.append(_value(output, [1]))
    graph = b"".join(
        [
            *(_field(1, node) for node in nodes),
            _field(2, b"red"),
            *(_field(5, tensor) for tensor in weights),
            _field(11, _value("input", [1, 3, 640, 640])),
            *(_field(12, output) for output in outputs),
        ]
    )
    file.write_bytes(_number(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _number(2, 13)))
    return file


def _kernel(weights: np.ndarray, bias: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return weights, np.array(bias)


def _varint(value: int) -> bytes:
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _tensor(name: str, values: np.ndarray) -> bytes:
    sides = b"".join(_number(1, side) for side in values.shape)
    return sides + _number(2, _FLOAT) + _field(8, name.encode()) + _field(9, values.astype("<f4").tobytes())


def _node(kind: str, inputs: list[str], output: str, **attributes: list[int]) -> bytes:
    given = b"".join(_field(1, name.encode()) for name in inputs) + _field(2, output.encode())
    settings = b"".join(_field(5, _attribute(name, values)) for name, values in attributes.items())
    return given + _field(3, output.encode()) + _field(4, kind.encode()) + settings


def _attribute(name: str, values: list[int]) -> bytes:
    return _field(1, name.encode()) + b"".join(_number(_INTS, value) for value in values) + _number(20, _TYPE_INTS)


def _value(name: str, shape: list[int]) -> bytes:
    sides = b"".join(_field(1, _number(1, side)) for side in shape)
    kind = _field(1, _number(1, _FLOAT) + _field(2, sides))
    return _field(1, name.encode()) + _field(2, kind)
