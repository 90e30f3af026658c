#!/usr/bin/env python3
"""Verifies a key rotation report. Needs Python 3.9 or newer, and nothing else: no network, no other module.

    python3 verify.py [BUNDLE] [--trust SIGNER] [--checkpoint FILE] [--json]
    python3 verify.py [BUNDLE] --extract FOLDER

BUNDLE is the folder of the report or its zip; without it, the folder in which this file lies.
SIGNER is who must have signed the report, obtained another way than the report itself: the report key's fingerprint
(SHA256:..., or its 64 hex digits as they are read over the telephone), or the SHA-256 fingerprint of the CA's
certificate in hex, or the path of that certificate (PEM).
FILE is a checkpoint of the log from an earlier time, which the log must have passed through.
--extract writes what the signature of report.pdf covers, the signature, and the attached report.json into FOLDER.

Exit code 0: intact, signed by SIGNER, and the checkpoint (if any) holds. 1: anything else. 2: wrong usage, no bundle.

A verifier that lies in the bundle is as trustworthy as the bundle. Whoever needs more than a first look takes this file
from a source that they trust, and compares its hash. What is checked is written in docs/report-format.md of Rekey, "What
the verifier checks"; ids and order here are the same, and each check is one function below, named check_...
"""

import argparse
import base64
import hashlib
import json
import os
import re
import stat
import struct
import sys
import zlib
from datetime import datetime, timezone

CHECKS = [
    "files", "sums", "signature", "report", "tables", "checkpoint", "events", "proofs", "consistency", "other-logs",
    "binding", "certificate", "pdf", "rollovers", "signer", "append-only",
]

# SHA-256 of report.schema.json, for schema_version 1.
SCHEMA_SHA256 = "3db354a9d6a66a5910af8897d7a19f2ad4a916ecf6ebde6970cda2d085b71ab2"

MIB = 1024 * 1024
MAX_FILES, MAX_FILE, MAX_TOTAL, MAX_PATH, MAX_DEPTH = 2000, 512 * MIB, 1024 * MIB, 200, 64
# What is read into memory as a whole has a tighter limit than what is only streamed.
MAX_SUMS, MAX_SMALL, MAX_PROOF, MAX_REPORT, MAX_LINE = MIB, 64 * 1024, 64 * MIB, 128 * MIB, MIB
MAX_SAFE = 2 ** 53 - 1

REQUIRED = """SHA256SUMS SHA256SUMS.sig VERIFY.md keys/allowed_signers keys/binding.json keys/binding.p7s keys/ca.pem
keys/certificate.pem keys/log.vkey keys/report.pub log/checkpoint log/events.jsonl log/proof.json population.csv
report.json report.pdf report.schema.json rotations.csv verify.py""".split()

OPTIONAL = re.compile(
    r"log/previous-checkpoint|log/proofs/consistency\.json|log/proofs/inclusion-(?:0|[1-9][0-9]{0,15})\.json"
    r"|logs/earlier-[1-9][0-9]{0,3}/(?:events\.jsonl|proof\.json)"
    r"|logs/imported-[1-9][0-9]{0,3}/(?:events\.jsonl|proof\.json|checkpoint|log\.vkey)"
    r"|keys/rollovers/[0-9]{3}\.(?:json|old\.sig|new\.sig)"
)


# ---------------------------------------------------------------------------------------------------- how checks end

class DoesNotHold(Exception):
    """The check fails; the text says what is wrong and where."""


class NotChecked(Exception):
    """The check cannot be made, because something that it rests on failed."""


class NotApplicable(Exception):
    """There is nothing to check."""


class NoBundle(Exception):
    """There is nothing to verify; wrong usage."""


def demand(condition, reason):
    if not condition:
        raise DoesNotHold(reason)


def listed(names):
    shown = [printable(name) for name in names[:5]]
    return ", ".join(shown) + (" and %d more" % (len(names) - 5) if len(names) > 5 else "")


def printable(text):
    """Text from the bundle, fit for a terminal."""
    return "".join(c if " " <= c <= "~" else "?" for c in text[:200])


# ------------------------------------------------------------------------------------- the files: a folder, or a zip

def is_safe_path(path):
    return (
        len(path) <= MAX_PATH
        and re.fullmatch(r"[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*", path) is not None
        and all(part not in (".", "..") for part in path.split("/"))
    )


class Folder:
    """Links are not followed; devices, sockets and pipes are never opened."""

    def __init__(self, root):
        self.root, self.sizes, self.problems, self.readable = root, {}, [], True
        self.enter("", 0)
        if sum(self.sizes.values()) > MAX_TOTAL:
            self.refuse("the files are larger than 1 GiB together")

    def refuse(self, problem):
        self.problems.append(problem)
        self.readable = False

    def enter(self, folder, depth):
        """Returns whether there is anything in the folder or below it."""
        holds_file = False
        for name in sorted(os.listdir(os.path.join(self.root, folder))):
            if not self.readable:
                return True
            path = folder + "/" + name if folder else name
            holds_file |= self.take(path, depth)
        if folder and not holds_file:
            self.problems.append("the folder %s is empty" % printable(folder))
        return holds_file

    def take(self, path, depth):
        if not is_safe_path(path):
            self.problems.append("the name %s is not allowed" % printable(path))
            if len(self.problems) > MAX_FILES:
                self.refuse("there are more than 2,000 files")
            return True
        found = os.lstat(os.path.join(self.root, path))
        if stat.S_ISDIR(found.st_mode):
            if depth < 8:
                return self.enter(path, depth + 1)
            self.refuse("folders lie too deep")
        elif stat.S_ISREG(found.st_mode):
            self.sizes[path] = found.st_size
            if found.st_size > MAX_FILE:
                self.refuse("%s is larger than 512 MiB" % path)
            if len(self.sizes) > MAX_FILES:
                self.refuse("there are more than 2,000 files")
        else:
            self.problems.append("%s is %s" % (path, "a link" if stat.S_ISLNK(found.st_mode) else "no regular file"))
        return True

    def chunks(self, path):
        # A pipe put in the file's place would otherwise block the opening for ever.
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        try:
            descriptor = os.open(os.path.join(self.root, path), flags)
        except OSError:
            raise DoesNotHold("%s cannot be read" % path)
        with os.fdopen(descriptor, "rb") as file:
            found, left = os.fstat(descriptor), self.sizes[path]
            demand(stat.S_ISREG(found.st_mode) and found.st_size == left, "%s changed while it was read" % path)
            while left > 0:
                chunk = file.read(min(MIB, left))
                demand(chunk, "%s changed while it was read" % path)
                left -= len(chunk)
                yield chunk


class Zip:
    """Only the one form that a report is written in: stored entries one after the other from the first byte, then the
    central directory, saying the same, then its end record as the last bytes. So nothing hides and nothing expands."""

    def __init__(self, path):
        self.file, self.sizes, self.entries, self.problems = open(path, "rb"), {}, {}, []
        try:
            self.read_directory()
        except DoesNotHold as reason:
            self.problems.append("the zip is not one that Rekey writes: %s" % reason)
            self.sizes = {}
        self.readable = not self.problems

    def at(self, position, length):
        self.file.seek(position)
        data = self.file.read(length)
        demand(len(data) == length, "it ends too early")
        return data

    def read_directory(self):
        length = os.fstat(self.file.fileno()).st_size
        demand(length >= 22, "it is too short")
        demand(length <= MAX_TOTAL + MAX_FILES * 1024, "it is larger than 1 GiB")
        magic, disk, disk2, here, count, size, start, comment = struct.unpack("<4s4H2IH", self.at(length - 22, 22))
        demand(magic == b"PK\5\6", "it does not end with its end record")
        demand(disk == disk2 == 0, "it has several parts")
        demand(here == count <= MAX_FILES, "it has more than 2,000 files")
        demand(start + size == length - 22 and comment == 0, "its directory lies elsewhere, or it has a comment")
        demand(size <= MAX_FILES * 1024, "its directory is too long")
        directory, position, following, top = self.at(start, size), 0, 0, None
        for _ in range(count):
            demand(position + 46 <= size, "its directory ends too early")
            fields = struct.unpack("<4s6H3I5H2I", directory[position:position + 46])
            magic, made, needs, flags, method = fields[:5]
            crc, packed, plain, name_length, extra, note, part, _, attributes, offset = fields[7:]
            name = directory[position + 46:position + 46 + name_length]
            demand(len(name) == name_length, "its directory ends too early")
            demand(magic == b"PK\1\2" and needs <= 20, "its directory is damaged, or needs a newer reader")
            demand(flags & ~0x0800 == 0, "an entry is encrypted or has a data descriptor")
            demand(method == 0 and packed == plain, "an entry is compressed")
            demand(plain <= MAX_FILE and extra == note == part == 0, "an entry is too large, or has extra fields")
            mode = attributes >> 16 if made >> 8 == 3 else 0
            demand(mode == 0 or stat.S_ISREG(mode), "an entry is a link, a folder or a device")
            demand(attributes & 0x10 == 0, "an entry is a folder")
            folder, _, path = name.decode("latin-1").partition("/")
            demand(is_safe_path(folder) and is_safe_path(path), "the name %s is not allowed" % printable(path))
            top = folder if top is None else top
            demand(folder == top, "its files do not lie in one folder")
            demand(path not in self.sizes, "it holds %s twice" % path)
            demand(offset == following, "its entries do not follow each other")
            demand(following + 30 + name_length + plain <= start, "an entry is longer than the zip")
            local = self.at(following, 30 + name_length)
            demand(local[:4] == b"PK\3\4" and local[28:30] == b"\0\0", "an entry has no header, or extra fields")
            same = local[4:28] == directory[position + 6:position + 30] and local[30:] == name
            demand(same, "an entry and the directory say different things")
            following += 30 + name_length
            self.sizes[path], self.entries[path] = plain, (following, crc)
            following += plain
            position += 46 + name_length
        demand(position == size and following == start, "there is something between its entries")

    def chunks(self, path):
        (start, crc), left, found = self.entries[path], self.sizes[path], 0
        while left > 0:
            chunk = self.at(start, min(MIB, left))
            start, left, found = start + len(chunk), left - len(chunk), zlib.crc32(chunk, found)
            yield chunk
        demand(found == crc, "%s does not have the checksum that the zip gives" % path)


def open_bundle(path):
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            return Folder(path)
        if stat.S_ISREG(mode):
            return Zip(path)
    except OSError as error:
        raise NoBundle("%s cannot be read (%s)" % (path, error.strerror))
    raise NoBundle("%s is neither a folder nor a file" % path)


