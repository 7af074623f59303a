"""What fits, by the name of the setting."""

from shared.kpi.prophet.refit import Optimise, exact


def optimiser(name: str) -> Optimise:
    """`exact`, in this process, or `cmdstan`, Prophet's own."""
    if name == "exact":
        return exact
    if name == "cmdstan":
        from shared.kpi.prophet.backend import by_cmdstan  # noqa: PLC0415 - loads the whole package, pandas too

        return by_cmdstan
    raise ValueError(f"expected exact or cmdstan, came {name!r}")
