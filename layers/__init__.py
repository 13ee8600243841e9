"""The domain as map layers: tiles, features, styles, the map that is saved and mailed.

May import gridcenter. Start with `catalog.py`: one declaration per layer.
"""
