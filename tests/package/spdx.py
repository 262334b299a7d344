# SPDX-License-Identifier: Apache-2.0
"""What SPDX 2.3 requires of a document in JSON (spdx.github.io/spdx-spec/v2.3; the numbers are its
clauses), as far as ours use it."""
import hashlib
import re

IDENTIFIER = re.compile(r"SPDXRef-[A-Za-z0-9.-]+")
LICENSE = re.compile(r"NOASSERTION|NONE|[A-Za-z0-9.+-]+(?: (?:AND|OR|WITH) [A-Za-z0-9.+-]+)*")
DIGITS = {"SHA1": 40, "SHA256": 64}
RELATIONSHIPS = {"DESCRIBES", "CONTAINS", "DYNAMIC_LINK", "STATIC_LINK"}
DOCUMENT = {"spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo",
            "packages", "files", "relationships"}
PACKAGE = {"SPDXID", "name", "versionInfo", "downloadLocation", "filesAnalyzed", "licenseConcluded",
           "licenseDeclared", "copyrightText", "supplier"}
FILE = {"SPDXID", "fileName", "checksums", "licenseConcluded", "copyrightText"}


def faults_of(document):
    """What is wrong with it, as sentences."""
    if missing := DOCUMENT - document.keys():
        return [f"the document has no {sorted(missing)}"]
    found = []

    def check(is_right, what):
        if not is_right:
            found.append(what)

    check(document["spdxVersion"] == "SPDX-2.3", "6.1: spdxVersion")
    check(document["dataLicense"] == "CC0-1.0", "6.2: dataLicense")
    check(document["SPDXID"] == "SPDXRef-DOCUMENT", "6.3: SPDXID")
    check(re.fullmatch(r"https://[^#\s]+", document["documentNamespace"]), "6.5: namespace")
    info = document["creationInfo"]
    check(info.get("creators") and all(re.fullmatch(r"(Tool|Person|Organization): .+", each)
                                       for each in info["creators"]), "6.8: creators")
    check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", info.get("created", "")), "6.9: created")
    elements = [document["SPDXID"], *(each.get("SPDXID") for each in
                                      document["packages"] + document["files"])]
    check(len(elements) == len(set(elements)), "7.2, 8.2: an identifier is used twice")
    for each in document["packages"]:
        found += faults_of_package(each, document["files"])
    for each in document["files"]:
        found += faults_of_file(each)
    for each in document["relationships"]:
        check(each["relationshipType"] in RELATIONSHIPS, f"11.1: {each}")
        check({each["spdxElementId"], each["relatedSpdxElement"]} <= set(elements),
              f"11.1: {each}: no such element")
    check(any(each["relationshipType"] == "DESCRIBES" for each in document["relationships"]),
          "11.1: the document describes nothing")
    return found


def faults_of_common(entry, needed, licenses):
    if missing := needed - entry.keys():
        return [f"{entry.get('SPDXID')} has no {sorted(missing)}"]
    found = [f"{entry['SPDXID']}: {name}" for name in licenses
             if not LICENSE.fullmatch(entry[name])]
    if not IDENTIFIER.fullmatch(entry["SPDXID"]):
        found.append(f"{entry['SPDXID']}: not an identifier")
    return found


def faults_of_package(package, files):
    found = faults_of_common(package, PACKAGE, ("licenseConcluded", "licenseDeclared"))
    if found:
        return found
    name = package["SPDXID"]
    if not re.fullmatch(r"(Person|Organization): .+", package["supplier"]):
        found.append(f"7.5: {name}: supplier")
    code = package.get("packageVerificationCode")
    if package["filesAnalyzed"] != bool(code):
        found.append(f"7.9: {name}: a verification code exactly if its files were analyzed")
    if code:
        sums = sorted(each["checksumValue"] for file in files for each in file.get("checksums", ())
                      if each["algorithm"] == "SHA1")
        right = hashlib.sha1("".join(sums).encode()).hexdigest()
        if code["packageVerificationCodeValue"] != right:
            found.append(f"7.9: {name}: another verification code")
    for each in package.get("externalRefs", ()):
        if (each["referenceCategory"], each["referenceType"]) != ("PACKAGE-MANAGER", "purl") or \
                not re.fullmatch(r"pkg:deb/debian/[a-z0-9.+-]+@[^\s:+]+\?arch=\w+",
                                 each["referenceLocator"]):
            found.append(f"7.21: {name}: {each}")
    return found


def faults_of_file(file):
    found = faults_of_common(file, FILE, ("licenseConcluded",))
    if found:
        return found
    if not file["fileName"].startswith("./"):
        found.append(f"8.1: {file['fileName']}")
    kinds = [each["algorithm"] for each in file["checksums"]]
    if "SHA1" not in kinds:
        found.append(f"8.4: {file['fileName']}: SHA1 is mandatory")
    for each in file["checksums"]:
        if not re.fullmatch(rf"[0-9a-f]{{{DIGITS[each['algorithm']]}}}", each["checksumValue"]):
            found.append(f"8.4: {file['fileName']}: {each}")
    return found
