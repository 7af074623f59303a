"""Sample data: invented job posts of a crowdsourcing marketplace, and what its reviewers say about them.

For tests, the demo and a first try. It never stands in for evaluation on real data: figures measured
here say that the machinery works, not how good a filter is.
"""
