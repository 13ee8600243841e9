"""Pages for the phone of a grid worker."""
