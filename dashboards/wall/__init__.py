"""The wall screen: read-only, for rooms; no names, no phones."""
