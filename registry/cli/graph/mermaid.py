"""A graph in the language of Mermaid (https://mermaid.js.org/syntax/flowchart.html), which GitHub and GitLab draw."""

from registry.cli.graph.model import Graph


def mermaid(graph: Graph) -> str:
    """The text of a flowchart."""
    lines = ["flowchart LR"]
    for number, node in enumerate(graph.nodes):
        label = "<br>".join(_escaped(text) for text in (node.type, node.registry and f"of {node.registry}") if text)
        lines.append(f'    n{number}["{label}"]')
    for edge in graph.edges:
        arrow = "-.->" if edge.is_shared else "-->"
        lines.append(f'    n{edge.source} {arrow}|"{_escaped(edge.name)}"| n{edge.target}')
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """A text that ends no label and is no HTML: what could be either as a number, as Mermaid has it."""
    return "".join(
        character if character.isalnum() or character in " _-./:+,()[]" else f"#{ord(character)};" for character in text
    )
