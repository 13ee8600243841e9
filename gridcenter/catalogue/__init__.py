"""What can happen: items, matters, filing conditions with limits, channels; all of it data.

May import accounts and below. Start with `models.py`; the data lie in `data/`.
"""
