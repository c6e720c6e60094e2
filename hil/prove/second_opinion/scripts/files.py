# A file of 1.5 kB in flash: written and renamed (GPIO 6 high meanwhile), read back (GPIO 7 high meanwhile), removed.
# mypy: ignore-errors
pages = [bytes((i * j) & 255 for j in range(256)) for i in range(6)]
free = os.statvfs("/")[3]
begin()
first.on()
with open("/opinion.tmp", "wb") as file:
    for page in pages:
        file.write(page)
os.rename("/opinion.tmp", "/opinion.bin")
first.off()
second.on()
with open("/opinion.bin", "rb") as file:
    read = file.read()
second.off()
end()
tell("same", read == b"".join(pages))
tell("size", os.stat("/opinion.bin")[6])
tell("blocks", free - os.statvfs("/")[3])
os.remove("/opinion.bin")
tell("left", sorted(os.listdir("/")))
