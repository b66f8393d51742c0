"""Are these the types that a config declares? Asked of JSON written by others, before a config is
made of it.

`Config.from_dict` finds missing and unknown keys; what a dataclass never looks at is whether an int
is an int.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any, Literal

from vocoder.config import Config
from vocoder.errors import ConfigError

_NAMES = {int: "a whole number", float: "a number", str: "a string"}


def check_types(config: type[Config], data: Any, where: str = "") -> None:
    """Checks plain data against the fields of a config, nested configs included; keys that are
    missing or unknown are not its business.

    Args:
        config: the class whose annotations count: int, float, str, Literal, tuples of these, any of
            them or None, and other configs.
        data: what JSON gave.
        where: path to `data` inside the document, for the message.

    Raises:
        ConfigError: a value is of another type; the message says where.
    """
    if not isinstance(data, dict):
        raise ConfigError(f"{where or 'the document'} must be an object")
    hints = typing.get_type_hints(config)
    for field in dataclasses.fields(config):
        if field.name in data:
            _check(
                hints[field.name],
                data[field.name],
                f"{where}.{field.name}" if where else field.name,
            )


def _check(hint: Any, value: Any, where: str) -> None:
    if isinstance(hint, type) and issubclass(hint, Config):
        check_types(hint, value, where)
    elif typing.get_origin(hint) is types.UnionType:
        (wanted,) = (option for option in typing.get_args(hint) if option is not types.NoneType)
        if value is not None:
            _check(wanted, value, where)
    elif typing.get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{where} must be a list, not {value!r}")
        for index, item in enumerate(value):
            _check(typing.get_args(hint)[0], item, f"{where}[{index}]")
    elif typing.get_origin(hint) is Literal:
        if value not in typing.get_args(hint):
            raise ConfigError(
                f"{where} must be one of {list(typing.get_args(hint))}, not {value!r}"
            )
    else:
        # bool is a subclass of int, and a whole number is a fine value for a float.
        accepted = (int, float) if hint is float else (hint,)
        if isinstance(value, bool) or not isinstance(value, accepted):
            raise ConfigError(f"{where} must be {_NAMES[hint]}, not {value!r}")
