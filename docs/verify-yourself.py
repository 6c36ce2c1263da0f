#!/usr/bin/env python3
"""Checks a bundle's folder with nothing of this project: b3sum, openssl and the standard library.

Hashes, both chains, the tree, the head's signature, the roots of all tables, and every share, weight block and area of
each score table under the default rules, in exact fractions. Other rules are named, and end the check.
"""
import base64, datetime, hashlib, json, shutil, subprocess, sys, tempfile
from fractions import Fraction
from pathlib import Path

ZERO = "0" * 64


# Half one: files, chains, tree, signature, roots. Of a year's bundle this is all that hashes can show.

def need(good, what):
    if not good:
        sys.exit(f"不成立：{what}")


def b3sum(texts, context=None):
    """The hash of each byte string, by the tool, which wants files."""
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            Path(folder, f"{number:09}").write_bytes(text)
        options = f"--derive-key 'progress-ledger 2026-11 {context}'" if context else ""
        tool = f"find . -type f | sort | xargs b3sum --no-names {options}"
        return subprocess.run(tool, shell=True, cwd=folder, capture_output=True, check=True, text=True).stdout.split()


def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root(leaves[:left]) + root(leaves[left:])).digest()


def signed(note, vkey):
    """Whether openssl accepts the head's Ed25519 signature."""
    (text, lines), (name, _, key) = note.split("\n\n", 1), vkey.split("+", 2)
    signature = next(line.split(" ")[2] for line in lines.splitlines() if line.split(" ")[1] == name)
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "key").write_bytes(bytes.fromhex("302a300506032b6570032100") + base64.b64decode(key)[1:])
        Path(folder, "text").write_text(text + "\n")
        Path(folder, "sig").write_bytes(base64.b64decode(signature)[4:])
        tool = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile sig"
        return subprocess.run(tool, shell=True, cwd=folder, capture_output=True).returncode == 0


def check(bundle):
    """Holds the lines against the head, and the tables against the lines that attest them."""
    manifest = [json.loads(row) for row in Path(bundle, "manifest.jsonl").read_bytes().splitlines()]
    files, tables = ([row[kind] for row in manifest if kind in row] for kind in ("file", "table"))
    head, end = manifest[0]["bundle"], manifest[-1].get("end", {})
    counts = (end.get("files"), end.get("tables"), end.get("lines"))
    need(counts == (len(files), len(tables), head["size"]), "清单不完整")
    content = {own["name"]: Path(bundle, own["name"]).read_bytes() for own in files}
    need(b3sum(content.values()) == [own["blake3"] for own in files], "文件与清单不符")
    texts = b"".join(content[name] for name in sorted(content) if name.startswith("journal/")).split(b"\n")[:-1]
    lines, hashes, units = [json.loads(text) for text in texts], b3sum(texts, "event"), {}
    for number, (line, before) in enumerate(zip(lines, [ZERO] + hashes)):
        count, last = units.get(line["unit"], (0, ZERO))
        chain = (line["position"], line["prev"], line["unit_seq"], line["unit_prev"])
        need(chain == (number, before, count, last), f"第 {number} 行的链")
        units[line["unit"]] = (count + 1, hashes[number])
    tree, note = root([hashlib.sha256(b"\x00" + text).digest() for text in texts]), content["checkpoint"].decode()
    says = [lines[0]["data"]["origin"], str(len(lines)), base64.b64encode(tree).decode()]
    need(note.split("\n")[:3] == says and head["root"] == tree.hex(), "账本头与各行不符")
    keys = [line["data"]["log_key"] for line in lines if line["type"] in ("ledger-opened", "log-key-changed")]
    if shutil.which("openssl"):
        need(signed(note, keys[-1]), "账本头的签名")
    else:
        print("没有 openssl：账本头的签名没有核验。")
    need(b3sum([content[own["file"]] for own in tables], "table") == [own["table_root"] for own in tables], "表根")
    attested = [line["data"]["table_root"] for line in lines if line["type"] == "table-attested"]
    need(all(own["table_root"] in attested for own in tables if "attested" in own), "登记的表根")
    return tables, content, lines, hashes, units


# Half two: the points of every score table again, from the lines (docs/scoring.md).

RATIO = {"ceiling": "1", "floor": "0", "rule": "ratio"}
INVERSE = RATIO | {"rule": "lower-is-better", "formula": {"name": "target-over-actual"}}
DROP = dict.fromkeys(["not_applicable", "not_assessed", "not_yet_set", "void"], "drop")
ZEROES = dict.fromkeys(["missing_figure", "not_available", "withheld"], "zero")
DEFAULT = {"block_share": {"rule": "mean"}, "counts_from": "reported", "method": RATIO, "pace": "completed-months",
           "points": {"mode": "half-even", "places": 2},
           "treatments": DROP | ZEROES | dict.fromkeys(["negative_target", "zero_target"], "pass-fail")}


def effective(versions, marks, as_of):
    """The figure that counts: the year's latest day, of it the newest version; a withdrawal takes its day back."""
    withdrawn = None
    for day, _, hash, value in sorted((v for v in versions if as_of[:4] <= v[0] <= as_of), reverse=True):
        if "figure-withdrawn" in marks.get(hash, ()):
            withdrawn = day
        elif day != withdrawn and "figure-returned" not in marks.get(hash, ()):
            return hash, value
    return None, None


