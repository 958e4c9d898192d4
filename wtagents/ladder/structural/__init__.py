"""Rung "structural": a merge of syntax trees. The only room that imports tree-sitter, lazily."""