class Files:
    """Hands out a file only when the bytes that are handed out have the hash that was signed."""

    def __init__(self, source):
        self.source, self.paths, self.found, self.sums = source, sorted(source.sizes), {}, {}

    def sum_of(self, path):
        if path not in self.found:
            digest = hashlib.sha256()
            try:
                for chunk in self.source.chunks(path):
                    digest.update(chunk)
                self.found[path] = digest.hexdigest()
            except DoesNotHold:
                self.found[path] = None
        return self.found[path]

    def unverified(self, path, limit):
        if path not in self.source.sizes:
            raise NotChecked("%s is missing" % path)
        demand(self.source.sizes[path] <= limit, "%s is too large" % path)
        return b"".join(self.source.chunks(path))

    def demand_signed(self, path, found):
        if path not in self.source.sizes:
            raise NotChecked("%s is missing" % path)
        if found is None or self.sums.get(path) != found:
            raise NotChecked("%s is not the file that was signed" % path)

    def read(self, path, limit):
        self.demand_signed(path, self.sum_of(path) if path in self.source.sizes else None)
        data = self.unverified(path, limit)
        self.demand_signed(path, hashlib.sha256(data).hexdigest())
        return data

    def lines(self, path):
        """The lines without their line breaks; the last one must have one too."""
        self.demand_signed(path, self.sum_of(path) if path in self.source.sizes else None)
        digest, rest = hashlib.sha256(), b""
        for chunk in self.source.chunks(path):
            digest.update(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                demand(len(line) <= MAX_LINE, "%s has a line that is too long" % path)
                yield line
            demand(len(rest) <= MAX_LINE, "%s has a line that is too long" % path)
        demand(rest == b"", "%s does not end with a line break" % path)
        self.demand_signed(path, digest.hexdigest())


def check_files(source):
    demand(not source.problems, listed(source.problems))
    needed = list(REQUIRED)
    for path in source.sizes:
        folder = path.rpartition("/")[0]
        if path in ("log/previous-checkpoint", "log/proofs/consistency.json"):
            needed += ["log/previous-checkpoint", "log/proofs/consistency.json"]
        elif path.startswith("logs/earlier-"):
            needed += [folder + "/" + name for name in ("events.jsonl", "proof.json")]
        elif path.startswith("logs/imported-"):
            needed += [folder + "/" + name for name in ("events.jsonl", "proof.json", "checkpoint", "log.vkey")]
        elif re.fullmatch(r"keys/rollovers/[0-9]{3}\.(?:json|old\.sig|new\.sig)", path):
            needed += [path[:18] + ".json", path[:18] + ".new.sig"]
    missing = [path for path in dict.fromkeys(needed) if path not in source.sizes]
    unexpected = [path for path in sorted(source.sizes) if path not in REQUIRED and not OPTIONAL.fullmatch(path)]
    problems = ["missing: " + listed(missing)] if missing else []
    problems += ["not part of a report: " + listed(unexpected)] if unexpected else []
    demand(not problems, "; ".join(problems))
    return "%d files, all of them expected" % len(source.sizes)


# ---------------------------------------------------------------------------------- SHA256SUMS and who has signed it

def parse_sums(data):
    text = data.decode("latin-1")
    demand(text.endswith("\n"), "SHA256SUMS does not end with a line break")
    sums, last = {}, ""
    for number, line in enumerate(text[:-1].split("\n"), 1):
        match = re.fullmatch(r"([0-9a-f]{64})  ([A-Za-z0-9._/-]+)", line)
        demand(match, 'line %d of SHA256SUMS is not "HEX  PATH"' % number)
        demand(match[2] > last, "SHA256SUMS is not sorted, or names a file twice")
        last = match[2]
        sums[last] = match[1]
    return sums


def check_sums(files, data):
    sums, own = parse_sums(data), ("SHA256SUMS", "SHA256SUMS.sig")
    covered = [path for path in files.paths if path not in own]
    found = [
        ("must not be listed", [path for path in sums if path in own]),
        ("missing", [path for path in sums if path not in files.paths and path not in own]),
        ("not listed", [path for path in covered if path not in sums]),
        ("not as listed in SHA256SUMS", [p for p in covered if p in sums and sums[p] != files.sum_of(p)]),
    ]
    demand(not any(paths for _, paths in found), "; ".join("%s: %s" % (w, listed(p)) for w, p in found if p))
    return "all %d files are as SHA256SUMS lists them" % len(covered)


# Ed25519 (RFC 8032), with the points in extended coordinates.
P = 2 ** 255 - 19
L = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)
ORDER_EIGHT = 2707385501144840649318225287225658788936804267575313519463743609750303402022
SMALL_ORDER = (0, 1, P - 1, ORDER_EIGHT, P - ORDER_EIGHT)


def point_add(a, b):
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar > 0:
        if scalar & 1:
            result = point_add(result, point)
        point, scalar = point_add(point, point), scalar >> 1
    return result


def point_of(y, sign):
    """The point with this y and the lowest bit of its x; None if there is none."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * SQRT_MINUS_ONE % P
    if x * x % P != square or (x == 0 and sign):
        return None
    x = x if x & 1 == sign else P - x
    return (x, y, 1, x * y % P)


BASE = point_of(4 * pow(5, -1, P) % P, 0)


def is_usable_key(key):
    """Written in the one canonical way, and not a point of small order, which would verify almost anything."""
    y = int.from_bytes(key, "little") & (2 ** 255 - 1)
    return len(key) == 32 and y < P and y not in SMALL_ORDER


def ed25519_verifies(key, message, signature):
    if not is_usable_key(key) or len(signature) != 64:
        return False
    encoded, s = int.from_bytes(key, "little"), int.from_bytes(signature[32:], "little")
    a = point_of(encoded & (2 ** 255 - 1), encoded >> 255)
    if a is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    # R = S*B - k*A, compared as bytes, so that R too has one encoding only.
    x, y, z, _ = point_add(point_multiply(s, BASE), point_multiply(k, (P - a[0], a[1], 1, P - a[3])))
    inverse = pow(z, -1, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little") == signature[:32]


def ssh_string(data):
    return struct.pack(">I", len(data)) + data


def key_blob(key):
    return ssh_string(b"ssh-ed25519") + ssh_string(key)


def ssh_fingerprint(key):
    return "SHA256:" + base64.b64encode(hashlib.sha256(key_blob(key)).digest()).decode().rstrip("=")


def ssh_key_text(key):
    return "ssh-ed25519 " + base64.b64encode(key_blob(key)).decode()


def decode_base64(text):
    """The bytes of the one text that base64 has for them; None for any other text."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


def parse_ssh_key(text):
    data = decode_base64(text[12:]) if text.startswith("ssh-ed25519 ") else None
    return data[-32:] if data is not None and len(data) == 51 and data == key_blob(data[-32:]) else None


def demand_ssh_signature(what, armored, key, namespace, message):
    """PROTOCOL.sshsig of OpenSSH. Everything around the 64 bytes of the signature must be exactly what it is for this
    key and namespace, so that no other key, algorithm, hash or form is accepted."""
    lines = armored.decode("latin-1").split("\n")
    blob = decode_base64("".join(lines[1:-2]))
    demand(blob is not None and len(blob) > 64, "%s is no SSH signature as ssh-keygen writes it" % what)
    body = base64.b64encode(blob).decode()
    written = ["-----BEGIN SSH SIGNATURE-----"] + [body[i:i + 70] for i in range(0, len(body), 70)]
    demand(written + ["-----END SSH SIGNATURE-----", ""] == lines, "%s is no SSH signature as ssh-keygen writes it" % what)
    common = ssh_string(namespace) + ssh_string(b"") + ssh_string(b"sha512")
    signature = blob[-64:]
    inner = ssh_string(ssh_string(b"ssh-ed25519") + ssh_string(signature))
    expected = b"SSHSIG\0\0\0\1" + ssh_string(key_blob(key)) + common + inner
    demand(blob == expected, "%s is by another key, or for another purpose" % what)
    signed = b"SSHSIG" + common + ssh_string(hashlib.sha512(message).digest())
    demand(ed25519_verifies(key, signed, signature), "%s does not fit what it should have signed" % what)


def check_signature(files, sums, facts):
    line = files.unverified("keys/report.pub", MAX_SMALL).decode("latin-1")
    match = re.fullmatch(r"(ssh-ed25519 [^ ]+) rekey-report\n", line)
    key = parse_ssh_key(match[1]) if match else None
    demand(key and is_usable_key(key), 'keys/report.pub is not "ssh-ed25519 AAAA... rekey-report" with a usable key')
    signature = files.unverified("SHA256SUMS.sig", MAX_SMALL)
    demand_ssh_signature("SHA256SUMS.sig", signature, key, b"key-rotation-report", sums)
    allowed = 'rekey-report namespaces="key-rotation-report" %s\n' % ssh_key_text(key)
    found = files.unverified("keys/allowed_signers", MAX_SMALL)
    demand(found == allowed.encode(), "keys/allowed_signers does not name the key in keys/report.pub")
    facts["report_key"] = key
    return "SHA256SUMS is signed by the key %s" % ssh_fingerprint(key)


# ---------------------------------------------------------------------------------------- JSON that has one reading

def unique(pairs):
    found = dict(pairs)
    demand(len(found) == len(pairs), "a name occurs twice in one object")
    return found


def plain_integer(text):
    demand(text != "-0" and len(text) < 18 and abs(int(text)) <= MAX_SAFE, "a number is too large")
    return int(text)


def refuse_number(text):
    raise DoesNotHold("a number is no integer")


def depth_of(value):
    """How many levels of objects and lists; counts with a stack of its own."""
    deepest, open_values = 0, [(value, 0)]
    while open_values:
        item, above = open_values.pop()
        if isinstance(item, (dict, list)):
            deepest = max(deepest, above + 1)
            demand(deepest <= MAX_DEPTH, "it has too many levels")
            open_values += [(inner, above + 1) for inner in (item.values() if isinstance(item, dict) else item)]
    return deepest


def canonical(value):
    """RFC 8785, for values without fractions."""
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{%s}" % ",".join("%s:%s" % (canonical(name), canonical(value[name])) for name in names)
    if isinstance(value, list):
        return "[%s]" % ",".join(canonical(item) for item in value)
    return json.dumps(value, ensure_ascii=False)


def read_canonical(path, data):
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=unique, parse_int=plain_integer, parse_float=refuse_number,
            parse_constant=refuse_number,
        )
        depth_of(value)
        demand(canonical(value).encode("utf-8") == data, "it is written in another way than RFC 8785 wants")
    except (ValueError, RecursionError, DoesNotHold) as error:
        raise DoesNotHold("%s is not canonical JSON: %s" % (path, error))
    return value


def read_log_line(line):
    """An event; fractions are allowed. None for anything else."""
    try:
        value = json.loads(line.decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse_number)
        depth_of(value)
    except (ValueError, RecursionError, DoesNotHold):
        return None
    return value if isinstance(value, dict) else None


