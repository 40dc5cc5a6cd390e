"""Training configurations as files: YAML, and so JSON too. A run's own config.yaml and config.json can be read back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spnet.errors import BadInput
from spnet.files import atomic_path
from spnet.training.config import TrainConfig, as_field, field_types

if TYPE_CHECKING:
    from yaml import Node

NAME = "config.yaml"


def read_config(path: str | Path, recipes: Collection[str]) -> dict[str, Any]:
    """The fields that a file gives, checked one by one; `recipe` may be among them.

    Args:
        path: YAML or JSON.
        recipes: names that `recipe` may have.

    Returns:
        Field -> value, as `TrainConfig` has it.

    Raises:
        BadInput: unreadable, or a field is unknown, given twice or of a wrong type; file and line are named.
    """
    path = Path(path)
    fields: dict[str, Any] = {}
    for name, value, line in _entries(path):
        where = f"{path}, line {line}"
        if name in fields:
            raise BadInput(f"{where}: {name} is given twice.")
        if name == "recipe":
            if value not in recipes:
                raise BadInput(f"{where}: there is no recipe {value!r}; choose one of {', '.join(recipes)}.")
            fields[name] = value
            continue
        if name not in field_types():
            raise BadInput(f"{where}: {unknown_field(name)}")
        try:
            fields[name] = as_field(name, value)
        except BadInput as error:
            raise BadInput(f"{where}: {error}") from None
    return fields


def unknown_field(name: str) -> str:
    """A sentence that says so, with the nearest name that there is.

    >>> unknown_field("batchsize")
    'a training run has no field batchsize; is batch meant?'
    """
    close = get_close_matches(name, field_types(), 1, cutoff=0.5)
    hint = f"is {close[0]} meant?" if close else f"it has {', '.join(field_types())}."
    return f"a training run has no field {name}; {hint}"


def write_config(path: str | Path, config: TrainConfig, recipe: str = "") -> None:
    """Write every field; `read_config` gives them back.

    Raises:
        CannotWrite: the file cannot be written.
    """
    import yaml

    plain = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(config).items()}
    content = {"recipe": recipe, **plain} if recipe else plain
    with atomic_path(path) as temporary:
        text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)
        temporary.write_text(text, encoding="utf-8")


def _entries(path: Path) -> Iterator[tuple[str, Any, int]]:
    """Name, value and line of every entry at the top of the file."""
    import yaml

    try:
        loader = yaml.SafeLoader(path.read_text(encoding="utf-8"))
        top = loader.get_single_node()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise BadInput(f"{path} cannot be read: {reason}.") from None
    except yaml.YAMLError as error:
        raise BadInput(f"{path} is no YAML: {' '.join(str(error).split())}.") from None
    if top is None:
        return
    if not isinstance(top, yaml.MappingNode):
        raise BadInput(f"{path}, line {_line(top)}: expected lines such as 'batch: 16'.")
    for key, value in top.value:
        try:
            yield str(key.value), loader.construct_object(value, deep=True), _line(key)
        except (yaml.YAMLError, ValueError, TypeError) as error:  # an unknown tag, an impossible date, ...
            raise BadInput(f"{path}, line {_line(key)}: {' '.join(str(error).split())}.") from None


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
