"""The parts of Python's own library that reading one digit uses, for Brython, whose own take longer to load than the
rest of the page: dataclasses, caches, and names that only stand in annotations."""

annotations = "of the future"
TYPE_CHECKING = False
_MISSING = object()


class Any:
    """Stands for every name that is only used in annotations, as `Sequence` and `Literal`."""

    def __class_getitem__(cls, key):
        return cls


Callable = IO = Iterable = Iterator = Literal = Mapping = NDArray = PathLike = Sequence = Value = Any


class _Field:
    def __init__(self, default):
        self.default = default


def field(default=_MISSING, **_):
    """A field of a dataclass, with a default or none."""
    return _Field(default)


def dataclass(cls=None, **_):
    """Give a class an initialiser from its annotated names."""
    if cls is None:
        return dataclass
    names = list(cls.__annotations__)
    defaults = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
    defaults = {name: each.default if isinstance(each, _Field) else each for name, each in defaults.items()}

    def __init__(self, *values, **named):
        values = {**defaults, **dict(zip(names, values)), **named}
        for name in names:
            setattr(self, name, values[name])

    cls.__init__ = __init__
    return cls


def replace(instance, **changes):
    """The instance with some other values."""
    return type(instance)(**{**{name: getattr(instance, name) for name in type(instance).__annotations__}, **changes})


def cache(function):
    """The function: nothing is asked twice here."""
    return function