def fits(schema, value):
    """The part of JSON Schema (2020-12) that report.schema.json uses. Formats are repeated there as patterns."""
    kinds = {
        "object": isinstance(value, dict), "array": isinstance(value, list), "string": isinstance(value, str),
        "integer": isinstance(value, int) and not isinstance(value, bool), "boolean": isinstance(value, bool),
        "null": value is None,
    }
    kinds["number"] = kinds["integer"]
    types = schema.get("type", [])
    if types and not any(kinds[kind] for kind in ([types] if isinstance(types, str) else types)):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "anyOf" in schema and not any(fits(one, value) for one in schema["anyOf"]):
        return False
    if isinstance(value, str):
        pattern = schema.get("pattern")
        # In Python "$" matches before a line break at the end, too.
        if pattern and not re.search(re.sub(r"\$$", r"\\Z", pattern), value, re.ASCII):
            return False
        # Lengths are counted in UTF-16 code units.
        if "maxLength" in schema and len(value.encode("utf-16-le", "surrogatepass")) // 2 > schema["maxLength"]:
            return False
    if kinds["integer"] and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return False
    if isinstance(value, list):
        return all(fits(schema["items"], item) for item in value) if "items" in schema else True
    if isinstance(value, dict) and "properties" in schema:
        allowed = schema["properties"]
        return all(name in value for name in schema.get("required", [])) and all(
            name in allowed and fits(allowed[name], item) for name, item in value.items()
        )
    return True


def shaped(path, value, /, **members):
    """Demands an object with exactly these members; each is a type, a tuple of allowed values, or a test."""
    good = isinstance(value, dict) and sorted(value) == sorted(members)
    for name, rule in members.items() if good else ():
        item = value[name]
        if rule is int:
            good = good and isinstance(item, int) and not isinstance(item, bool) and item >= 0
        elif isinstance(rule, type):
            good = good and isinstance(item, rule)
        elif isinstance(rule, tuple):
            good = good and any(item == one and type(item) is type(one) for one in rule)
        else:
            good = good and bool(rule(item))
    demand(good, "%s does not fit its model" % path)
    return value


def is_hash(value):
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def is_hash_list(value):
    return isinstance(value, list) and all(is_hash(item) for item in value)


def is_instant(value):
    try:
        return isinstance(value, str) and milliseconds(value) is not None
    except ValueError:
        return False


def milliseconds(instant):
    """Milliseconds since 1970 of an RFC 3339 time with three digits, in UTC."""
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{3})Z", instant, re.ASCII)
    if not match:
        raise ValueError("no time")
    moment = datetime.strptime(match[1] + "+0000", "%Y-%m-%dT%H:%M:%S%z")
    return int((moment - datetime(1970, 1, 1, tzinfo=timezone.utc)).total_seconds()) * 1000 + int(match[2])


# ------------------------------------------------------------------------------------------------------- report.json

def read_pem(files, path):
    text = files.read(path, MAX_SMALL).decode("latin-1")
    found = []
    for body in re.findall(r"-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+?)-----END CERTIFICATE-----\n", text):
        found.append(decode_base64(body.replace("\n", "")) or b"")
    demand(text == "".join(map(pem_of, found)) and 0 < len(found) <= 9, "%s is not certificates in PEM and nothing else" % path)
    return found


def pem_of(der):
    body = base64.b64encode(der).decode()
    lines = [body[i:i + 64] for i in range(0, len(body), 64)]
    return "\n".join(["-----BEGIN CERTIFICATE-----"] + lines + ["-----END CERTIFICATE-----", ""])


def hex_digest(data):
    return hashlib.sha256(data).hexdigest()


def check_report(files, facts):
    schema = files.read("report.schema.json", MAX_PROOF)
    demand(hex_digest(schema) == SCHEMA_SHA256, "report.schema.json is not the schema of this version")
    report = read_canonical("report.json", files.read("report.json", MAX_REPORT))
    demand(fits(json.loads(schema), report), "report.json does not fit its model")
    log_key = parse_verifier(files.read("keys/log.vkey", MAX_SMALL))
    demand(log_key, "keys/log.vkey is not a usable note verifier key")
    leaf, chain = read_pem(files, "keys/certificate.pem"), read_pem(files, "keys/ca.pem")
    demand(len(leaf) == 1, "keys/certificate.pem holds more than one certificate")
    signer, own = report["signer"], report["logs"][0] if report["logs"] else {}
    for what, named, there in (
        ("report key", signer["report_key"], ssh_fingerprint(facts["report_key"])),
        ("log key", signer["log_key"], ssh_fingerprint(log_key[1])),
        ("certificate", signer["certificate"], hex_digest(leaf[0])),
        ("CA", signer["ca"], hex_digest(chain[0])),
    ):
        demand(named == there, "report.json names the %s %s, and in keys/ lies %s" % (what, printable(named), there))
    demand(
        (own.get("id"), own.get("kind"), own.get("folder"), own.get("origin")) == ("own", "own", "log", log_key[0]),
        "report.json does not name the log of keys/log.vkey as its own",
    )
    ids = [log["id"] for log in report["logs"][1:]]
    for log in report["logs"][1:]:
        placed = re.fullmatch(r"(earlier|imported)-[1-9][0-9]{0,3}", log["id"])
        placed = placed and placed[1] == log["kind"] and log["folder"] == "logs/" + log["id"]
        demand(placed and ids.count(log["id"]) == 1, "report.json has a log without a place of its own in the bundle")
    period = report["period"]
    demand(period["from"] < period["to"], "the period of report.json ends before it begins")
    facts.update(report=report, log_key=log_key, leaf_der=leaf[0], chain_der=chain)
    days = (period["first_day"], period["last_day"])
    return "report.json is a report on %s to %s and names this bundle's keys and log" % days


# ------------------------------------------------------------------------------------------------------- the tables

def environment(name):
    return lambda row: row["environment"][name]


def compromised(name):
    return lambda row: row["compromised"] and row["compromised"][name]


def joined(name, member=None):
    return lambda row: " ".join(str(item[member] if member else item) for item in row[name])


POPULATION = [
    ("environment", environment("name")), ("environment_id", environment("id")), ("stage", environment("stage")),
    "key", "purpose", "protects", "slots", "owner", "cryptoperiod_days", "policy_source", "required",
    "protects_account_data", "presence", "status", "compliance_status", "fingerprint", "active_since",
    "active_since_source", "due_at", "age_days", "days_overdue", ("compromised_at", compromised("at")),
    ("compromised_reason", compromised("reason")), "rotations", ("problems", joined("problems", "code")), "log",
    ("events", joined("events")),
]
ROTATIONS = [
    "rotation_id", "run_id", ("environment", environment("name")), ("environment_id", environment("id")),
    ("stage", environment("stage")), "key", "mode", "outcome", "state", "reason", "requester", "approver", "adoption",
    ("evidence_sha256", joined("adoption_evidence", "sha256")), "old_fingerprint", "new_fingerprint", "planned_at",
    "activated_at", "retired_at", "ended_at", "time_to_rotate_ms", "was_due_at", "on_time", "next_due_at",
    "compromised_at", "time_to_replacement_ms", "log", ("events", joined("events")),
]


def cell(value):
    """RFC 4180; what a spreadsheet would take for a formula has an apostrophe in front."""
    text = {None: "", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else str(value)
    text = "'" + text if text[:1] in tuple("=+-@\t\r") else text
    return '"%s"' % text.replace('"', '""') if re.search('[",\r\n]', text) else text


def table(columns, rows):
    columns = [column if isinstance(column, tuple) else (column, None) for column in columns]
    yield ",".join(name for name, _ in columns) + "\r\n"
    for row in rows:
        yield ",".join(cell(value(row) if value else row[name]) for name, value in columns) + "\r\n"


def check_tables(files, facts):
    report = facts["report"]
    keys, rotations = report["population"]["keys"], report["rotations"]
    for path, columns, rows in (("population.csv", POPULATION, keys), ("rotations.csv", ROTATIONS, rotations)):
        expected = "".join(table(columns, rows)).encode("utf-8")
        demand(files.read(path, MAX_REPORT) == expected, "%s says something else than report.json" % path)
    return "both tables follow from report.json: %d keys, %d rotations" % (len(keys), len(rotations))


# ------------------------------------------------------------------------------- the log: checkpoints, tree, proofs

def key_id(name, key):
    return hashlib.sha256(name.encode("utf-8") + b"\n\1" + key).digest()[:4]


def parse_verifier(data):
    """NAME+ID+BASE64 and a line break: the name and the 32 bytes of the key; None for anything else."""
    try:
        match = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)\n", data.decode("utf-8"))
    except UnicodeDecodeError:
        return None
    typed = decode_base64(match[3]) if match else None
    if typed is None or len(typed) != 33 or typed[0] != 1 or key_id(match[1], typed[1:]).hex() != match[2]:
        return None
    return (match[1], typed[1:]) if is_usable_key(typed[1:]) else None