def share(row, inverse, target, value, city, pace):
    """A cell's share of full points; none where it leaves the assessment."""
    kind, lower = target and target["kind"], row["direction"] == "lower-is-better"
    if kind in (None, "not-assessed", "not-yet-set", "void") or value == "not-applicable":
        return None
    if value in (None, "not-available", "withheld"):
        return Fraction(0)
    number = Fraction(value)
    if kind == "exceeds-city":
        return None if city is None else Fraction(number < city if lower else number > city)
    due = Fraction(target["value"]) * (pace if row["paced"] and Fraction(target["value"]) > 0 else 1)
    if due <= 0:
        return Fraction(number <= due if lower else number >= due)
    quotient = number / due if not inverse else due / number if number > 0 else Fraction(1)
    return max(Fraction(0), min(Fraction(1), quotient))


def read(lines, hashes, plan, as_of):
    """What the lines say of a plan: definitions, and each cell's targets and figures in all their versions."""
    defined, targets, figures, marks, cell_of = {}, {}, {}, {}, {}
    for line, hash in zip(lines, hashes):
        data, kind = line["data"], line["type"]
        cell, before = (data.get("indicator"), data.get("area")), cell_of.get(data.get("corrects") or data.get("revises"))
        if kind in ("indicator-defined", "weight-block-defined", "area-registered") and data["plan"] == plan:
            defined[kind, data[kind.split("-")[-2]]] = data  # its id is called indicator, block, or area
        elif kind == "target-set" and (data["plan"], data["year"]) == (plan, int(as_of[:4])):
            targets[cell], cell_of[hash] = [("", hash, data["target"])], cell
        elif kind == "target-revised" and before:
            cell_of[hash] = before
            targets[before] += [(data["effective_from"], hash, data["target"])] * (data["effective_from"] <= as_of)
        elif (kind == "figure-reported" and data["plan"] == plan) or (kind == "figure-corrected" and before):
            cell, day = cell_of[hash] = before or (cell, data["as_at"])
            figures.setdefault(cell, []).append((day, line["position"], hash, data["value"]))
        elif kind in ("figure-withdrawn", "figure-returned"):
            marks.setdefault(data["figure"], []).append(kind)
    return defined, targets, figures, marks


def score(as_of, rows, rules, defined, targets, figures, marks):
    """Makes the points of one score table again."""
    other = [name for name, default in DEFAULT.items() if rules[name] != default]
    other += [name for name, own in rules["rows"].items() if own not in ({}, {"method": RATIO}, {"method": INVERSE})]
    need(not other, f"本程序只会默认规则，不会 {other}")
    tomorrow = datetime.date.fromisoformat(as_of) + datetime.timedelta(1)
    pace = Fraction(int(as_of[5:7]) - (tomorrow.month == int(as_of[5:7])), 12)
    city = next(own["area"] for (kind, _), own in defined.items() if kind == "area-registered" and own["class"] == "city")
    shares, awarded = {}, {}
    for row in (row for row in rows if row["row"] == "cell"):
        cell = name, area = row["indicator"], row["area"]
        hash, value = effective(figures.get(cell, []), marks, as_of)
        reference = effective(figures.get((name, city), []), marks, as_of)[1] if area != city else None
        reference = Fraction(reference) if reference and reference[-1].isdigit() else None
        # Of the versions in force the one that begins last, of several the newest.
        _, line, target = max(reversed(targets.get(cell, [("", None, None)])), key=lambda version: version[0])
        inverse = rules["rows"].get(name, {}).get("method") == INVERSE
        shares[cell] = share(defined["indicator-defined", name], inverse, target, value, reference, pace)
        said = (row.get("figure"), row.get("target_line"), Fraction(row["share"]) if "share" in row else None)
        need(said == (hash, line, shares[cell]), f"单元格 {cell}")
    for row in (row for row in rows if row["row"] == "block"):
        block = defined["weight-block-defined", row["block"]]
        parts = [part for name in block["indicators"] if (part := shares[name, row["area"]]) is not None]
        points = round(Fraction(block["points"]) * sum(parts) / max(len(parts), 1), 2)  # half-even
        need(points == Fraction(row["points"]), f"权重块 {row['block']} {row['area']}")
        awarded[row["area"]] = awarded.get(row["area"], 0) + points
    for row in (row for row in rows if row["row"] == "area"):
        need(awarded[row["area"]] == Fraction(row["awarded"]), f"地区 {row['area']}")
    return len(shares)


def main(bundle):
    tables, content, lines, hashes, units = check(bundle)
    cells = 0
    for own in (own for own in tables if own["table"] == "scores"):
        rows = [json.loads(row) for row in content[own["file"]].splitlines()]
        known = read(lines[:own["size"]], hashes, own["plan"], own["as_of"])
        cells += score(own["as_of"], rows, json.loads(content[f"rules/{own['rules']}.json"]), *known)
    print(f"成立：{len(lines)} 行，{len(units)} 个单位，{len(tables)} 张表，{cells} 个单元格的得分由各行重算一致。")


main(sys.argv[1])
