# SPDX-License-Identifier: Apache-2.0
"""What of tools/harden.cmake is in a program or a plugin, read with readelf(1) and objdump(1)."""
import re
import subprocess

# The beginning of each function that may be called through a pointer.
LANDING_PADS = {"Advanced Micro Devices X86-64": "endbr64", "AArch64": "(?:bti|paciasp)"}
# What the compiler notes in the debug information of each file that it compiles.
FLAGS = {"-fstack-protector-strong", "-fstack-clash-protection"}
FLAGS_OF_MACHINE = {"Advanced Micro Devices X86-64": "-fcf-protection=full",
                    "AArch64": "-mbranch-protection=standard"}


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True,
                          env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}).stdout


class Elf:
    def __init__(self, path, objdump="objdump"):
        self.path = path
        self.objdump = objdump
        self.text = output_of("readelf", "--wide", "--file-header", "--segments", "--dynamic",
                              "--dyn-syms", path)
        self.machine = re.search(r"Machine: +(.*)", self.text)[1].strip()

    def segments(self):
        """[(type, flags)], flags as "RW"."""
        rows = re.findall(r"^  ([A-Z_]+) +0x\S+ 0x\S+ 0x\S+ 0x\S+ 0x\S+ ([RWE ]{3}) 0x", self.text,
                          re.MULTILINE)
        return [(kind, flags.replace(" ", "")) for kind, flags in rows]

    def dynamic(self, tag):
        """The values of a tag, one string."""
        return " ".join(re.findall(rf"\({tag}\) +(.*)", self.text))

    def imports(self):
        return set(re.findall(r" UND ([^\s@]+)", self.text))

    def faults(self):
        """What is missing in the linked file, also when it is stripped."""
        segments = self.segments()
        flags = self.dynamic("FLAGS") + " " + self.dynamic("FLAGS_1")
        imports = self.imports()
        is_program = any(kind == "INTERP" for kind, _ in segments)
        checks = {
            "a position-independent file": re.search(r"Type: +DYN", self.text),
            "a program's mark that it is one": not is_program or "PIE" in flags,
            "memory read-only after relocation": any(kind == "GNU_RELRO" for kind, _ in segments),
            "all symbols bound at the start": "NOW" in flags,
            "a stack without code": ("GNU_STACK", "RW") in segments,
            "no memory both writable and executable":
                segments and not any({"W", "E"} <= set(flags) for _, flags in segments),
            "code without relocations": "TEXTREL" not in flags + self.text,
            "no folder to search for libraries": not self.dynamic("R(?:UN)?PATH"),
            "stack protectors": "__stack_chk_fail" in imports,
            "bounds of the standard library": "_ZSt21__glibcxx_assert_failPKciS0_S0_" in imports,
            # The plugin has no call with a size to be checked.
            "bounds of the C library":
                not is_program or any(re.fullmatch(r"__\w+_chk", name) for name in imports),
            "landing pads": self.has_landing_pads(),
        }
        return [what for what, is_there in checks.items() if not is_there]

    def has_landing_pads(self):
        """More than those that the C library's files for the start have."""
        code = output_of(self.objdump, "--disassemble", "--no-show-raw-insn", "--section=.text",
                         self.path)
        return len(re.findall(rf"\t{LANDING_PADS[self.machine]}\b", code)) > 20

    def compiled_without(self):
        """{flag: files of ours that were compiled without it}, and how many files there are; for a
        file with debug information."""
        units = output_of("readelf", "--debug-dump=info", "--dwarf-depth=1", self.path)
        found = re.findall(r"DW_AT_producer .*?: (GNU C\+\+.*?)\n.*?DW_AT_name .*?: (\S+)\n", units,
                           re.DOTALL)
        wanted = FLAGS | {FLAGS_OF_MACHINE[self.machine]}
        without = {}
        for producer, name in found:
            for flag in wanted - set(producer.split()):
                without.setdefault(flag, []).append(name)
            if not {"-fPIE", "-fPIC"} & set(producer.split()):
                without.setdefault("-fPIE", []).append(name)
        return without, len(found)
