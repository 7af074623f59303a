"""Is what came where it should be? One KPI's day against its own past."""