def read_checkpoint(what, data, verifiers):
    """Origin, size and root of a checkpoint (C2SP tlog-checkpoint, signed note) that one of the verifiers signed. A
    line by an unknown key proves nothing and is passed over; one that claims a known key must be right."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    body, border, rest = text.rpartition("\n\n")
    body += "\n"
    lines = [re.fullmatch("\u2014 ([^\\s+]+) ([A-Za-z0-9+/=]+)", line) for line in rest[:-1].split("\n")]
    well_formed = border and text.endswith("\n") and not re.search("[\0-\t\x0b-\x1f]", text) and len(lines) <= 100
    signatures = [(line[1], decode_base64(line[2]) or b"") for line in lines if line]
    well_formed = well_formed and len(signatures) == len(lines) and all(len(data) > 4 for _, data in signatures)
    demand(well_formed, "%s is no signed note" % what)
    match = re.fullmatch(r"([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n", body)
    root = decode_base64(match[3]) if match else None
    demand(root and int(match[2]) <= MAX_SAFE, "%s is not a checkpoint: origin, size and root, a line each" % what)
    expected = [verifier for verifier in verifiers if verifier[0] == match[1]]
    demand(expected, "%s is of the log %s, which is another one" % (what, printable(match[1])))
    signed = False
    for name, signature in signatures:
        for verifier_name, key in expected:
            if name == verifier_name and signature[:4] == key_id(name, key):
                right = ed25519_verifies(key, body.encode("utf-8"), signature[4:])
                demand(right, "the signature of the log's key on %s does not fit its text" % what)
                signed = True
                break
    demand(signed, "%s is not signed by the log's key" % what)
    return {"origin": match[1], "size": int(match[2]), "root": root.hex()}


def check_checkpoint(files, facts):
    data = files.read("log/checkpoint", MAX_SMALL)
    checkpoint = read_checkpoint("log/checkpoint", data, [facts["log_key"]])
    demand_same("log/checkpoint", checkpoint, facts["report"]["logs"][0])
    facts["checkpoint"] = checkpoint
    return "the log's key signed its size %d and its root %s" % (checkpoint["size"], checkpoint["root"])


def demand_same(path, one, other):
    same = all(one[name] == other[name] for name in ("origin", "size", "root"))
    demand(same, "%s is of another log, size or root than report.json says" % path)


def parent(left, right):
    return hex_digest(b"\1" + bytes.fromhex(left + right))


def leaf_of(line):
    return hex_digest(b"\0" + line)


class Tree:
    """RFC 6962: grows at its end by whole subtrees, on a stack on which equal ones merge; knows its root at any time."""

    def __init__(self):
        self.stack, self.size = [], 0

    def add(self, node, level=0):
        self.size += 2 ** level
        while self.stack and self.stack[-1][0] == level:
            node, level = parent(self.stack.pop()[1], node), level + 1
        self.stack.append((level, node))

    def root(self):
        if not self.stack:
            return hex_digest(b"")
        root = self.stack[-1][1]
        for _, node in reversed(self.stack[:-1]):
            root = parent(node, root)
        return root


def subtree_levels(start, end):
    """Levels of the maximal complete subtrees of the leaves from start to end, in order."""
    while start < end:
        level = 0
        while start % 2 ** (level + 1) == 0 and start + 2 ** (level + 1) <= end:
            level += 1
        yield level
        start += 2 ** level


def read_log(files, log, expected, asked=None, report_id=None):
    """Folds the events of a log and the hashes beside them into its root; returns what other checks need of it."""
    proof_path, events_path = log["folder"] + "/proof.json", log["folder"] + "/events.jsonl"
    proof = read_canonical(proof_path, files.read(proof_path, MAX_PROOF))
    shaped(proof_path, proof, schema_version=(1,), origin=str, size=int, root=is_hash, segments=list)
    for segment in proof["segments"]:
        kind = segment.get("kind") if isinstance(segment, dict) else None
        rest = {"nodes": is_hash_list} if kind == "hashes" else {"first_seq": int}
        shaped(proof_path, segment, kind=("hashes", "events"), **{"from": int, "to": int}, **rest)
    same = all(proof[name] == expected[name] for name in ("origin", "size", "root"))
    demand(same, "%s is of another log, size or root than %s/checkpoint" % (proof_path, log["folder"]))
    tree, lines = Tree(), files.lines(events_path)
    found = {"closings": {}, "moved": [], "begun": None, "events": 0, "root_at": None, "below": 0, "above": None}
    found["root_at"] = tree.root() if asked == 0 else None

    def grow(node, level=0):
        tree.add(node, level)
        if asked is not None and tree.size == asked:
            found["root_at"] = tree.root()
        elif asked is not None and tree.size < asked:
            found["below"] = tree.size
        elif found["above"] is None:
            found["above"] = tree.size

    for segment in proof["segments"]:
        start, end = segment["from"], segment["to"]
        demand(start == tree.size and end > start, "%s has a gap or an overlap" % proof_path)
        if segment["kind"] == "hashes":
            levels = list(subtree_levels(start, end))
            demand(len(levels) == len(segment["nodes"]), "%s has too few or too many hashes" % proof_path)
            for level, node in zip(levels, segment["nodes"]):
                grow(node, level)
            continue
        seq = segment["first_seq"]
        while tree.size < end:
            line = next(lines, None)
            demand(line is not None, "events are missing in %s: it ends before event %d" % (events_path, seq))
            event = read_log_line(line)
            demand(event is not None, "%s has a line that is no event, where event %d should be" % (events_path, seq))
            number = event.get("seq")
            if tree.size > start and any(g["first"] == seq and number == g["last"] + 1 for g in log["gaps"]):
                seq = number
            right = isinstance(number, int) and not isinstance(number, bool) and number == seq
            demand(right, "%s has event %s where event %d should be" % (events_path, printable(str(number)), seq))
            collect(found, event, tree.size, leaf_of(line), report_id)
            grow(leaf_of(line))
            seq += 1
    demand(tree.size == expected["size"], "%s does not cover the whole log" % proof_path)
    demand(next(lines, None) is None, "there are more events in %s than its proof covers" % events_path)
    told = tree.root() == expected["root"]
    demand(told, "the events in %s are not those of the log: they give another root than the signed one" % events_path)
    return found


def collect(found, event, index, leaf, report_id):
    found["events"] += 1
    kind, action = event.get("event_type"), event.get("action")
    if kind == "key_rotation" and action in ("rotated", "rolled-back", "abandoned"):
        found["closings"][index] = (event["seq"], event.get("rotation_id"), leaf)
    elif kind == "log" and action == "moved":
        found["moved"].append(event.get("data"))
    elif kind == "report" and action == "begun" and event.get("id") == report_id and not found["begun"]:
        found["begun"] = event


def check_events(files, facts):
    report, checkpoint = facts["report"], facts["checkpoint"]
    log = read_log(files, report["logs"][0], checkpoint, facts["asked"], report["report_id"])
    event, period, chosen = log["begun"], report["period"], report["scope"]["chosen"]
    demand(event, "the event by which this report was begun is not among the events")
    data = event.get("data") if isinstance(event.get("data"), dict) else {}
    named = data.get("environments")
    named = sorted(map(str, named)) if isinstance(named, list) else named
    demand(
        event.get("timestamp") == report["generated"]["at"]
        and data.get("from") == period["first_day"]
        and data.get("to") == period["last_day"]
        and data.get("time_zone") == period["time_zone"]
        and named == (None if chosen is None else sorted(one["id"] for one in chosen)),
        "the event by which this report was begun tells of another time, period or scope than report.json",
    )
    facts["log"] = log
    numbers = (log["events"], checkpoint["size"])
    return "%d events and the hashes beside them give the root of the log's %d events" % numbers


def leads_to_root(index, size, node, path, root):
    """RFC 9162, 2.1.3.2."""
    if index >= size:
        return False
    last = size - 1
    for sibling in path:
        if last == 0:
            return False
        if index % 2 == 1 or index == last:
            node = parent(sibling, node)
            while index % 2 == 0 and index != 0:
                index, last = index // 2, last // 2
        else:
            node = parent(node, sibling)
        index, last = index // 2, last // 2
    return last == 0 and node == root


def is_extension(first, second, path):
    """RFC 9162, 2.1.4.2."""
    if first["size"] > second["size"]:
        return False
    if first["size"] == second["size"]:
        return path == [] and first["root"] == second["root"]
    if first["size"] == 0:
        return path == [] and first["root"] == hex_digest(b"")
    size = first["size"]
    nodes = [first["root"]] + path if size & (size - 1) == 0 else path
    if not nodes:
        return False
    index, last = size - 1, second["size"] - 1
    while index % 2 == 1:
        index, last = index // 2, last // 2
    old = grown = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if index % 2 == 1 or index == last:
            old, grown = parent(node, old), parent(node, grown)
            while index % 2 == 0 and index != 0:
                index, last = index // 2, last // 2
        else:
            grown = parent(grown, node)
        index, last = index // 2, last // 2
    return last == 0 and old == first["root"] and grown == second["root"]


def check_proofs(files, facts):
    report, checkpoint = facts["report"], facts["checkpoint"]
    sample = report["sample"]
    ended = [r["rotation_id"] for r in report["rotations"] if r["log"] == "own" and r["outcome"] != "open"]
    chosen = sorted(ended, key=lambda id: hex_digest((sample["seed"] + id).encode("utf-8")))[:25]
    demand(sample["seed"] == checkpoint["root"], "the seed of the sample is not the log's root")
    demand(
        sample["population"] == len(ended) and sample["size"] == len(chosen)
        and [one["rotation_id"] for one in sample["rotations"]] == chosen,
        "the sample is not the one that its seed chooses",
    )
    expected = [one["proof"] for one in sample["rotations"]]
    stray = [p for p in files.paths if p.startswith("log/proofs/inclusion-") and p not in expected]
    demand(not stray, "proofs that belong to no rotation of the sample: %s" % listed(stray))
    for one in sample["rotations"]:
        path = "log/proofs/inclusion-%d.json" % one["seq"]
        demand(one["proof"] == path, "report.json names another proof than %s" % path)
        proof = read_canonical(path, files.read(path, MAX_PROOF))
        shaped(
            path, proof, schema_version=(1,), origin=str, seq=int, leaf_index=int, tree_size=int, leaf_hash=is_hash,
            path=lambda nodes: is_hash_list(nodes) and len(nodes) <= 64,
        )
        seq, rotation, leaf = facts["log"]["closings"].get(one["leaf_index"], (None, None, None))
        right = seq == one["seq"] and rotation == one["rotation_id"]
        demand(right, "event %d is not the one that ended the rotation %s" % (one["seq"], printable(one["rotation_id"])))
        about = (proof["origin"], proof["seq"], proof["leaf_index"], proof["tree_size"], proof["leaf_hash"])
        demand(
            about == (checkpoint["origin"], seq, one["leaf_index"], checkpoint["size"], leaf),
            "%s is about another event or another log" % path,
        )
        proven = leads_to_root(proof["leaf_index"], checkpoint["size"], leaf, proof["path"], checkpoint["root"])
        demand(proven, "%s does not lead to the log's root" % path)
    numbers = (sample["size"], sample["population"])
    return "%d of %d ended rotations, chosen by the log's root, are proven to be in the log" % numbers


def check_consistency(files, facts):
    path, named, checkpoint = "log/previous-checkpoint", facts["report"]["previous_report"], facts["checkpoint"]
    if path not in files.source.sizes:
        demand(named is None, "report.json names a previous report, and its checkpoint is missing")
        raise NotApplicable("this is the first report on this log")
    previous = read_checkpoint(path, files.read(path, MAX_SMALL), facts["verifiers"])
    same = named and (named["log_size"], named["log_root"]) == (previous["size"], previous["root"])
    demand(same, "report.json names another previous report than log/previous-checkpoint")
    path = "log/proofs/consistency.json"
    proof = shaped(
        path, read_canonical(path, files.read(path, MAX_PROOF)), schema_version=(1,), origin=str, first_size=int,
        first_root=is_hash, second_size=int, second_root=is_hash,
        path=lambda nodes: is_hash_list(nodes) and len(nodes) <= 128,
    )
    about = (proof["origin"], proof["first_size"], proof["first_root"], proof["second_size"], proof["second_root"])
    wanted = (checkpoint["origin"], previous["size"], previous["root"], checkpoint["size"], checkpoint["root"])
    demand(about == wanted, "%s is about other checkpoints" % path)
    grown = is_extension(previous, checkpoint, proof["path"])
    demand(grown, "%s does not lead to this checkpoint: the log was rewritten since the previous report" % path)
    facts["previous"] = previous
    return "the log only grew since the previous report, from %d events" % previous["size"]


def check_other_logs(files, facts):
    others = facts["report"]["logs"][1:]
    folders = [log["folder"] for log in others]
    stray = [p for p in files.paths if p.startswith("logs/") and p.rpartition("/")[0] not in folders]
    demand(not stray, "%s belongs to no log that report.json names" % listed(stray))
    if not others:
        raise NotApplicable("the report covers no other log")
    successor = facts["log"]
    for log in others:
        if log["kind"] == "imported":
            verifier = parse_verifier(files.read(log["folder"] + "/log.vkey", MAX_SMALL))
            demand(verifier, "%s/log.vkey is not a usable note verifier key" % log["folder"])
            path = log["folder"] + "/checkpoint"
            demand_same(path, read_checkpoint(path, files.read(path, MAX_SMALL), [verifier]), log)
            demand(log["anchored_by"] == "checkpoint", "report.json does not say that %s anchors its log" % path)
        elif log["anchored_by"] == "moved-event":
            named = [
                data for data in successor["moved"]
                if isinstance(data, dict) and data.get("previous_root") == log["root"]
                and data.get("previous_size") == log["size"]
            ]
            demand(named, "no event of the log after %s names its size and root" % log["id"])
        else:
            nothing = log["anchored_by"] == "nothing"
            demand(nothing, "the log %s has no checkpoint that could anchor it" % log["id"])
        found = read_log(files, log, log)
        successor = found if log["kind"] == "earlier" else successor
    return "the events of %s give the roots of their logs" % ", ".join(log["id"] for log in others)


# ------------------------------------------------------------- certificates and CMS: DER, RSA, ECDSA, X.509, RFC 5652

SEQUENCE, SET, INTEGER, BITS, OCTETS, NULL, OID, BOOLEAN = 0x30, 0x31, 0x02, 0x03, 0x04, 0x05, 0x06, 0x01


class Der:
    """Takes the elements of DER (X.690) one by one: one-byte tags, lengths in their shortest form."""

    def __init__(self, data):
        self.rest = data

    def peek(self):
        return self.rest[0] if self.rest else None

    def take(self, tag):
        """The content and the whole bytes of the next element, which must have this tag."""
        data = self.rest
        demand(len(data) >= 2 and data[0] == tag and tag & 0x1f != 0x1f, "not the expected element")
        length, header = data[1], 2
        if length >= 0x80:
            count = length & 0x7f
            demand(0 < count <= 4 and len(data) >= 2 + count, "a length is not DER")
            length, header = int.from_bytes(data[2:2 + count], "big"), 2 + count
            demand(length >= 0x80 and length >= 256 ** (count - 1), "a length is not DER")
        demand(header + length <= len(data), "an element ends too early")
        self.rest = data[header + length:]
        return data[header:header + length], data[:header + length]

    def content(self, tag):
        return self.take(tag)[0]

    def whole(self, tag):
        return self.take(tag)[1]

    def enter(self, tag=SEQUENCE):
        return Der(self.content(tag))

    def all(self, tag):
        found = []
        while self.rest:
            found.append(self.take(tag))
        return found

    def end(self):
        demand(not self.rest, "something follows")

    def oid(self):
        content, arcs, arc = self.content(OID), [], 0
        demand(0 < len(content) <= 64 and content[-1] < 0x80, "no name")
        for byte in content:
            demand(arc or byte != 0x80, "a name is not DER")
            arc = arc * 128 + (byte & 0x7f)
            demand(arc <= MAX_SAFE, "a name is too long")
            if byte < 0x80:
                arcs += [arc] if arcs else [min(2, arc // 40), arc - 40 * min(2, arc // 40)]
                arc = 0
        return ".".join(map(str, arcs))

    def positive(self):
        content = self.content(INTEGER)
        demand(content and len(content) <= 2048 and content[0] < 0x80, "no number")
        demand(content[0] != 0 or (len(content) > 1 and content[1] >= 0x80), "no number")
        return int.from_bytes(content, "big")

    def bits(self):
        content = self.content(BITS)
        demand(content[:1] == b"\0", "no whole bytes")
        return content[1:]

    def time(self):
        """UTCTime or GeneralizedTime (RFC 5280), in milliseconds since 1970."""
        tag = self.peek()
        text = self.content(0x17 if tag == 0x17 else 0x18).decode("latin-1")
        text = ("20" if text[:2] < "50" else "19") + text if tag == 0x17 else text
        demand(re.fullmatch(r"[0-9]{14}Z", text), "no time")
        parts = (text[:4], text[4:6], text[6:8], text[8:10], text[10:12], text[12:14])
        try:
            return milliseconds("%s-%s-%sT%s:%s:%s.000Z" % parts)
        except ValueError:
            raise DoesNotHold("no time")


def whole(data, tag=SEQUENCE):
    """The inside of bytes that are one element and nothing else."""
    outer = Der(data)
    inner = outer.enter(tag)
    outer.end()
    return inner


RSA_OID, EC_OID, SHA256_OID = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1", "2.16.840.1.101.3.4.2.1"
ALGORITHMS = {
    # As CMS names it (RFC 3370), where the hash stands apart and is always SHA-256 here.
    RSA_OID: ("rsa", "sha256"),
    "1.2.840.113549.1.1.11": ("rsa", "sha256"), "1.2.840.113549.1.1.12": ("rsa", "sha384"),
    "1.2.840.113549.1.1.13": ("rsa", "sha512"), "1.2.840.10045.4.3.2": ("ec", "sha256"),
    "1.2.840.10045.4.3.3": ("ec", "sha384"), "1.2.840.10045.4.3.4": ("ec", "sha512"),
}
DIGEST_INFO = {
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
# Prime, b, order, generator (SEC 2); a is always -3.
CURVES = {
    "1.2.840.10045.3.1.7": (
        0xffffffff00000001000000000000000000000000ffffffffffffffffffffffff,
        0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b,
        0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551,
        0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
        0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5,
    ),
    "1.3.132.0.34": (
        2 ** 384 - 2 ** 128 - 2 ** 96 + 2 ** 32 - 1,
        0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aef,
        0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973,
        0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7,
        0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5f,
    ),
    "1.3.132.0.35": (
        2 ** 521 - 1,
        0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00,
        0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409,
        0x00c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66,
        0x011839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650,
    ),
}


def read_public_key(data):
    """("rsa", modulus, exponent) or ("ec", curve, x, y) of a SubjectPublicKeyInfo."""
    info = whole(data)
    algorithm = info.enter()
    name = algorithm.oid()
    if name == RSA_OID:
        demand(algorithm.content(NULL) == b"", "parameters are not accepted")
        algorithm.end()
        key = whole(info.bits())
        modulus, exponent = key.positive(), key.positive()
        key.end()
        info.end()
        bits = modulus.bit_length()
        demand(2048 <= bits <= 8192, "an RSA key of %d bits is not accepted" % bits)
        demand(3 <= exponent <= 0xffffffff and exponent % 2 and modulus % 2, "an RSA key is not accepted")
        return ("rsa", modulus, exponent)
    curve = CURVES.get(algorithm.oid()) if name == EC_OID else None
    demand(curve, "a public key is neither RSA nor on P-256, P-384 or P-521")
    algorithm.end()
    point, length = info.bits(), (curve[0].bit_length() + 7) // 8
    info.end()
    demand(point[:1] == b"\4" and len(point) == 1 + 2 * length, "a public key is no point")
    return ("ec", curve, int.from_bytes(point[1:1 + length], "big"), int.from_bytes(point[1 + length:], "big"))


def signature_algorithm(data):
    parts = whole(data)
    name = parts.oid()
    if ALGORITHMS.get(name, ("",))[0] == "rsa":
        demand(parts.content(NULL) == b"", "parameters are not accepted")
    parts.end()
    return name


def verifies(key, name, message, signature):
    """The key decides how a signature is checked, never the signature."""
    kind, hash_name = ALGORITHMS.get(name, (None, None))
    if kind != key[0]:
        return False
    digest = hashlib.new(hash_name, message).digest()
    return (rsa_verifies if kind == "rsa" else ecdsa_verifies)(key, hash_name, digest, signature)


def rsa_verifies(key, hash_name, digest, signature):
    """PKCS #1 v1.5 (RFC 8017, 8.2.2): builds what the signature must decrypt to, and compares all of it."""
    _, modulus, exponent = key
    length, number = (modulus.bit_length() + 7) // 8, int.from_bytes(signature, "big")
    if len(signature) != length or number >= modulus:
        return False
    tail = b"\0" + DIGEST_INFO[hash_name] + digest
    expected = b"\0\1" + b"\xff" * (length - 2 - len(tail)) + tail
    return pow(number, exponent, modulus).to_bytes(length, "big") == expected


