"""Slack as an alert channel. The only importers of slack_sdk."""
