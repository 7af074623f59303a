"""Forecasts by Prophet. The only importers of prophet and pandas."""
