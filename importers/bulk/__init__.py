"""Large files of buildings in bounded memory: read in batches, checked by two threads, copied.

Reading order: `examination` (the way), `reading` (batches), `checking` (one batch), `copying` (COPY),
`whole` (what only the whole file shows). Same findings as the way through frames
(tests/importers/test_bulk.py compares both). May import importers and everything below.
"""
