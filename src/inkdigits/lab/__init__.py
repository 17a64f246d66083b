"""Figures that a learner looks at: functions that return matplotlib figures, one idea a file. Read `show.py` first."""
