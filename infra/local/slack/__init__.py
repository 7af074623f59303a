"""The stand-in Slack: a workspace small enough for a laptop, for tests and the demo.

slack_sdk talks to it by `base_url`; a person reads what arrived on its inbox page. It refuses what Slack
refuses, so that a message that gets through here gets through there. Nothing here is deployed.
"""
