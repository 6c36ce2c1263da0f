#!/usr/bin/env python3
"""Checks a bundle's folder with nothing of this project: b3sum, openssl and the standard library.

Hashes, both chains, the tree, the head's signature, the roots of all tables, and the points of every score table whose
rules use the default methods: figure and target from the lines, share, weight block and area, in exact fractions.
"""
import base64, datetime, glob, hashlib, json, os, shutil, subprocess, sys, tempfile
from fractions import Fraction

STAGES = {"reported": [], "verified": ["figure-verified", "figure-approved"], "approved": ["figure-approved"]}
EVENT, TABLE, ZERO = "progress-ledger 2026-11 event", "progress-ledger 2026-11 table", "0" * 64


def need(good, what):
    if not good:
        sys.exit(f"不成立：{what}")


def b3sum(context, texts):
    """Hashes of byte strings, by the tool: each in a file of its own, as the tool wants it."""
    hashes = []
    with tempfile.TemporaryDirectory() as folder:
        for start in range(0, len(texts), 1000):
            names = [os.path.join(folder, str(number)) for number in range(len(texts[start:start + 1000]))]
            for name, text in zip(names, texts[start:]):
                open(name, "wb").write(text)
            run = subprocess.run(["b3sum", "--no-names", *context, *names], capture_output=True, check=True)
            hashes += run.stdout.decode().split()
    return hashes


def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root(leaves[:left]) + root(leaves[left:])).digest()


def signed(note, vkey):
    """The head's Ed25519 signature, checked by openssl."""
    text, lines = note.split("\n\n", 1)
    name, key = vkey.split("+", 1)[0], base64.b64decode(vkey.split("+", 2)[2])
    signature = [line.rsplit(" ", 1)[1] for line in lines.splitlines() if f" {name} " in line]
    with tempfile.TemporaryDirectory() as folder:
        at = lambda file, content: open(path := os.path.join(folder, file), "wb").write(content) and path
        public = at("key", bytes.fromhex("302a300506032b6570032100") + key[1:])
        files = ["-in", at("text", (text + "\n").encode()), "-sigfile", at("sig", base64.b64decode(signature[0])[4:])]
        verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", public, "-rawin", *files]
        return subprocess.run(verify, capture_output=True).returncode == 0


def effective(versions, marks, as_of, stage):
    """The figure that counts: the latest day, of it the newest version at the stage; a withdrawal takes its day back."""
    withdrawn = None
    for day, _, hash, value in sorted((v for v in versions if v[0] <= as_of), reverse=True):
        if day[:4] != as_of[:4]:
            break
        acts = marks.get(hash, set())
        if "figure-withdrawn" in acts:
            withdrawn = day
        elif day != withdrawn and "figure-returned" not in acts and (not STAGES[stage] or acts & set(STAGES[stage])):
            return hash, value
    return None, None


def share(row, rule, rules, target, value, city, pace):
    """A cell's share of full points; none where it leaves the assessment."""
    treat, words = rules["treatments"], {"drop": None, "zero": Fraction(0), "full": Fraction(1)}
    kind, lower = target["kind"] if target else None, row["direction"] == "lower-is-better"
    if kind in (None, "not-assessed", "not-yet-set", "void"):
        return words[treat[kind.replace("-", "_")]] if kind else None
    absent = "missing_figure" if value is None else value.replace("-", "_")
    number = None if absent in treat else Fraction(value)
    if kind == "exceeds-city":
        if number is None or city is None:
            return None if number is not None else words[treat[absent]]
        return Fraction(int(number < city if lower else number > city))
    due = Fraction(target["value"])
    due *= pace if rule.get("paced", row["paced"]) and due > 0 else 1
    unfit = rule.get("zero_target", treat["zero_target"]) if due == 0 else treat["negative_target"] if due < 0 else None
    if unfit in words:
        return words[unfit]
    if number is None:
        return words[treat[absent]]
    if unfit == "pass-fail":
        return Fraction(int(number <= due if lower else number >= due))
    method = rule.get("method", rules["method"])
    need(method["rule"] in ("ratio", "lower-is-better"), f"本程序不会的方法 {method['rule']}")
    inverse = method["rule"] == "lower-is-better"
    need(not inverse or method["formula"]["name"] == "target-over-actual", "本程序不会的越低越好算法")
    quotient = (due / number if number > 0 else Fraction(method["ceiling"])) if inverse else number / due
    return max(Fraction(method["floor"]), min(Fraction(method["ceiling"]), quotient))


