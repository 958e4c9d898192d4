"""Who can be asked to resolve text conflicts. Nobody here is trusted: `core/resolution` checks."""
