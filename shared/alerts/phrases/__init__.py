"""Phrases: everything alerts and summaries say, each thing once, in English and Japanese side by side."""
