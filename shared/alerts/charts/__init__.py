"""Charts as PNGs, by matplotlib's renderer alone: no pyplot, no figure, nothing that threads would share.

White paper with dark ink, so that it reads the same in Slack's light and dark themes.
"""
