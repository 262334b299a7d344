# SPDX-License-Identifier: Apache-2.0
"""The mutants of a C++ file: each is one small fault, as an edit of the text (tools/mutate).

clang parses the file, so that `*p` is no multiplication and `vector<int>` no comparison. Left out:
what a macro expands (CHECK's conditions are checks themselves), preprocessor lines, static_assert.
"""
import dataclasses
import re

from clang import cindex
from clang.cindex import CursorKind, TokenKind, TypeKind

OPERATORS = {
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
    "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"],
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["*"],
    "&": ["|"], "|": ["&"], "^": ["&"], "<<": [">>"], ">>": ["<<"],
    "+=": ["-="], "-=": ["+="], "*=": ["/="], "/=": ["*="], "%=": ["*="],
    "&=": ["|="], "|=": ["&="], "^=": ["&="], "<<=": [">>="], ">>=": ["<<="],
}
# A condition of one of these is negated by its own mutants.
NEGATED_BY_OPERATOR = ("<", "<=", ">", ">=", "==", "!=")
# What `return {}` returns already.
EMPTY_VALUES = ("{}", "nullptr", "std::nullopt")
ONE_OF_TWO = {"++": "--", "--": "++"}
BINARY = (CursorKind.BINARY_OPERATOR, CursorKind.COMPOUND_ASSIGNMENT_OPERATOR)
LOOPS = (CursorKind.WHILE_STMT, CursorKind.FOR_STMT, CursorKind.CXX_FOR_RANGE_STMT)
NUMBER = re.compile(r"(0[xX][\da-fA-F']+|0[bB][01']+|[\d']+)([a-zA-Z_]\w*)?")
REAL = re.compile(r"([\d']*\.[\d']*|[\d']+(?=[eE]))([eE][-+]?\d+)?([a-zA-Z_]\w*)?")
STRING = re.compile(r'(?s)(u8|[uUL])?(R)?(".*")(\w*)')
CHARACTER = re.compile(r"'(\\?.|\\x[\da-fA-F]+|\\[0-7]+)'")
ESCAPES = {"\\n": "\n", "\\r": "\r", "\\t": "\t", "\\0": "\0", "\\\\": "\\", "\\'": "'",
           '\\"': '"'}
SHOWN_MAX = 80


@dataclasses.dataclass(frozen=True)
class Mutant:
    """The bytes [start, end) of the file, replaced; no line break comes or goes."""
    start: int
    end: int
    replacement: bytes
    line: int  # from 1
    change: str  # unique within its line

    def apply(self, text):
        return text[:self.start] + self.replacement + text[self.end:]


def numbers_near(literal):
    """The numbers to put in the place of a literal: one more, one less and 0."""
    if match := NUMBER.fullmatch(literal):
        digits, suffix = match.group(1).replace("'", ""), match.group(2) or ""
        is_octal = re.fullmatch(r"0\d+", digits)
        value = int(digits, 8 if is_octal else 0)
        show = hex if digits[:2] in ("0x", "0X") else oct if is_octal else str
        near = dict.fromkeys([value + 1, value - 1, 0])
        return [show(number).replace("0o", "0") + suffix for number in near if number != value]
    if match := REAL.fullmatch(literal):
        value = float((match.group(1) + (match.group(2) or "")).replace("'", ""))
        near = dict.fromkeys([value + 1, value - 1, 0.0])
        return [f"{number!r}{match.group(3) or ''}" for number in near if number != value]
    return []


def characters_near(literal):
    match = CHARACTER.fullmatch(literal)
    if not match:
        return []
    body = match.group(1)
    if len(body) == 1 or body in ESCAPES:
        value = ord(ESCAPES.get(body, body))
    else:
        value = int(body[2:], 16) if body[1] == "x" else int(body[1:], 8)
    near = [number for number in (value + 1, value - 1) if 0 <= number <= 255]
    return [f"'{chr(number)}'" if 32 <= number < 127 and chr(number) not in "'\\"
            else f"'\\x{number:02x}'" for number in near]


def literals_near(literal):
    if match := STRING.fullmatch(literal):
        prefix, _, body, suffix = match.groups()
        is_empty = body in ('""', '"()"')
        return [(prefix or "") + ('"?"' if is_empty else '""') + suffix]
    return characters_near(literal) or numbers_near(literal)


