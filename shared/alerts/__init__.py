"""Alerts and summaries: said once as a neutral Message, rendered and sent per channel."""
