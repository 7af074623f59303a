"""The stand-in platform: a marketplace of job posts small enough for a laptop, for tests and the demo.

It holds posts, announces them by signed webhook, lets people review them, and carries out takedowns, all
as docs/platform-api.md says. Nothing here is deployed.
"""
