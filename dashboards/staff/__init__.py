"""Pages for the command centre and the street: desk, statistics, areas, registry, imports, admin."""