class Finder:
    """Collects the mutants of one file. Offsets are those of its bytes, as clang counts."""

    def __init__(self, path, arguments):
        self.path = str(path)
        self.text = path.read_bytes()
        unit = cindex.Index.create().parse(
            self.path, args=arguments,
            options=cindex.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
        fatal = [str(problem) for problem in unit.diagnostics if problem.severity >= 3]
        if fatal:
            raise ValueError(f"clang does not parse the file: {fatal[0]}")
        self.found = {}
        self.left_out = [(match.start(), match.end())
                         for match in re.finditer(rb"(?m)^[ \t]*#(.*\\\n)*.*$", self.text)]
        for cursor in self.children(unit.cursor):
            self.visit(cursor)
        for token in unit.get_tokens(extent=unit.cursor.extent):
            if token.kind == TokenKind.LITERAL:
                for other in literals_near(token.spelling):
                    self.replace(self.range_of(token), other)
            elif token.kind == TokenKind.KEYWORD and token.spelling in ("true", "false"):
                self.replace(self.range_of(token), "false" if token.spelling == "true" else "true")

    def children(self, cursor):
        return [child for child in cursor.get_children()
                if child.location.file and child.location.file.name == self.path]

    @staticmethod
    def range_of(thing):
        return thing.extent.start.offset, thing.extent.end.offset

    def source(self, extent):
        return self.text[extent[0]:extent[1]].decode()

    def replace(self, extent, replacement):
        self.found[(*extent, replacement)] = None

    def visit(self, cursor):
        kind = cursor.kind
        if kind in (CursorKind.MACRO_INSTANTIATION, CursorKind.STATIC_ASSERT):
            self.left_out.append(self.range_of(cursor))
            return
        if self.source(self.range_of(cursor)).endswith("= default"):
            return  # Its body is the compiler's.
        children = self.children(cursor)
        if kind in BINARY and len(children) == 2:
            self.binary(*children)
        elif kind == CursorKind.CALL_EXPR and cursor.spelling.startswith("operator"):
            self.overloaded(cursor)
        elif kind == CursorKind.UNARY_OPERATOR:
            self.unary(cursor)
        elif kind == CursorKind.RETURN_STMT and children:
            self.returned(children[0])
        self.condition(kind, children)
        self.deletions(kind, children)
        for child in children:
            self.visit(child)

    def operator_between(self, left, right):
        """(extent, text) of the operator between two operands; None: there is something else."""
        start, end = self.range_of(left)[1], self.range_of(right)[0]
        between = re.sub(r"//.*|(?s:/\*.*?\*/)", lambda match: " " * len(match.group()),
                         self.source((start, end)))
        operator = between.strip()
        if operator not in OPERATORS:
            return None
        start += between.index(operator)
        return (start, start + len(operator)), operator

    def binary(self, left, right):
        if found := self.operator_between(left, right):
            for other in OPERATORS[found[1]]:
                self.replace(found[0], other)

    def overloaded(self, cursor):
        arguments = list(cursor.get_arguments())
        if len(arguments) == 2:
            self.binary(*arguments)
        if cursor.spelling in ("operator++", "operator--"):
            self.unary(cursor)

    def unary(self, cursor):
        start, end = self.range_of(cursor)
        text = self.source((start, end))
        if text[:2] in ONE_OF_TWO:
            self.replace((start, start + 2), ONE_OF_TWO[text[:2]])
        elif text[-2:] in ONE_OF_TWO:
            self.replace((end - 2, end), ONE_OF_TWO[text[-2:]])
        elif text[:1] in ("!", "-", "~") and text[:2] != "!=":  # which is one that clang inserts
            self.replace((start, start + 1), "")

    def is_negated_by_operator(self, expression):
        """Whether another mutant does what !(expression) would."""
        text = self.source(self.range_of(expression))
        if text.startswith("!") and expression.kind == CursorKind.UNARY_OPERATOR:
            return True
        while expression.kind == CursorKind.UNEXPOSED_EXPR and len(self.children(expression)) == 1:
            expression = self.children(expression)[0]
        operands = (list(expression.get_arguments()) if expression.kind == CursorKind.CALL_EXPR
                    else self.children(expression))
        found = len(operands) == 2 and self.operator_between(*operands)
        return text in ("true", "false") or (found and found[1] in NEGATED_BY_OPERATOR)

    def negate(self, expression):
        if not self.is_negated_by_operator(expression):
            extent = self.range_of(expression)
            self.replace(extent, f"!({self.source(extent)})")

    def returned(self, expression):
        text = self.source(self.range_of(expression))
        if expression.type.get_canonical().kind == TypeKind.BOOL:
            self.negate(expression)
        elif text and text not in EMPTY_VALUES and not literals_near(text):
            self.replace(self.range_of(expression), "{}")

    def condition(self, kind, children):
        """Negates the condition of a statement, unless that declares a variable."""
        around = {CursorKind.IF_STMT: ("(;", ")"), CursorKind.WHILE_STMT: ("(", ")"),
                  CursorKind.DO_STMT: ("(", ")"), CursorKind.FOR_STMT: (";", ";"),
                  CursorKind.CONDITIONAL_OPERATOR: ("", "?")}.get(kind)
        for child in children if around else ():
            start, end = self.range_of(child)
            before, after = self.text[:start].rstrip(), self.text[end:].lstrip()
            if (child.kind.is_expression() and chr(after[0]) in around[1]
                    and (not around[0] or chr(before[-1]) in around[0])):
                self.negate(child)
                return

    def deletions(self, kind, children):
        if kind == CursorKind.COMPOUND_STMT:
            statements = children
        elif kind == CursorKind.IF_STMT:
            statements = children[1:]
        elif kind in LOOPS or kind in (CursorKind.CASE_STMT, CursorKind.DEFAULT_STMT):
            statements = children[-1:]
        else:
            return
        for statement in statements:
            start, end = self.range_of(statement)
            if statement.kind.is_expression() and self.text[end:end + 1] == b";":
                self.replace((start, end), "\n" * self.text[start:end].count(b"\n"))

    def mutants(self):
        mutants, changes = [], {}
        for start, end, replacement in sorted(self.found):
            if any(first <= start and end <= last for first, last in self.left_out):
                continue
            line = self.text.count(b"\n", 0, start) + 1
            before = " ".join(self.source((start, end)).split())
            change = (f"`{before}` -> `{' '.join(replacement.split())}`" if replacement.strip()
                      else f"delete `{before}`")
            if len(change) > SHOWN_MAX:
                change = f"{change[:SHOWN_MAX - 3]}..."
            number = changes[line, change] = changes.get((line, change), 0) + 1
            mutants.append(Mutant(start, end, replacement.encode(), line,
                                  change if number == 1 else f"{change} #{number}"))
        return mutants


def find(path, arguments):
    """The mutants of the file, in its order; ValueError if clang does not parse it."""
    return Finder(path, arguments).mutants()
