"""Checks seq, leaves and RFC 6962 root of a log, as fast as plain Python does it. Prints seconds and root."""
import sys
import time
from hashlib import sha256

start = time.perf_counter()
stack = []
size = 0
with open(sys.argv[1], "rb") as log:
    for line in log:
        at = line.index(b',"seq":') + 7
        if int(line[at : line.index(b",", at)]) != size:
            sys.exit(f"sequence broken at {size}")
        node = sha256(b"\x00" + line[:-1]).digest()
        rest = size
        while rest & 1:
            node = sha256(b"\x01" + stack.pop() + node).digest()
            rest >>= 1
        stack.append(node)
        size += 1
root = stack.pop() if stack else sha256(b"").digest()
while stack:
    root = sha256(b"\x01" + stack.pop() + root).digest()
print(time.perf_counter() - start, root.hex())