def ecdsa_verifies(key, _, digest, signature):
    """FIPS 186-5, 6.4.2."""
    _, (p, b, n, gx, gy), x, y = key
    if x >= p or y >= p or (y * y - (x * x * x - 3 * x + b)) % p:
        return False
    try:
        numbers = whole(signature)
        r, s = numbers.positive(), numbers.positive()
        numbers.end()
    except DoesNotHold:
        return False
    if r >= n or s >= n:
        return False
    e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - n.bit_length())
    inverse = pow(s, -1, n)
    total = curve_add(curve_multiply(e * inverse % n, (gx, gy), p), curve_multiply(r * inverse % n, (x, y), p), p)
    return total is not None and total[0] % n == r


def curve_add(one, other, p):
    if one is None or other is None:
        return one or other
    if one[0] == other[0]:
        if (one[1] + other[1]) % p == 0:
            return None
        slope = (3 * one[0] * one[0] - 3) * pow(2 * one[1], -1, p)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, p)
    x = (slope * slope - one[0] - other[0]) % p
    return (x, (slope * (one[0] - x) - one[1]) % p)


def curve_multiply(scalar, point, p):
    result = None
    while scalar:
        result = curve_add(result, point, p) if scalar & 1 else result
        point, scalar = curve_add(point, point, p), scalar >> 1
    return result


KNOWN_EXTENSIONS = {"2.5.29.15": "usage", "2.5.29.19": "constraints", "2.5.29.32": "policies", "2.5.29.37": "purposes",
                    "2.5.29.17": "names"}


def read_certificate(what, der):
    try:
        return parse_certificate(der)
    except DoesNotHold as reason:
        raise DoesNotHold("%s is no certificate of the kind that is accepted: %s" % (what, reason))


def parse_certificate(der):
    """What the checks need of an X.509 version 3 certificate (RFC 5280); names as their DER."""
    outer = whole(der)
    inner, body = outer.take(SEQUENCE)
    algorithm, signature = outer.whole(SEQUENCE), outer.bits()
    outer.end()
    parts = Der(inner)
    version = parts.enter(0xa0)
    demand(version.content(INTEGER) == b"\2", "a certificate is not of version 3")
    found = {"der": der, "fingerprint": hex_digest(der), "body": body, "signature": signature}
    found["serial"] = parts.whole(INTEGER)
    demand(parts.whole(SEQUENCE) == algorithm, "a certificate names two algorithms")
    found["algorithm"] = signature_algorithm(algorithm)
    found["issuer"] = parts.whole(SEQUENCE)
    validity = parts.enter()
    found["not_before"], found["not_after"] = validity.time(), validity.time()
    validity.end()
    found["subject"] = parts.whole(SEQUENCE)
    found["key"] = read_public_key(parts.whole(SEQUENCE))
    values = read_extensions(parts.enter(0xa3).content(SEQUENCE))
    parts.end()
    found["is_ca"], found["path_length"] = read_constraints(values.get("2.5.29.19"))
    found["usage"] = read_usage(values.get("2.5.29.15"))
    purposes = values.get("2.5.29.37")
    found["purposes"] = None if purposes is None else [Der(one).oid() for _, one in whole(purposes).all(OID)]
    return found


