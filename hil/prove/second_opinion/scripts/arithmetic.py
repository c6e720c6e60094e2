# Products, shifts, divisions and memory in viper and native code.
# mypy: ignore-errors
words = bytearray(256)


@micropython.viper
def mix(rounds: int) -> int:
    value = 12345
    total = 0
    for i in range(rounds):
        value = (value * 22695477 + 12345) & 0x3FFFFFFF
        total = (total + ((value >> 7) ^ (i << 3))) & 0x3FFFFFFF
    return total


@micropython.viper
def divide(rounds: int) -> int:
    total = 0
    for i in range(1, rounds):
        total += 100000003 // i + 100000003 % (i + 7) - (0 - 99999989) // i
    return total & 0x3FFFFFFF


@micropython.viper
def move(into: ptr8, rounds: int) -> int:
    total = 0
    for i in range(rounds):
        into[i & 255] = i * 7
        total += into[(i * 13) & 255]
    return total


@micropython.native
def count(rounds):
    total = 0
    for i in range(rounds):
        total += i ^ 5
    return total


begin()
timed("mix", mix, 5000)
timed("divide", divide, 1000)
timed("move", move, words, 5000)
timed("count", count, 2000)
end()
