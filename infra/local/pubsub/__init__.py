"""Pub/Sub for a laptop without Google's emulator: enough of the real API for the official client.

Topics, push and pull subscriptions, retries and dead letters. Everything is kept in memory: nothing is
lost while it runs, nothing outlives it. Filters, ordering, snapshots and streaming pull are refused, not
ignored.

Run as `python -m infra.local.pubsub --port P`.
"""