def read_extensions(content):
    values = {}
    for extension, _ in Der(content).all(SEQUENCE):
        parts = Der(extension)
        name = parts.oid()
        critical = parts.peek() == BOOLEAN and parts.content(BOOLEAN) is not None
        value = parts.content(OCTETS)
        parts.end()
        demand(name not in values, "a certificate has an extension twice")
        demand(not critical or name in KNOWN_EXTENSIONS, "a certificate has the critical extension %s" % name)
        values[name] = value
    return values


def read_constraints(value):
    if value is None:
        return False, None
    parts = whole(value)
    is_ca = parts.peek() == BOOLEAN and parts.content(BOOLEAN)[:1] == b"\xff"
    length = parts.content(INTEGER) if parts.peek() == INTEGER else None
    parts.end()
    demand(length is None or (len(length) == 1 and length[0] <= 127), "a path length is not accepted")
    return is_ca, None if length is None else length[0]


def read_usage(value):
    if value is None:
        return None
    outer = Der(value)
    content = outer.content(BITS)
    outer.end()
    demand(content and content[0] <= 7, "a key usage is damaged")
    return {8 * at + bit for at, byte in enumerate(content[1:]) for bit in range(8) if byte & (0x80 >> bit)}


def check_certificate(files, facts):
    """Each certificate is issued by the next, the last by itself; all are valid at the time that the report claims."""
    report = facts["report"]
    leaf = read_certificate("keys/certificate.pem", facts["leaf_der"])
    chain = [
        read_certificate("certificate %d of keys/ca.pem" % number, der)
        for number, der in enumerate(facts["chain_der"], 1)
    ]
    demand(not leaf["is_ca"], "keys/certificate.pem is the certificate of a CA")
    demand(leaf["key"][0] == "rsa", "keys/certificate.pem has no RSA key")
    demand(leaf["usage"] and leaf["usage"] & {0, 1}, "keys/certificate.pem is not for signatures (key usage)")
    documents = {"1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "2.5.29.37.0"}
    fitting = leaf["purposes"] is None or documents & set(leaf["purposes"])
    demand(fitting, "keys/certificate.pem is not for documents (extended key usage)")
    at, issuers = milliseconds(report["generated"]["at"]), chain + chain[-1:]
    for index, (certificate, issuer) in enumerate(zip([leaf] + chain, issuers)):
        what = "certificate %d of keys/ca.pem" % index if index else "keys/certificate.pem"
        demand(
            certificate["not_before"] <= at <= certificate["not_after"],
            "%s is not valid at %s, when the report says that it was made" % (what, report["generated"]["at"]),
        )
        demand(certificate["issuer"] == issuer["subject"], "%s was issued by another CA than the next one" % what)
        signed = verifies(issuer["key"], certificate["algorithm"], certificate["body"], certificate["signature"])
        demand(signed, "%s is not signed by the CA that it names" % what)
        if index:
            may_sign = certificate["is_ca"] and (certificate["usage"] is None or 5 in certificate["usage"])
            demand(may_sign, "%s may not sign certificates" % what)
            length = certificate["path_length"]
            demand(length is None or index - 1 <= length, "%s has too many certificates below it" % what)
    facts["leaf"] = leaf
    return "the certificate is under the CA %s, and was valid at the time that the report claims" % report["signer"]["ca"]


DATA, SIGNED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.2"
CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_TIME = ["1.2.840.113549.1.9.%d" % number for number in (3, 4, 5)]
SIGNING_CERTIFICATE = "1.2.840.113549.1.9.16.2.47"


def demand_sha256(data):
    parts = whole(data)
    name = parts.oid()
    if parts.peek() == NULL:
        parts.content(NULL)
    parts.end()
    demand(name == SHA256_OID, "its hash is not SHA-256")


def demand_cms(what, cms, digest, leaf):
    """A detached CMS signature (RFC 5652; CAdES/PAdES B-B) by this leaf over content with this SHA-256."""
    try:
        signer = read_cms(cms)
    except DoesNotHold as reason:
        raise DoesNotHold("%s is no CMS signature of the kind that Rekey makes: %s" % (what, reason))
    attributes = signer["attributes"]
    by_leaf = signer["issuer"] == leaf["issuer"] and signer["serial"] == leaf["serial"]
    by_leaf = by_leaf and leaf["der"] in signer["certificates"]
    demand(by_leaf, "%s is not by the certificate in keys/certificate.pem" % what)
    named = signer["named_certificate"] == hashlib.sha256(leaf["der"]).digest()
    demand(named, "%s names another certificate than its own as the one that signed" % what)
    demand(SIGNING_TIME not in attributes, "%s claims a time of its own" % what)
    same = attributes.get(CONTENT_TYPE) == bytes.fromhex("06092a864886f70d010701")
    same = same and attributes.get(MESSAGE_DIGEST) == b"\4\x20" + digest
    demand(same, "%s is a signature of other content" % what)
    # Signed as a SET OF, stored under an implicit tag (RFC 5652, 5.4).
    signed = bytes([SET]) + signer["signed"][1:]
    right = verifies(leaf["key"], signer["algorithm"], signed, signer["signature"])
    demand(right, "%s is not a signature by the key of keys/certificate.pem" % what)


def read_cms(cms):
    info = whole(cms)
    demand(info.oid() == SIGNED_DATA, "it holds no signed data")
    wrapper = info.enter(0xa0)
    info.end()
    data = wrapper.enter()
    wrapper.end()
    data.content(INTEGER)
    digests = data.enter(SET)
    demand_sha256(digests.whole(SEQUENCE))
    digests.end()
    content = data.enter()
    demand(content.oid() == DATA, "it signs something else than data")
    content.end()
    certificates = [one for _, one in data.enter(0xa0).all(SEQUENCE)]
    signers = data.enter(SET)
    data.end()
    signer = signers.enter()
    signers.end()
    signer.content(INTEGER)
    identifier = signer.enter()
    issuer, serial = identifier.whole(SEQUENCE), identifier.whole(INTEGER)
    identifier.end()
    demand_sha256(signer.whole(SEQUENCE))
    inside, signed = signer.take(0xa0)
    algorithm, signature = signature_algorithm(signer.whole(SEQUENCE)), signer.content(OCTETS)
    signer.end()
    attributes = {}
    for attribute, _ in Der(inside).all(SEQUENCE):
        parts = Der(attribute)
        name, values = parts.oid(), parts.content(SET)
        parts.end()
        demand(name not in attributes, "an attribute is there twice")
        attributes[name] = values
    demand(SIGNING_CERTIFICATE in attributes, "it does not name its certificate")
    first = whole(attributes[SIGNING_CERTIFICATE]).enter().enter()
    if first.peek() == SEQUENCE:
        demand_sha256(first.whole(SEQUENCE))
    return {
        "certificates": certificates, "issuer": issuer, "serial": serial, "signed": signed, "attributes": attributes,
        "algorithm": algorithm, "signature": signature, "named_certificate": first.content(OCTETS),
    }


def check_binding(files, facts):
    path, leaf, report = "keys/binding.json", facts["leaf"], facts["report"]
    data = files.read(path, MAX_SMALL)
    demand_cms("keys/binding.p7s", files.read("keys/binding.p7s", MAX_SMALL), hashlib.sha256(data).digest(), leaf)
    binding = shaped(
        path, read_canonical(path, data), schema_version=(1,), kind=("key-rotation-report-binding",),
        installation_id=str, report_key=str, log_key=str, log_origin=str, certificate=is_hash, at=is_instant,
    )
    for name, there in (
        ("installation_id", report["signer"]["installation_id"]),
        ("report_key", ssh_fingerprint(facts["report_key"])),
        ("log_key", ssh_fingerprint(facts["log_key"][1])),
        ("log_origin", facts["log_key"][0]),
        ("certificate", leaf["fingerprint"]),
    ):
        demand(binding[name] == there, "%s names another %s than the one of this bundle" % (path, name))
    return "the certificate's key signed which report key, log key and log are its installation's"


# ---------------------------------------------------------------------------------------------------------------- PDF

class Name(str):
    pass


class Reference(tuple):
    pass


class Text:
    """A string, with where it stands in the file."""

    def __init__(self, data, is_hex, start, end):
        self.data, self.is_hex, self.start, self.end = data, is_hex, start, end


SPACE = re.compile(rb"(?:[\0\t\n\f\r ]+|%[^\r\n]*)*")
REGULAR = re.compile(rb"[^\0\t\n\f\r ()<>\[\]{}/%]+")
REFERENCE = re.compile(rb"([0-9]{1,10})[\0\t\n\f\r ]+([0-9]{1,5})[\0\t\n\f\r ]+R(?![^\0\t\n\f\r ()<>\[\]{}/%])")
NUMBER = re.compile(rb"[+-]?(?:[0-9]{1,15}\.?[0-9]{0,15}|\.[0-9]{1,15})")
MAX_TEXT, MAX_VALUES, MAX_NODES = 4 * MIB, 100000, 100


class PdfReader:
    """Reads objects of ISO 32000-1, section 7.3."""

    def __init__(self, data, at):
        self.data, self.at, self.values = data, at, 0

    def space(self):
        self.at = SPACE.match(self.data, self.at).end() if self.at <= len(self.data) else self.at

    def takes(self, word):
        self.space()
        if not self.data.startswith(word, self.at):
            return False
        self.at += len(word)
        return True

    def integer(self):
        value = self.value()
        demand(isinstance(value, int) and not isinstance(value, bool) and value >= 0, "no number")
        return value

    def value(self, depth=0):
        self.values += 1
        demand(depth <= 64 and self.values <= MAX_VALUES, "an object is too large")
        self.space()
        first = self.data[self.at:self.at + 1]
        if first == b"/":
            match = REGULAR.match(self.data, self.at + 1)
            written = match[0] if match else b""
            self.at += 1 + len(written)
            decoded = re.sub(rb"#([0-9A-Fa-f]{2})", lambda code: bytes.fromhex(code[1].decode()), written)
            return Name(decoded.decode("latin-1"))
        if first == b"(":
            return self.literal()
        if first == b"[":
            self.at += 1
            values = []
            while not self.takes(b"]"):
                values.append(self.value(depth + 1))
            return values
        if first == b"<":
            return self.dictionary(depth) if self.data[self.at + 1:self.at + 2] == b"<" else self.hex()
        match = REFERENCE.match(self.data, self.at)
        if match:
            self.at = match.end()
            return Reference((int(match[1]), int(match[2])))
        match = REGULAR.match(self.data, self.at)
        word = match[0] if match else b""
        self.at += len(word)
        if word in (b"null", b"true", b"false"):
            return {b"null": None, b"true": True, b"false": False}[word]
        demand(NUMBER.fullmatch(word), "a value was expected")
        number = float(word)
        return int(number) if number == int(number) else number

    def dictionary(self, depth):
        self.at += 2
        found = {}
        while not self.takes(b">>"):
            name = self.value(depth + 1)
            demand(isinstance(name, Name), "a name was expected")
            demand(name not in found, "a dictionary has a name twice")
            found[name] = self.value(depth + 1)
        return found

    def hex(self):
        start, close = self.at, self.data.find(b">", self.at, self.at + MAX_TEXT)
        digits = re.sub(rb"[\0\t\n\f\r ]", b"", self.data[start + 1:close]) if close >= 0 else b"!"
        demand(re.fullmatch(rb"[0-9A-Fa-f]*", digits), "a text in hex is damaged")
        self.at = close + 1
        return Text(bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode()), True, start, self.at)

    def literal(self):
        start, at, depth = self.at, self.at, 0
        while at < min(len(self.data), start + MAX_TEXT):
            character = self.data[at]
            if character == 0x5c:
                at += 1
            elif character == 0x28:
                depth += 1
            elif character == 0x29:
                depth -= 1
            at += 1
            if depth == 0:
                self.at = at
                return Text(self.data[start + 1:at - 1], False, start, at)
        raise DoesNotHold("a text does not end")


