"""JavaScript and TypeScript by their syntax trees: needs the extra `syntax`.

What is compared is the tree of named nodes with the texts of its leaves, less
comments and less what only a type checker reads.
"""

import importlib.util
from typing import TYPE_CHECKING, Any, Final

from git_oneshot.proof.classes.inert import MOST, speaks

if TYPE_CHECKING:
    from tree_sitter import Language, Node

# suffix: (package, the function in it that gives the grammar)
_GRAMMARS: Final = {
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), ("tree_sitter_javascript", "language")),
    **dict.fromkeys((".ts", ".mts", ".cts"), ("tree_sitter_typescript", "language_typescript")),
    ".tsx": ("tree_sitter_typescript", "language_tsx"),
}
# What a compiler takes out, wherever it stands.
_TYPES: Final = frozenset(
    ("type_annotation", "type_parameters", "type_arguments", "interface_declaration",
     "type_alias_declaration", "implements_clause", "ambient_declaration", "function_signature",
     "asserts_annotation", "type_predicate_annotation", "index_signature",
     "abstract_method_signature", "method_signature")
)  # fmt: skip
# Of these only the expression is run.
_WRAPPED: Final = frozenset(("as_expression", "satisfies_expression", "non_null_expression"))
_ACCESS: Final = frozenset(("accessibility_modifier", "override_modifier", "readonly"))
_SAME: Final = {"optional_parameter": "required_parameter"}
_EXACT: Final = frozenset(("template_string", "jsx_text", "string", "regex"))


def grammar_of(path: str) -> str | None:
    """The suffix by which a file is read; "" for none, None where the extra is missing."""
    suffix = next((s for s in _GRAMMARS if path.endswith(s) and not path.endswith(".d" + s)), "")
    if suffix and not all(map(importlib.util.find_spec, ("tree_sitter", _GRAMMARS[suffix][0]))):
        return None
    return suffix


def same_script(old: bytes, new: bytes, suffix: str) -> bool:
    """Whether two sources are one program."""
    if max(len(old), len(new)) > MOST:
        return False
    from tree_sitter import Parser

    parser = Parser(_language(suffix))
    roots = [parser.parse(source).root_node for source in (old, new)]
    if any(root.has_error for root in roots):
        return False
    # A decorator may be told the types of what it stands on.
    typed = b"@" in old + new and any(map(_decorated, roots))
    try:
        first, second = (_told(root, keep=typed) for root in roots)
    except RecursionError:
        return False
    return bool(first == second)


def _language(suffix: str) -> "Language":
    from tree_sitter import Language

    package, function = _GRAMMARS[suffix]
    return Language(getattr(importlib.import_module(package), function)())


def _decorated(node: "Node") -> bool:
    if node.type == "decorator":
        return True
    return any(_decorated(child) for child in node.children)


def _told(node: "Node", *, keep: bool) -> Any:
    """A node as nested tuples; None when it says nothing to a machine."""
    kind = node.type
    text = node.text or b""
    if kind in ("comment", "html_comment"):
        return (kind, text) if speaks(text) else None
    if not keep and kind in _TYPES:
        return None
    if not keep and kind in ("import_statement", "export_statement") and _of_types(node):
        return None
    if kind in _WRAPPED and not keep:
        return _told(node.children[0], keep=keep)
    if not keep and kind in _ACCESS and not _property(node):
        return None
    if not node.children or (kind in _EXACT and not node.named_children):
        return (kind, text)
    parts = [(_told(child, keep=keep), child) for child in node.children]
    said = [told for told, child in parts if told is not None and not _optional(child, keep)]
    return (_SAME.get(kind, kind), *_between(node), *said)


def _of_types(node: "Node") -> bool:
    """Whether a statement imports or exports types alone."""
    words = [child.type for child in node.children]
    if "type" in words[:2]:
        return True
    declared = node.child_by_field_name("declaration")
    return declared is not None and declared.type in _TYPES


def _optional(node: "Node", keep: bool) -> bool:
    """Whether a `?` behind a parameter's name says only that it may be left out."""
    parent = node.parent
    return (
        not keep
        and node.type == "?"
        and parent is not None
        and parent.type in ("optional_parameter", "public_field_definition")
    )


def _property(node: "Node") -> bool:
    """Whether a modifier makes a property of a constructor's parameter."""
    return node.parent is not None and node.parent.type.endswith("_parameter")


def _between(node: "Node") -> list[bytes]:
    """What stands between the children of a template: its text, where no node holds it."""
    if node.type != "template_string":
        return []
    source, at, found = node.text or b"", node.start_byte, []
    for child in node.children:
        found.append(source[at - node.start_byte : child.start_byte - node.start_byte])
        at = child.end_byte
    return found
