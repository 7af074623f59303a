"""Every day's KPIs: did they arrive, are they where they should be. Pure: decides, touches nothing."""