class Pdf:
    """As far as signature and attachment need it: cross-reference tables, no encryption, the file ends where its last
    revision ends. Anything else is refused, not guessed at."""

    def __init__(self, data):
        self.data, self.offsets, self.objects = data, {}, {}
        demand(data.startswith(b"%PDF-"), "it does not begin like a PDF")
        end = re.search(rb"startxref[\r\n ]+([0-9]{1,10})[\r\n ]+%%EOF[\r\n]{0,2}\Z", data[-64:])
        demand(end, "it does not end like a PDF: something follows its last revision")
        at, visited, self.trailer = int(end[1]), set(), None
        while at is not None:
            good = isinstance(at, int) and not isinstance(at, bool) and at not in visited and 0 <= at and len(visited) < 16
            demand(good, "its revisions do not lead to its beginning")
            visited.add(at)
            trailer = self.read_table(at)
            self.trailer = trailer if self.trailer is None else self.trailer
            at = trailer.get("Prev")
            demand("Prev" not in trailer or at is not None, "its revisions do not lead to its beginning")
        demand("Encrypt" not in self.trailer, "it is encrypted")

    def read_table(self, at):
        reader = PdfReader(self.data, at)
        demand(reader.takes(b"xref"), "xref was expected")
        position = reader.at
        while True:
            header = re.match(rb"[\r\n ]*([0-9]{1,10}) ([0-9]{1,10})[ ]?(?:\r\n|\n|\r)", self.data[position:position + 64])
            if not header:
                break
            position += header.end()
            first, count = int(header[1]), int(header[2])
            fitting = first + count <= 2000000 and position + 20 * count <= len(self.data)
            demand(fitting, "its table is too long")
            for number in range(first, first + count):
                pattern = rb"([0-9]{10}) ([0-9]{5}) ([nf])(?: \r| \n|\r\n)"
                entry = re.fullmatch(pattern, self.data[position:position + 20])
                demand(entry, "its table is damaged")
                position += 20
                used = (int(entry[2]), int(entry[1])) if entry[3] == b"n" else (-1, 0)
                self.offsets.setdefault(number, used)
        reader = PdfReader(self.data, position)
        demand(reader.takes(b"trailer"), "trailer was expected")
        trailer = reader.value()
        demand(isinstance(trailer, dict) and "XRefStm" not in trailer, "it has no plain trailer")
        return trailer

    def object(self, reference):
        number, generation = reference
        place = self.offsets.get(number)
        demand(place is not None and place[0] == generation, "an object is missing")
        if number not in self.objects:
            reader = PdfReader(self.data, place[1])
            right = reader.integer() == number and reader.integer() == generation and reader.takes(b"obj")
            demand(right, "an object is not where the table says")
            self.objects[number] = (reader.value(), reader.at)
        return self.objects[number]

    def resolve(self, value):
        for _ in range(10):
            if not isinstance(value, Reference):
                return value
            value = self.object(value)[0]
        raise DoesNotHold("a reference leads to references only")

    def dictionary(self, value):
        value = self.resolve(value)
        demand(isinstance(value, dict), "a dictionary was expected")
        return value

    def list(self, value):
        value = self.resolve(value)
        demand(isinstance(value, list), "a list was expected")
        return value

    def stream(self, value, at_most):
        demand(isinstance(value, Reference), "a stream was expected")
        dictionary, end = self.object(value)
        dictionary = self.dictionary(dictionary)
        length = self.resolve(dictionary.get("Length"))
        begin = re.match(rb"[\r\n\t ]*stream(?:\r\n|\n)", self.data[end:end + 64])
        demand(begin and isinstance(length, int) and not isinstance(length, bool) and length >= 0, "a stream was expected")
        start = end + begin.end()
        closing = re.match(rb"[\r\n]{0,2}endstream", self.data[start + length:start + length + 16])
        demand(closing, "a stream does not end where it says")
        content, filters = self.data[start:start + length], self.resolve(dictionary.get("Filter"))
        filters = filters if isinstance(filters, list) else [] if filters is None else [filters]
        if not filters:
            demand(length <= at_most, "a stream is longer than expected")
            return content
        plain = filters == [Name("FlateDecode")] and isinstance(filters[0], Name)
        demand(plain and "DecodeParms" not in dictionary and "F" not in dictionary, "a stream is encoded in another way")
        try:
            inflating = zlib.decompressobj()
            found = inflating.decompress(content, at_most + 1)
        except zlib.error:
            raise DoesNotHold("a stream does not decode")
        demand(inflating.eof and len(found) <= at_most, "a stream does not decode, or is longer than expected")
        return found


def pdf_signature(pdf, length):
    """The four numbers and the content of the only signature, which must cover all of the file but itself."""
    form = pdf.dictionary(pdf.trailer.get("Root")).get("AcroForm")
    demand("AcroForm" in pdf.dictionary(pdf.trailer.get("Root")), "report.pdf is not signed")
    found, open_fields, nodes = [], [(field, None) for field in pdf.list(pdf.dictionary(form).get("Fields"))], 0
    while open_fields:
        value, inherited = open_fields.pop()
        nodes += 1
        demand(nodes <= MAX_NODES, "its form is too large")
        field = pdf.dictionary(value)
        kind, content = pdf.resolve(field.get("FT")), pdf.resolve(field.get("V"))
        kind = inherited if kind is None else kind
        if isinstance(kind, Name) and kind == "Sig" and isinstance(content, dict):
            found.append(content)
        open_fields += [(kid, kind) for kid in (pdf.list(field["Kids"]) if "Kids" in field else [])]
    demand(found, "report.pdf is not signed")
    demand(len(found) == 1, "report.pdf has %d signatures instead of one" % len(found))
    contents, numbers = found[0].get("Contents"), pdf.list(found[0].get("ByteRange"))
    good = isinstance(contents, Text) and contents.is_hex and len(numbers) == 4
    good = good and all(isinstance(n, int) and not isinstance(n, bool) and n >= 0 for n in numbers)
    demand(good, "its signature is damaged")
    first, gap, second, rest = numbers
    left = length - second - rest
    demand(left <= 0, "report.pdf was changed after it was signed: %d bytes at its end are not covered" % left)
    demand(left == 0, "report.pdf is shorter than what was signed")
    covers = (first, gap, second) == (0, contents.start, contents.end)
    demand(covers, "the signature of report.pdf does not cover the whole file")
    kind = pdf.resolve(found[0].get("SubFilter"))
    demand(isinstance(kind, Name) and kind == "ETSI.CAdES.detached", "the signature of report.pdf is of another kind")
    padded = Der(contents.data)
    _, cms = padded.take(contents.data[0] if contents.data else 0)
    demand(not padded.rest.strip(b"\0"), "there is something behind the signature of report.pdf")
    return numbers, cms


def pdf_attachment(pdf, at_most):
    names = pdf.dictionary(pdf.trailer.get("Root"))
    demand("Names" in names, "report.pdf has no attachment")
    names = pdf.dictionary(names["Names"])
    open_nodes, found, nodes = [names["EmbeddedFiles"]] if "EmbeddedFiles" in names else [], [], 0
    while open_nodes:
        tree = pdf.dictionary(open_nodes.pop())
        values = pdf.list(tree["Names"]) if "Names" in tree else []
        kids = pdf.list(tree["Kids"]) if "Kids" in tree else []
        demand(nodes + len(values) + len(kids) <= MAX_NODES, "its list of attachments is too large")
        found, open_nodes, nodes = found + values[1::2], open_nodes + kids, nodes + 1
    demand(len(found) == 1, "report.pdf has %d attachments instead of one" % len(found))
    specification = pdf.dictionary(found[0])
    name = pdf.resolve(specification.get("F"))
    named = isinstance(name, Text) and name.data == b"report.json"
    demand(named, "the attachment of report.pdf is not report.json")
    return pdf.stream(pdf.dictionary(specification.get("EF")).get("F"), at_most)


def check_pdf(files, facts):
    report, data = files.read("report.json", MAX_REPORT), files.read("report.pdf", MAX_REPORT)
    try:
        pdf = Pdf(data)
        (_, gap, second, rest), cms = pdf_signature(pdf, len(data))
        digest = hashlib.sha256(data[:gap] + data[second:second + rest]).digest()
        demand_cms("the signature of report.pdf", cms, digest, facts["leaf"])
        attached = pdf_attachment(pdf, len(report))
    except (DoesNotHold, RecursionError) as reason:
        raise DoesNotHold("report.pdf: %s" % reason)
    demand(attached == report, "the report.json attached to report.pdf is not the one beside it")
    return "the whole of report.pdf is signed, and the report.json attached to it is this one"


# --------------------------------------------------------------------------------------- who the signer is and was

def check_rollovers(files, facts):
    report = facts["report"]
    installation, origin = report["signer"]["installation_id"], facts["log_key"][0]
    paths = [path for path in files.paths if re.fullmatch(r"keys/rollovers/[0-9]{3}\.json", path)]
    told = report["signer"]["rollovers"]
    demand(len(paths) == told, "report.json tells of %d rollover statements, and %d are there" % (told, len(paths)))
    if not paths:
        raise NotApplicable("the signing keys were never replaced")
    before, verifiers = None, []
    for number, path in enumerate(paths, 1):
        demand(path == "keys/rollovers/%03d.json" % number, "the statement before %s is missing" % path)
        statement = read_statement(files, path, installation)
        follows = before is None or before["new"] == statement["old"]
        demand(follows, "%s does not begin with the keys that the statement before it names" % path)
        before = statement
        for name in ("old", "new"):
            verifiers.append((origin, named_key(path, statement[name + "_log_key"], statement[name]["log"])))
    present = {name: report["signer"][member] for name, member in
               (("report", "report_key"), ("log", "log_key"), ("certificate", "certificate"))}
    demand(before["new"] == present, "the last rollover statement names other keys than those of this bundle")
    facts["verifiers"] = facts["verifiers"] + verifiers
    return "%d statements lead from the first keys to the present ones" % len(paths)


