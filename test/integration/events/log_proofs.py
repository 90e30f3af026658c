"""Checks a part of a log against the whole log, written from RFC 6962 (section 2.1) and docs/report-format.md alone.

Arguments: the folder of the part, and the whole log's events.jsonl. Every proof is made again by the RFC's own
recursion over the whole log and compared with the file; the part is also folded by itself. Prints what it found.
"""
import hashlib
import json
import os
import sys


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(count):
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node(root(leaves[:k]), root(leaves[k:]))


def path(m, leaves):
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return path(m, leaves[:k]) + [root(leaves[k:])]
    return path(m - k, leaves[k:]) + [root(leaves[:k])]


def subproof(m, leaves, whole):
    if m == len(leaves):
        return [] if whole else [root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return subproof(m, leaves[:k], whole) + [root(leaves[k:])]
    return subproof(m - k, leaves[k:], False) + [root(leaves[:k])]


def consistency(m, leaves):
    return [] if m in (0, len(leaves)) else subproof(m, leaves, True)


def subtrees(start, end):
    while start < end:
        count = 1
        while start % (count * 2) == 0 and start + count * 2 <= end:
            count *= 2
        yield start, start + count
        start += count


def lines_of(name):
    with open(name, "rb") as file:
        lines = file.read().split(b"\n")
    assert lines.pop() == b""
    return lines


def document(*names):
    with open(os.path.join(*names), "rb") as file:
        text = file.read()
    parsed = json.loads(text)
    # RFC 8785, for names and texts of ASCII and integers.
    canonical = json.dumps(parsed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert canonical.encode() == text, names
    return parsed


folder, whole = sys.argv[1:3]
lines = lines_of(whole)
leaves = [hashlib.sha256(b"\x00" + line).digest() for line in lines]
proof = document(folder, "proof.json")
size = proof["size"]
assert proof["root"] == root(leaves[:size]).hex()
assert proof["origin"] == "rekey/log/" + json.loads(lines[0])["id"]

part = lines_of(os.path.join(folder, "events.jsonl"))
stack, at, used, events = [], 0, 0, 0
for segment in proof["segments"]:
    assert segment["from"] == at and segment["to"] > at
    if segment["kind"] == "hashes":
        pieces = list(subtrees(at, segment["to"]))
        assert segment["nodes"] == [root(leaves[a:b]).hex() for a, b in pieces]
        items = [(b - a, bytes.fromhex(h)) for (a, b), h in zip(pieces, segment["nodes"])]
    else:
        count = segment["to"] - at
        assert part[used : used + count] == lines[at : segment["to"]]
        assert json.loads(part[used])["seq"] == segment["first_seq"]
        items = [(1, hashlib.sha256(b"\x00" + line).digest()) for line in part[used : used + count]]
        used += count
        events += count
    for count, value in items:
        while stack and stack[-1][0] == count:
            value = node(stack.pop()[1], value)
            count *= 2
        stack.append((count, value))
    at = segment["to"]
assert at == size and used == len(part)
folded = stack.pop()[1]
while stack:
    folded = node(stack.pop()[1], folded)
assert folded.hex() == proof["root"]

proofs = sorted(os.listdir(os.path.join(folder, "proofs"))) if os.path.isdir(os.path.join(folder, "proofs")) else []
for name in proofs:
    given = document(folder, "proofs", name)
    if name == "consistency.json":
        first = given["first_size"]
        assert given["second_size"] == size and given["second_root"] == proof["root"]
        assert given["first_root"] == root(leaves[:first]).hex()
        assert given["path"] == [h.hex() for h in consistency(first, leaves[:size])]
    else:
        index = given["leaf_index"]
        assert json.loads(lines[index])["seq"] == given["seq"] and given["tree_size"] == size
        assert given["leaf_hash"] == leaves[index].hex()
        assert given["path"] == [h.hex() for h in path(index, leaves[:size])]
print(json.dumps({"size": size, "events": events, "proofs": len(proofs)}))
