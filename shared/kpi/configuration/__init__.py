"""What operators write down: KPI tables and the calendar, read strictly and explained where wrong."""
