"""Areas as KML (OGC 07-147r2): placemarks, longitude before latitude, WGS84. No document type is taken, so no entity is
either, and nothing outside the file is fetched."""

from __future__ import annotations

from pathlib import Path
from xml.parsers import expat

from sapper_host.field import drawn
from sapper_host.field.drawn import Drawn, Points, Shape, shape_of
from sapper_host.field.errors import FieldError
from sapper_host.field.frames import WGS84
from sapper_host.outside import bounded

_MOST_BYTES = 4 * 1024 * 1024
_DEEPEST = 64
_SHAPES = {"Polygon": drawn.POLYGON, "LineString": drawn.LINE, "Point": drawn.POINT}


def read_kml(path: Path) -> Drawn:
    """What is drawn in it. FieldError says where it is none."""
    try:
        data = bounded.read(path, _MOST_BYTES)
    except ValueError as error:
        raise FieldError(str(path), str(error), "take the area alone into a file") from None
    if data.startswith(b"PK"):
        raise FieldError(str(path), "it is packed (KMZ)", "unpack it: doc.kml in it is the file")
    reader = _Reader(path)
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        what = expat.errors.messages[error.code] if error.code < len(expat.errors.messages) else str(error)
        raise FieldError(f"{path}, line {error.lineno}", f"not KML: {what}", "export the area again") from None
    return Drawn(path, WGS84, tuple(reader.shapes))


class _Reader:
    """Fed by expat with elements and text; `shapes` as they end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.shapes: list[Shape] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.buffer_text = True
        self._stack: list[str] = []
        self._words: list[str] = []
        self._values: dict[str, str] = {}
        self._data = ""
        self._found: list[tuple[str, list[Points]]] = []

    def _where(self) -> str:
        return f"{self._path}, line {self.parser.CurrentLineNumber}"

    def _doctype(self, *_: object) -> None:
        raise FieldError(self._where(), "a document type is declared, which no KML has", "export the area again")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if len(self._stack) >= _DEEPEST:
            raise FieldError(self._where(), f"elements lie deeper than {_DEEPEST}", "export the area again")
        self._stack.append(name)
        self._words = []
        if name == "Placemark":
            self._values, self._found = {}, []
        elif name in ("Data", "SimpleData"):
            self._data = attributes.get("name", "")
        elif name in _SHAPES:
            self._found.append((_SHAPES[name], []))

    def _text(self, text: str) -> None:
        self._words.append(text)

    def _end(self, tag: str) -> None:
        name, text = self._stack.pop(), "".join(self._words).strip()
        self._words = []
        inside = self._stack[-1] if self._stack else ""
        if name == "coordinates" and self._found:
            self._found[-1][1].append(self._places(text))
        elif name == "name" and inside == "Placemark":
            self._values["name"] = text
        elif name == "SimpleData" or (name == "value" and inside == "Data"):
            self._values[self._data] = text
        elif name == "Placemark":
            self._placemark()

    def _placemark(self) -> None:
        where, values = self._where(), self._values
        told = values.get("kind") or values.get("name") or ""
        more = {key: self._number(where, values[key]) for key in ("radius_m", "stand_off_m") if values.get(key)}
        for geometry, rings in self._found:
            if len(self.shapes) >= drawn.SHAPES_MOST:
                raise FieldError(where, f"more than {drawn.SHAPES_MOST} shapes", "take it in parts")
            if rings:
                self.shapes.append(shape_of(where, values.get("name", ""), told, geometry, rings, **more))

    def _places(self, text: str) -> Points:
        out = []
        for word in text.split():
            numbers = word.split(",")
            if len(numbers) < 2:
                raise FieldError(self._where(), f"'{word[:40]}' is no place", "longitude,latitude")
            out.append((self._number(self._where(), numbers[0]), self._number(self._where(), numbers[1])))
        return out

    @staticmethod
    def _number(where: str, text: str) -> float:
        try:
            return drawn.number(where, float(text))
        except ValueError:
            raise FieldError(where, f"'{text[:40]}' is no number", "correct it") from None
