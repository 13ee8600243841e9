"""The working calendar and the four clock types that deadlines are counted by.

`rules.py` is pure arithmetic over a `Calendar` value, `models.py` the two tables such a value is
read from, `data/` the published holidays and make-up days. Timers live with what they time. May
import the ground floor only. Start reading at `rules.due`.
"""