def is_keys(value):
    return (
        isinstance(value, dict) and sorted(value) == ["certificate", "log", "report"] and is_hash(value["certificate"])
        and all(isinstance(value[n], str) and re.fullmatch("SHA256:[A-Za-z0-9+/]{43}", value[n]) for n in ("log", "report"))
    )


def is_position(value):
    return value is None or (
        isinstance(value, dict) and sorted(value) == ["origin", "root", "size"] and isinstance(value["origin"], str)
        and is_hash(value["root"]) and isinstance(value["size"], int) and not isinstance(value["size"], bool)
        and value["size"] >= 0
    )


def read_statement(files, path, installation):
    message = files.read(path, MAX_SMALL)
    statement = shaped(
        path, read_canonical(path, message), schema_version=(1,), kind=("key-rotation-signer-rollover",),
        installation_id=str, at=is_instant, reason=str, compromised=bool, trusted_until=is_position, old=is_keys,
        new=is_keys, old_report_key=str, new_report_key=str, old_log_key=str, new_log_key=str,
    )
    demand(statement["installation_id"] == installation, "%s is of another installation" % path)

    def demand_signed(name):
        key = named_key(path, statement[name + "_report_key"], statement[name]["report"])
        signature_path = "%s.%s.sig" % (path[:-5], name)
        signature = files.read(signature_path, MAX_SMALL)
        demand_ssh_signature(signature_path, signature, key, b"key-rotation-signer-rollover", message)

    demand_signed("new")
    named_key(path, statement["old_report_key"], statement["old"]["report"])
    has_old = path[:-5] + ".old.sig" in files.source.sizes
    if statement["compromised"]:
        demand(not has_old, "%s says that the old key was compromised, and yet it is signed by it" % path)
    else:
        demand(has_old, "%s is not signed by the old key" % path)
        demand_signed("old")
    return statement


def named_key(path, text, fingerprint):
    key = parse_ssh_key(text)
    right = key and is_usable_key(key) and ssh_fingerprint(key) == fingerprint
    demand(right, "%s has a key that is not the one whose fingerprint it names" % path)
    return key


def parse_trust(given):
    """The report keys (SHA256:...) and CAs (hex) that are meant; 64 hex digits may be either."""
    if given.startswith("SHA256:"):
        text = given.rstrip("=")
        if re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", text):
            return {"keys": [text], "cas": []}
    digits = re.sub(r"[:\s]", "", given).lower()
    if re.fullmatch(r"[0-9a-f]{64}", digits):
        text = base64.b64encode(bytes.fromhex(digits)).decode().rstrip("=")
        return {"keys": ["SHA256:" + text], "cas": [digits]}
    try:
        with open(given, "rb") as file:
            text = file.read(MIB).decode("latin-1").replace("\r\n", "\n")
    except (OSError, ValueError):
        text = ""
    blocks = re.findall(r"-----BEGIN CERTIFICATE-----\n([^-]+)-----END CERTIFICATE-----", text)
    found = [decode_base64(block.replace("\n", "")) for block in blocks]
    if found and None not in found:
        return {"keys": [], "cas": [hex_digest(der) for der in found]}
    raise NoBundle(
        "%s names no signer: give SHA256:..., its 64 hex digits, a CA's SHA-256 fingerprint, or its certificate (PEM)"
        % printable(given)
    )


def check_signer(facts, trust, is_bound):
    fingerprint = ssh_fingerprint(facts["report_key"])
    if trust is None:
        facts["signer"] = "unknown"
        text = "signer unknown: the report key is %s; compare it with one obtained another way"
        raise DoesNotHold(text % fingerprint)
    if fingerprint in trust["keys"]:
        facts["signer"] = "known"
        return "the report key %s is the one supplied" % fingerprint
    cas = [hex_digest(der) for der in facts["chain_der"]] if "leaf" in facts else None
    under = cas is not None and any(ca in trust["cas"] for ca in cas)
    if under and is_bound:
        facts["signer"] = "known"
        return "the report key is bound to a certificate under the CA supplied"
    if trust["cas"] and cas is None:
        raise DoesNotHold("not checked: the certificate does not hold, so nothing leads to the CA supplied")
    facts["signer"] = "wrong"
    if under:
        text = "wrong signer: the certificate is under the CA supplied, and it does not name the report key %s"
    else:
        text = "wrong signer: the report key is %s, which is not the one supplied, nor under a CA supplied"
    raise DoesNotHold(text % fingerprint)


def check_append_only(facts, supplied):
    if supplied is None:
        raise NotApplicable("no checkpoint was supplied")
    if isinstance(supplied, DoesNotHold):
        raise supplied
    if "log" not in facts:
        raise NotChecked('"events" does not hold')
    size, log, now, previous = supplied["size"], facts["log"], facts["checkpoint"]["size"], facts.get("previous")
    text = "the supplied checkpoint has %d events and this log only %d: events were cut off, or the report is older"
    demand(size <= now, text % (size, now))
    root = previous["root"] if previous and previous["size"] == size else log["root_at"]
    text = "the bundle cannot prove what the log was at %d events, only what it was at %d and at %s"
    demand(root is not None, text % (size, log["below"], log["above"]))
    text = "the log was rewritten: its first %d events are not those of the supplied checkpoint"
    demand(root == supplied["root"], text % size)
    return "the log only grew since the supplied checkpoint, from %d events" % size


# ------------------------------------------------------------------------------------------------------ all together

class Run:
    def __init__(self):
        self.results = {}

    def check(self, id, rests_on, function):
        """Runs a check if all that it rests on holds or does not apply."""
        try:
            failed = [other for other in rests_on if not self.stands(other)]
            if failed:
                raise NotChecked('"%s" does not hold' % failed[0])
            self.results[id] = (True, function(), True)
        except NotApplicable as reason:
            self.results[id] = (None, str(reason), True)
        except NotChecked as reason:
            self.results[id] = (None, "not checked: %s" % reason, False)
        except DoesNotHold as reason:
            self.results[id] = (False, str(reason), False)

    def stands(self, id):
        return self.results.get(id, (None, "", False))[2]


def verify(path, trust=None, checkpoint=None):
    """All checks of a bundle: trust as parse_trust gives it, checkpoint as bytes. Returns what --json prints."""
    source = open_bundle(path)
    files, run, facts = Files(source), Run(), {"signer": "unknown", "asked": None}

    def sums_file():
        if not source.readable:
            raise NotChecked('"files" does not hold')
        # Read once, so that what is verified is what is parsed.
        if "sums" not in facts:
            facts["sums"] = files.unverified("SHA256SUMS", MAX_SUMS)
        return facts["sums"]

    run.check("files", [], lambda: check_files(source))
    run.check("sums", [], lambda: check_sums(files, sums_file()))
    run.check("signature", [], lambda: check_signature(files, sums_file(), facts))
    if run.stands("signature"):
        try:
            files.sums = parse_sums(facts["sums"])
        except DoesNotHold:
            files.sums = {}
    run.check("report", ["signature"], lambda: check_report(files, facts))
    run.check("tables", ["report"], lambda: check_tables(files, facts))
    run.check("certificate", ["report"], lambda: check_certificate(files, facts))
    run.check("binding", ["certificate"], lambda: check_binding(files, facts))
    run.check("pdf", ["certificate"], lambda: check_pdf(files, facts))
    facts["verifiers"] = [facts["log_key"]] if "log_key" in facts else []
    run.check("rollovers", ["report"], lambda: check_rollovers(files, facts))
    supplied = None
    if checkpoint is not None and run.stands("report"):
        try:
            supplied = read_checkpoint("the supplied checkpoint", checkpoint, facts["verifiers"])
            facts["asked"] = supplied["size"]
        except DoesNotHold as reason:
            supplied = reason
    run.check("checkpoint", ["report"], lambda: check_checkpoint(files, facts))
    run.check("events", ["checkpoint"], lambda: check_events(files, facts))
    run.check("proofs", ["events"], lambda: check_proofs(files, facts))
    run.check("consistency", ["checkpoint", "rollovers"], lambda: check_consistency(files, facts))
    run.check("other-logs", ["events"], lambda: check_other_logs(files, facts))
    run.check("signer", ["signature"], lambda: check_signer(facts, trust, run.stands("binding")))
    run.check("append-only", ["report"], lambda: check_append_only(facts, supplied))
    return {
        "intact": all(run.stands(id) for id in CHECKS if id not in ("signer", "append-only")),
        "signer": facts["signer"],
        "append_only": None if checkpoint is None else run.results["append-only"][0] is True,
        "checks": [{"id": id, "ok": run.results[id][0], "reason": run.results[id][1]} for id in CHECKS],
    }


def is_trusted(result):
    return result["intact"] and result["signer"] == "known" and result["append_only"] is not False


def headline(result):
    if not result["intact"]:
        return "NOT INTACT"
    text = {"known": "intact, signer known", "unknown": "intact, signer unknown", "wrong": "intact, WRONG SIGNER"}
    grown = {None: "", True: ", log only grew since the checkpoint", False: ", CHECKPOINT DOES NOT HOLD"}
    return text[result["signer"]] + grown[result["append_only"]]


def extract(path, folder):
    """What others need to look at the PDF's signature with tools of their own."""
    source = open_bundle(path)
    demand("report.pdf" in source.sizes, "report.pdf is missing")
    data = b"".join(source.chunks("report.pdf"))
    pdf = Pdf(data)
    (_, gap, second, rest), cms = pdf_signature(pdf, len(data))
    os.makedirs(folder, exist_ok=True)
    for name, content in (
        ("report.pdf.signed", data[:gap] + data[second:second + rest]),
        ("report.pdf.p7s", cms),
        ("report.json", pdf_attachment(pdf, MAX_REPORT)),
    ):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
        print("%s %d bytes" % (name, len(content)))


def main(arguments):
    parser = argparse.ArgumentParser(description="Verifies a key rotation report.", epilog="See the beginning of this file.")
    parser.add_argument("bundle", nargs="?", default=os.path.dirname(os.path.abspath(__file__)), metavar="BUNDLE")
    parser.add_argument("--trust", metavar="SIGNER", help="SHA256:... or hex digits, or a CA's certificate")
    parser.add_argument("--checkpoint", metavar="FILE", help="a checkpoint that the log must have passed through")
    parser.add_argument("--json", action="store_true", help="every check, as JSON")
    parser.add_argument("--extract", metavar="FOLDER", help="write out the parts of report.pdf")
    options = parser.parse_args(arguments)
    try:
        if options.extract:
            extract(options.bundle, options.extract)
            return 0
        checkpoint = None
        if options.checkpoint:
            with open(options.checkpoint, "rb") as file:
                checkpoint = file.read(MAX_SMALL)
        result = verify(options.bundle, parse_trust(options.trust) if options.trust else None, checkpoint)
    except (NoBundle, OSError, DoesNotHold) as error:
        print("verify.py: %s" % error, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        for check in result["checks"]:
            print("%-5s %-12s %s" % ({True: "ok", False: "FAIL", None: "-"}[check["ok"]], check["id"], check["reason"]))
        print(headline(result))
    return 0 if is_trusted(result) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
