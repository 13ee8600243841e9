"""Grid workers, their duties with term and deputies, their last known positions.

May import casework and below; never imports registry.
"""
