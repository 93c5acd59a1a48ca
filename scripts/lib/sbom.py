"""What a package of the tool is made of: `licences` of what is linked in, and `bill`, an SPDX 2.3 document in JSON.

The same input gives the same bytes: the time in it is SOURCE_DATE_EPOCH's, its name is made of what it describes.
"""

import argparse
import datetime
import gzip
import hashlib
import json
import os
import pathlib
import re
import shutil
import sys

import ends

# What the resolved packages do not say of themselves, by identity.
LICENCES = {
    "hdrhistogram-swift": "Apache-2.0",
    "swift-argument-parser": "Apache-2.0 WITH Swift-exception",
    "swift-numerics": "Apache-2.0 WITH Swift-exception",
}
SWIFT = "Apache-2.0 WITH Swift-exception AND Unicode-3.0"
GCC = "GPL-3.0-or-later WITH GCC-exception-3.1"
OWN = "Apache-2.0 AND (MIT OR GPL-2.0-only)"


def digest(path, algorithm):
    return hashlib.new(algorithm, path.read_bytes()).hexdigest()


def files(tree):
    return sorted(path for path in tree.rglob("*") if path.is_file() and not path.is_symlink())


def licences(options):
    """The text of each checkout, and the toolchain's for Swift's own libraries."""
    options.out.mkdir(parents=True)
    found = {path.parent.name: path for path in sorted((options.scratch / "checkouts").glob("*/LICENSE*"))}
    program = shutil.which("swift")
    text = program and pathlib.Path(program).resolve().parent.parent / "share/swift/LICENSE.txt"
    if text and text.is_file():
        found["swift"] = text
    if options.sysroot:
        found |= {"libstdcxx": path for path in options.sysroot.glob("usr/share/doc/gcc-*-base/copyright")}
    for name, path in found.items():
        (options.out / f"{name}.txt").write_bytes(path.read_bytes())


def component(name, version, licence, location):
    return {
        "SPDXID": f"SPDXRef-{name}",
        "name": name,
        "versionInfo": version,
        "downloadLocation": location,
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
        "supplier": "NOASSERTION",
    }


def linked_in(sysroot):
    """What a C library's system gives to the executable: the version of its compiler's own libraries."""
    versions = []
    for path in sorted(sysroot.glob("usr/share/doc/gcc-*-base/changelog.Debian.gz")):
        versions += re.findall(r"\A\S+ \((\S+)\)", gzip.decompress(path.read_bytes()).decode())
    return component("libstdcxx", versions[0] if versions else "NOASSERTION", GCC, "NOASSERTION") | {
        "comment": "Debian's, with libgcc."}


def components(options):
    yield component("swift", options.swift, SWIFT, "NOASSERTION") | {
        "comment": "The standard library, Foundation, its ICU and libdispatch, linked in."}
    if options.sysroot:
        yield linked_in(options.sysroot)
    for pin in json.loads(options.resolved.read_text(encoding="utf-8"))["pins"]:
        name, version = pin["identity"], pin["state"].get("version", "NOASSERTION")
        location = f"git+{pin['location']}@{version}"
        yield component(name, version, LICENCES.get(name, "NOASSERTION"), location) | {
            "externalRefs": [{
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": "pkg:swift/" + pin["location"].split("://")[-1].removesuffix(".git")
                + f"@{version}",
            }]}


def bill(options):
    own = f"SPDXRef-{options.name}"
    moment = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
    packed = [
        {
            "SPDXID": f"SPDXRef-file-{number}",
            "fileName": f"./{path.relative_to(options.tree).as_posix()}",
            "checksums": [
                {"algorithm": name.upper(), "checksumValue": digest(path, name)} for name in ("sha1", "sha256")
            ],
            "licenseConcluded": "NOASSERTION",
            "licenseInfoInFiles": ["NOASSERTION"],
            "copyrightText": "NOASSERTION",
        }
        for number, path in enumerate(files(options.tree), 1)
    ]
    sums = sorted(entry["checksums"][0]["checksumValue"] for entry in packed)
    parts = list(components(options))
    package = component(options.name, options.version, OWN, "NOASSERTION") | {
        "filesAnalyzed": True,
        "packageVerificationCode": {
            "packageVerificationCodeValue": hashlib.sha1("".join(sums).encode()).hexdigest()},
        "licenseInfoFromFiles": ["NOASSERTION"],
        "sourceInfo": f"built from commit {options.commit}",
        "primaryPackagePurpose": "APPLICATION",
    }
    content = hashlib.sha256("".join(sums).encode()).hexdigest()
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{options.name}-{options.version}",
        "documentNamespace": f"urn:{options.name}:{options.version}:{content}",
        "creationInfo": {
            "created": moment.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: scripts/package"]},
        "packages": [package, *parts],
        "files": packed,
        "relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": own},
            *({"spdxElementId": own, "relationshipType": "STATIC_LINK", "relatedSpdxElement": part["SPDXID"]}
              for part in parts),
            *({"spdxElementId": own, "relationshipType": "CONTAINS", "relatedSpdxElement": entry["SPDXID"]}
              for entry in packed),
        ],
    }
    options.out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(prog="sbom.py")
    commands = parser.add_subparsers(required=True)
    copied = commands.add_parser("licences")
    copied.set_defaults(run=licences)
    made = commands.add_parser("bill")
    made.set_defaults(run=bill)
    for command in (copied, made):
        command.add_argument("--scratch", type=pathlib.Path, required=True)
        command.add_argument("--sysroot", type=pathlib.Path)
        command.add_argument("--out", type=pathlib.Path, required=True)
    made.add_argument("--tree", type=pathlib.Path, required=True)
    made.add_argument("--resolved", type=pathlib.Path, required=True)
    for name in ("name", "version", "commit", "swift"):
        made.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    options.run(options)
    return 0


ends.run("sbom", main)
