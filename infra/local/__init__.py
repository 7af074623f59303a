"""The laptop's cloud: emulators, stand-ins for the platform and Slack, sample data."""
