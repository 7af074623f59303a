"""The backtest: how good a detector would have been on a series, each day judged from the days before it."""
