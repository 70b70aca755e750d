"""What a template says is looked up once, when the template is compiled for its language, and not for each page.

So a page costs about what it would with the text written in it. Counts alone are looked up where they are shown, since
their form is known only then.
"""

from __future__ import annotations

from gettext import NullTranslations

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer
from markupsafe import Markup


def generator_of(said: NullTranslations) -> type[CodeGenerator]:
    """What compiles templates with the sentences of a catalogue in them."""

    class Saying(CodeGenerator):
        def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 the name is Jinja's
            super().visit_Template(_Sentences(said).visit(node), frame)

    return Saying


class _Sentences(NodeTransformer):
    """Puts what is said in the place of `gettext("…")`: markup, and what is put into it escaped, as Jinja does."""

    def __init__(self, said: NullTranslations) -> None:
        self._said = said

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 the name is Jinja's
        self.generic_visit(node)
        is_whole = isinstance(node.node, nodes.Name) and node.node.name == "gettext" and not node.dyn_kwargs
        if not is_whole or not isinstance(node.args[0], nodes.Const):
            return node
        sentence = nodes.Const(Markup(self._said.gettext(node.args[0].value)))  # noqa: S704 the catalogue is ours
        put = [nodes.Pair(nodes.Const(each.key), each.value) for each in node.kwargs]
        return nodes.Mod(sentence, nodes.Dict(put), lineno=node.lineno)