def score(entry, rows, lines, hashes, rules):
    """Makes the points of one score table again from the lines it knows."""
    plan, as_of = entry["plan"], entry["as_of"]
    defined, blocks, areas, targets, figures, marks, cell_of = {}, {}, {}, {}, {}, {}, {}
    for line, hash in list(zip(lines, hashes))[:entry["size"]]:
        data, kind = line["data"], line["type"]
        cell = (data.get("indicator"), data.get("area"))
        if kind == "indicator-defined" and data["plan"] == plan:
            defined[data["indicator"]] = data
        elif kind == "weight-block-defined" and data["plan"] == plan:
            blocks[data["block"]] = data
        elif kind == "area-registered" and data["plan"] == plan:
            areas[data["area"]] = data["class"]
        elif kind == "target-set" and (data["plan"], data["year"]) == (plan, int(as_of[:4])):
            targets[cell], cell_of[hash] = [("", hash, data["target"])], cell
        elif kind == "target-revised" and data["revises"] in cell_of:
            cell_of[hash] = cell_of[data["revises"]]
            if data["effective_from"] <= as_of:
                targets[cell_of[hash]].append((data["effective_from"], hash, data["target"]))
        elif kind == "figure-reported" and data["plan"] == plan:
            cell_of[hash] = (cell, data["as_at"])
            figures.setdefault(cell, []).append((data["as_at"], line["position"], hash, data["value"]))
        elif kind == "figure-corrected" and data["corrects"] in cell_of:
            cell, day = cell_of[hash] = cell_of[data["corrects"]]
            figures[cell].append((day, line["position"], hash, data["value"]))
        elif kind in ("figure-withdrawn", "figure-returned", "figure-verified", "figure-approved"):
            marks.setdefault(data["figure"], set()).add(kind)
    need(rules["pace"] == "completed-months", "本程序不会的进度规则")
    tomorrow = datetime.date.fromisoformat(as_of) + datetime.timedelta(1)
    pace = Fraction(int(as_of[5:7]) - (tomorrow.month == int(as_of[5:7])), 12)
    city, shares = next(area for area, kind in areas.items() if kind == "city"), {}
    for row in (row for row in rows if row["row"] == "cell"):
        cell = (row["indicator"], row["area"])
        hash, value = effective(figures.get(cell, []), marks, as_of, rules["counts_from"])
        reference = effective(figures.get((cell[0], city), []), marks, as_of, rules["counts_from"])[1]
        reference = reference if cell[1] != city else None
        reference = Fraction(reference) if reference and reference[-1].isdigit() else None
        # Of the versions in force the one that begins last, of several the newest.
        _, line, target = max(reversed(targets.get(cell, [("", None, None)])), key=lambda version: version[0])
        rule = rules["rows"].get(cell[0], {})
        shares[cell] = share(defined[cell[0]], rule, rules, target, value, reference, pace)
        same = (row.get("figure"), row.get("target_line")) == (hash, line)
        need(same and (Fraction(row["share"]) if "share" in row else None) == shares[cell], f"单元格 {cell}")
    awarded = {}
    for row in (row for row in rows if row["row"] == "block"):
        block = blocks[row["block"]]
        parts = [s for i in block["indicators"] if (s := shares[i, row["area"]]) is not None]
        need(rules["block_share"]["rule"] == "mean", "本程序不会的权重规则")
        points = Fraction(block["points"]) * sum(parts) / len(parts) if parts else Fraction(0)
        points = round(points, rules["points"]["places"])  # half-even, as the rules name it
        need(points == Fraction(row["points"]), f"权重块 {row['block']} {row['area']}")
        awarded[row["area"]] = awarded.get(row["area"], 0) + points
    for row in (row for row in rows if row["row"] == "area"):
        need(awarded[row["area"]] == Fraction(row["awarded"]), f"地区 {row['area']}")
    return len(shares)


def main(bundle):
    at = lambda name: open(os.path.join(bundle, name), "rb").read()
    manifest = [json.loads(row) for row in at("manifest.jsonl").splitlines()]
    files = [row["file"] for row in manifest if "file" in row]
    tables = [row["table"] for row in manifest if "table" in row]
    head, end = manifest[0]["bundle"], manifest[-1].get("end", {})
    counts = (end.get("files"), end.get("tables"), end.get("lines"))
    need(counts == (len(files), len(tables), head["size"]), "清单不完整")
    need(b3sum([], [at(f["name"]) for f in files]) == [f["blake3"] for f in files], "文件与清单不符")
    journal = sorted(glob.glob(os.path.join(bundle, "journal", "*.jsonl")))
    texts = [line for name in journal for line in open(name, "rb").read().split(b"\n")[:-1]]
    lines, hashes, units = [json.loads(text) for text in texts], b3sum(["--derive-key", EVENT], texts), {}
    for number, (line, before) in enumerate(zip(lines, [ZERO] + hashes)):
        count, last = units.get(line["unit"], (0, ZERO))
        chain = (line["position"], line["prev"], line["unit_seq"], line["unit_prev"])
        need(chain == (number, before, count, last), f"第 {number} 行的链")
        units[line["unit"]] = (count + 1, hashes[number])
    tree = root([hashlib.sha256(b"\x00" + text).digest() for text in texts])
    note = at("checkpoint").decode()
    says = [lines[0]["data"]["origin"], str(len(lines)), base64.b64encode(tree).decode()]
    need(note.split("\n")[:3] == says and head["root"] == tree.hex(), "账本头与各行不符")
    keys = [line["data"]["log_key"] for line in lines if line["type"] in ("ledger-opened", "log-key-changed")]
    if shutil.which("openssl"):
        need(signed(note, keys[-1]), "账本头的签名")
    else:
        print("没有 openssl：账本头的签名没有核验。")
    roots = b3sum(["--derive-key", TABLE], [at(t["file"]) for t in tables])
    need(roots == [t["table_root"] for t in tables], "表根")
    attested = [line["data"]["table_root"] for line in lines if line["type"] == "table-attested"]
    need(all(t["table_root"] in attested for t in tables if "attested" in t), "登记的表根")
    cells = 0
    for entry in (t for t in tables if t["table"] == "scores"):
        rows = [json.loads(row) for row in at(entry["file"]).splitlines()]
        cells += score(entry, rows, lines, hashes, json.loads(at(f"rules/{entry['rules']}.json")))
    print(f"成立：{len(lines)} 行，{len(units)} 个单位，{len(tables)} 张表，{cells} 个单元格的得分由各行重算一致。")


main(sys.argv[1])
