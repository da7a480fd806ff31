"""Runs a program of a lab's as a shell would, in virtual time: a loop of the few forms that such programs have."""

from __future__ import annotations

import ast
import operator
import re
import shlex
from collections.abc import Callable

Types = Callable[[list[str]], tuple[str, int]]
PROGRAMS = ("docker", "kubectl")
TESTS = {"-ge": operator.ge, "-le": operator.le, "-gt": operator.gt, "-lt": operator.lt, "-eq": operator.eq}
SIGNS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.floordiv}
SUM = re.compile(r"\{ sum \+= \$(\d+) \} END \{ print int\(sum(?: \* (\d+))?\) \}")


class Shell:
    def __init__(self, text: str, types: Types, sleep: Callable[[float], bool]) -> None:
        """`types` runs a command of a platform's; `sleep` answers whether to go on."""
        self._types, self._sleep = types, sleep
        lines = [w for line in text.splitlines() if (w := line.strip()) and not w.startswith("#")]
        loop = re.fullmatch(r"while sleep (\d+); do", lines[0])
        if loop is None or lines[-1] != "done":
            raise NotImplementedError(f"the shell in memory knows loops alone: {lines[0]!r}")
        self._pause_s, self._body = float(loop[1]), lines[1:-1]
        self._values: dict[str, str] = {}

    def run(self) -> None:
        while self._sleep(self._pause_s):
            for line in self._body:
                self._line(line)

    def _line(self, line: str) -> None:
        if found := re.fullmatch(r"\[ (\S+) (-\w\w) (\S+) \] \|\| (.+)", line):
            one, other = (int(shlex.split(self._filled(word))[0]) for word in (found[1], found[3]))
            if not TESTS[found[2]](one, other):
                self._line(found[4])
        elif found := re.fullmatch(r"(\w+)=\$\(\((.+)\)\)", line):
            self._values[found[1]] = str(self._computed(ast.parse(found[2].strip(), mode="eval").body))
        elif found := re.fullmatch(r"(\w+)=\$\((.+)\)", line):
            self._values[found[1]] = self._piped(found[2])
        elif found := re.fullmatch(r"(\w+)=(\w+)", line):
            self._values[found[1]] = found[2]
        else:
            self._piped(line)

    def _filled(self, text: str) -> str:
        """Variables become their values, but not within single quotes."""
        return re.sub(r"'[^']*'|\$(\w+)", lambda m: self._values.get(m[1], "") if m[1] else m[0], text)

    def _computed(self, node: ast.expr) -> int:
        match node:
            case ast.Constant(int(value)):
                return value
            case ast.Name(name):
                return int(self._values.get(name) or 0)
            case ast.BinOp(left, sign, right) if type(sign) in SIGNS:
                return int(SIGNS[type(sign)](self._computed(left), self._computed(right)))
        raise NotImplementedError(f"the shell in memory cannot compute {ast.unparse(node)}")

    def _piped(self, text: str) -> str:
        lexer = shlex.shlex(self._filled(text), posix=True, punctuation_chars="|")
        lexer.whitespace_split = True
        words, said = [*lexer, "|"], ""
        while words:
            end = words.index("|")
            said, words = self._stage(words[:end], said), words[end + 1 :]
        return said

    def _stage(self, words: list[str], given: str) -> str:
        if words[0] in PROGRAMS:
            said, code = self._types(words)
            return "" if code else said
        if words[0] == "xargs":
            return self._stage([*words[1:], *given.split()], "")
        if words[0] == "awk" and (found := SUM.fullmatch(words[1])):
            cells = [line.split()[int(found[1]) - 1] for line in given.splitlines() if line.strip()]
            numbers = [float(m[0]) if (m := re.match(r"[\d.]+", cell)) else 0.0 for cell in cells]
            return str(int(sum(numbers) * int(found[2] or 1)))
        raise NotImplementedError(f"the shell in memory knows no {shlex.join(words)}")
