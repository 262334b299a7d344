#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sbom.py PACKAGE VERSION FOLDER SYSROOT: writes the bill of materials of a Debian package, as SPDX
2.3 in JSON (spdx.github.io/spdx-spec/v2.3), to standard output.

FOLDER has the package's files: its programs and plugins, with their checksums, and the packages
that their libraries belong to, from dpkg's data (of DPKG_ADMINDIR, when building for another
processor; their copyright files are then in SYSROOT, else in "/"). The same input gives the same
output; the time is SOURCE_DATE_EPOCH, else now.
"""
import datetime
import functools
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

LICENSE = "Apache-2.0"
# Compiled in: there is no library to be found in the program.
HEADERS = ("nlohmann-json3-dev",)
# Names in Debian's copyright files (DEP-5) that SPDX knows under another one.
NAMES = {"Expat": "MIT", "BSD-3-clause": "BSD-3-Clause", "BSD-2-clause": "BSD-2-Clause",
         "LGPL-2": "LGPL-2.0-only", "LGPL-2+": "LGPL-2.0-or-later",
         "LGPL-2.1": "LGPL-2.1-only", "LGPL-2.1+": "LGPL-2.1-or-later",
         "GPL-2": "GPL-2.0-only", "GPL-2+": "GPL-2.0-or-later", "GPL-3": "GPL-3.0-only",
         "GPL-3+": "GPL-3.0-or-later", "Apache-2.0": "Apache-2.0", "ISC": "ISC", "Zlib": "Zlib",
         "curl": "curl", "MIT": "MIT", "CC0-1.0": "CC0-1.0", "BSL-1.0": "BSL-1.0"}


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def is_elf(path):
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def libraries_of(path):
    """The names that the dynamic linker will look for."""
    return re.findall(r"\(NEEDED\).*\[(.*?)\]", output_of("readelf", "--dynamic", path))


@functools.cache
def folder_of_libraries():
    """Of the processor that the package is for: other folders have those of other processors."""
    architecture = os.environ.get("DEB_HOST_ARCH") or output_of("dpkg", "--print-architecture")
    triplet = output_of("dpkg-architecture", f"-a{architecture.strip()}", "-qDEB_HOST_MULTIARCH")
    return f"/lib/{triplet.strip()}"


@functools.cache
def owner_of(library):
    """The package with this library: "libc6:amd64"."""
    found = output_of("dpkg-query", "--search", f"*{folder_of_libraries()}/{library}").splitlines()
    owners = sorted({line.split(": ")[0] for line in found if not line.startswith("diversion")})
    if len(owners) != 1:
        raise LookupError(f"{library}: one package is expected to have it, not {owners}")
    return owners[0]


def fields_of(package):
    form = "${Package}\n${Version}\n${source:Package}\n${Homepage}\n${Maintainer}\n${Architecture}"
    return dict(zip(("name", "version", "source", "homepage", "maintainer", "architecture"),
                    output_of("dpkg-query", "--show", f"--showformat={form}", package).split("\n")))


def license_of(package, sysroot):
    """(SPDX's expression, or NOASSERTION; the names in Debian's copyright file)."""
    file = sysroot / "usr/share/doc" / package / "copyright"
    if not file.is_file():
        return "NOASSERTION", []
    text = file.read_text(errors="replace")
    names = sorted(set(re.findall(r"^License: *(\S.*?)\s*$", text, re.MULTILINE)))
    main = re.search(r"^Files: *\*\s*\n(?:.+\n)*?License: *(\S.*?)\s*$", text, re.MULTILINE)
    return NAMES.get(main[1], "NOASSERTION") if main else "NOASSERTION", names


def identifier(*parts):
    return "SPDXRef-" + "-".join(re.sub(r"[^A-Za-z0-9.-]", "-", part) for part in parts)


def file_entry(path, root):
    digest = {kind: hashlib.new(kind, path.read_bytes()).hexdigest()
              for kind in ("sha1", "sha256")}
    name = path.relative_to(root).as_posix()
    return {"SPDXID": identifier("File", name), "fileName": f"./{name}", "fileTypes": ["BINARY"],
            "checksums": [{"algorithm": kind.upper(), "checksumValue": value}
                          for kind, value in digest.items()],
            "licenseConcluded": LICENSE, "copyrightText": "NOASSERTION"}


def library_entry(package, files, sysroot):
    """A package that ours uses. `files`: its libraries, for their checksums."""
    fields = fields_of(package)
    declared, names = license_of(fields["name"], sysroot)
    entry = {"SPDXID": identifier("Package", fields["name"]), "name": fields["name"],
             "versionInfo": fields["version"], "downloadLocation": "NOASSERTION",
             "filesAnalyzed": False, "supplier": "Organization: Debian",
             "sourceInfo": f"built from Debian's source package {fields['source']}",
             "licenseConcluded": "NOASSERTION", "licenseDeclared": declared,
             "copyrightText": "NOASSERTION",
             "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                               "referenceLocator": f"pkg:deb/debian/{fields['name']}@"
                               f"{fields['version'].replace(':', '%3A').replace('+', '%2B')}"
                               f"?arch={fields['architecture']}"}]}
    if fields["homepage"]:
        entry["homepage"] = fields["homepage"]
    if names:
        entry["licenseComments"] = "in Debian's copyright file: " + ", ".join(names)
    sums = [f"{name} SHA256 {hashlib.sha256(path.read_bytes()).hexdigest()}"
            for name, path in sorted(files.items()) if path]
    if sums:
        entry["comment"] = "linked with " + "; ".join(sums)
    return entry


@functools.cache
def find_library(library, package):
    """Its file; None: it is not there. (The lists of another processor's packages, which
    tools/unpack-packages makes, have SYSROOT in their names.)"""
    for line in output_of("dpkg-query", "--listfiles", package).splitlines():
        if line.endswith(f"{folder_of_libraries()}/{library}") and pathlib.Path(line).is_file():
            return pathlib.Path(line)
    return None


def bill(package, version, root, sysroot):
    programs = sorted(path for path in root.rglob("*")
                      if path.is_file() and not path.is_symlink() and is_elf(path))
    used = {}
    for program in programs:
        for library in libraries_of(program):
            owner = owner_of(library)
            used.setdefault(owner, {})[library] = find_library(library, owner)
    files = [file_entry(path, root) for path in programs]
    others = [library_entry(owner, libraries, sysroot) for owner, libraries in sorted(used.items())]
    headers = [library_entry(name, {}, sysroot)
               for name in (HEADERS if package == "fanlight" else ())]
    sums = "".join(sorted(file["checksums"][0]["checksumValue"] for file in files))
    mine = {"SPDXID": identifier("Package", package), "name": package, "versionInfo": version,
            "downloadLocation": "NOASSERTION", "filesAnalyzed": True,
            "packageVerificationCode":
                {"packageVerificationCodeValue": hashlib.sha1(sums.encode()).hexdigest()},
            "licenseInfoFromFiles": [LICENSE], "licenseConcluded": LICENSE,
            "licenseDeclared": LICENSE, "copyrightText": "NOASSERTION",
            "supplier": "Organization: Fanlight maintainers",
            "comment": "the programs and plugins of the package; its other files are texts"}
    me = mine["SPDXID"]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", me)]
    relations += [(me, "CONTAINS", file["SPDXID"]) for file in files]
    relations += [(me, "DYNAMIC_LINK", other["SPDXID"]) for other in others]
    relations += [(me, "STATIC_LINK", header["SPDXID"]) for header in headers]
    content = hashlib.sha256(json.dumps([mine, files, others, headers]).encode()).hexdigest()
    made = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    moment = datetime.datetime.fromtimestamp(made, datetime.timezone.utc)
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
            "name": f"{package}-{version}",
            "documentNamespace": f"https://fanlight.invalid/spdx/{package}-{version}-{content}",
            "creationInfo": {"created": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
                             "creators": [f"Tool: fanlight-sbom-{version}"]},
            "packages": [mine, *others, *headers], "files": files,
            "relationships": [{"spdxElementId": one, "relationshipType": kind,
                               "relatedSpdxElement": other} for one, kind, other in relations]}


def main():
    package, version, root, sysroot = sys.argv[1:]
    json.dump(bill(package, version, pathlib.Path(root), pathlib.Path(sysroot)), sys.stdout,
              indent=1)
    print()


if __name__ == "__main__":
    main()
