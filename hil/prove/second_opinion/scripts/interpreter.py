# Bytecode: names, attributes, dictionaries, floats, text, exceptions; the heap and its collection.
# mypy: ignore-errors
class Cell:
    def __init__(self, value):
        self.value = value

    def step(self, by):
        self.value = (self.value * 31 + by) & 0xFFFF
        return self.value


def objects():
    cell, seen = Cell(7), {}
    for i in range(200):
        seen[cell.step(i) & 63] = i
    return sum(seen.values())


def floats():
    x = 0.5
    for i in range(1, 150):
        x = x * 3.7 * (1.0 - x) + 1.0 / i
        x -= int(x)
    return int(x * 1000000)


def text():
    return len(",".join("%d:%s" % (i, hex(i * i)) for i in range(40)))


def errors():
    caught = 0
    for i in range(30):
        try:
            [][i]
        except IndexError:
            caught += 1
    return caught


def heap():
    kept = [bytearray(40 + i) for i in range(100)]
    kept = kept[::2]
    gc.collect()
    return len(kept)


def used():
    before = gc.mem_free()
    kept = [list(range(10)) for _ in range(50)]
    return before - gc.mem_free() + len(kept) - 50


begin()
for each in (objects, floats, text, errors, heap, used):
    timed(each.__name__, each)
end()
