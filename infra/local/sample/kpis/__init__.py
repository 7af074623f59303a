"""Sample KPI tables: two years of an invented fashion marketplace, day by day, and what goes wrong in them.

For tests and the demo. What is healthy is drawn once, from a seed, and knows no detector; what is wrong is
put on top of it. Figures measured here say that the machinery works, not how good a band is.
"""
