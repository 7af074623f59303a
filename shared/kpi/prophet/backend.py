"""Prophet's optimisers: the exact one in this process as a backend of the package, and the package's CmdStan.

A `Prophet` made with `ExactBackend` is a Prophet in all else. What it can't do (sampling, growth that is not
linear, multiplicative features) it hands to CmdStan. Refits, which have sums rather than columns, find their
mode the same way, or by CmdStan where the setting says so.
"""

import logging
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from shared.kpi.kept import Mode
from shared.kpi.prophet.package import Prophet, models
from shared.kpi.prophet.posterior import TREND_PRIOR, NormalEquations, posterior_mode
from shared.kpi.prophet.refit import Refit
from shared.kpi.series import Numbers

log = logging.getLogger("shared.kpi.prophet.backend")


class ExactBackend(models.IStanBackend):
    """Finds the most probable parameters by the normal equations."""

    @staticmethod
    def get_type() -> str:
        """Its name among the backends."""
        return "EXACT"

    def load_model(self) -> None:
        """There is nothing to load."""

    def fit(self, stan_init: dict[str, Any], stan_data: dict[str, Any], **options: Any) -> dict[str, Any]:
        """The mode as Prophet keeps parameters: arrays with one row each."""
        if stan_data["trend_indicator"] != 0 or np.any(stan_data["s_m"]):
            log.info("Not a linear trend with additive features: fitted by CmdStan")
            return dict(self._cmdstan().fit(stan_init, stan_data, **options))
        equations = normal_equations(stan_data)
        mode = posterior_mode(equations, tau=float(stan_data["tau"]))
        found = {
            "k": mode.ridge[:1],
            "m": mode.ridge[1:2],
            "delta": mode.delta,
            "beta": mode.ridge[2:],
            "sigma_obs": np.array([mode.sigma]),
        }
        return {name: np.asarray(value).reshape(1, -1) for name, value in found.items()}

    def sampling(self, stan_init: Any, stan_data: Any, samples: int, **options: Any) -> dict[str, Any]:
        """Draws from the posterior, by CmdStan."""
        log.info("Sampling was asked for: done by CmdStan")
        return dict(self._cmdstan().sampling(stan_init, stan_data, samples, **options))

    def cleanup(self) -> None:
        """Remove what CmdStan left in the temporary folder, where it was used."""
        if self._fallback is not None:
            self._fallback.cleanup()

    _fallback: Any = None

    def _cmdstan(self) -> Any:
        self._fallback = self._fallback or _cmdstan_backend()
        return self._fallback


class ExactProphet(Prophet):
    """Prophet with the optimiser above; takes all of Prophet's arguments."""

    def _load_stan_backend(self, stan_backend: str | None) -> None:
        if stan_backend is None:
            self.stan_backend = ExactBackend()
        else:
            super()._load_stan_backend(stan_backend)


NO_BEND = 1e-6
"""CmdStan leaves changepoints that are not in use at about nothing. Of the largest value, over the whole
history."""


def by_cmdstan(refit: Refit, nearby: Mode | None) -> Mode:  # noqa: ARG001 - it starts as Prophet starts it
    """The mode of a refit by Prophet's own CmdStan, which leaves nothing in the temporary folder.

    Raises LinAlgError where CmdStan finds none.
    """
    backend = _one_backend()
    data = refit.stan_data()
    data |= {"X": pd.DataFrame(data["X"]), "sigmas": data["sigmas"].tolist()}  # as the package expects them
    first, last = data["y"][0], data["y"][-1]
    begin = {"k": last - first, "m": first, "sigma_obs": 1.0}  # as Prophet.linear_growth_init
    begin |= {"delta": np.zeros(data["S"]), "beta": np.zeros(data["K"])}
    try:
        found = backend.fit(begin, data)
    except RuntimeError as error:
        raise np.linalg.LinAlgError(f"CmdStan: {error}") from error
    finally:
        backend.cleanup()
    delta = np.where(np.abs(found["delta"][0]) < NO_BEND, 0.0, found["delta"][0])
    ridge = np.concatenate([found["k"][0], found["m"][0], found["beta"][0]])
    return Mode(ridge, delta, float(found["sigma_obs"][0, 0]))


def _cmdstan_backend() -> Any:
    logging.getLogger("cmdstanpy").setLevel(logging.WARNING)
    return models.CmdStanPyBackend()


_one_backend = cache(_cmdstan_backend)


def normal_equations(stan_data: dict[str, Any]) -> NormalEquations:
    """The sums of a regression that Prophet prepared for Stan."""
    times = np.asarray(stan_data["t"], dtype=np.float64)
    values = np.asarray(stan_data["y"], dtype=np.float64)
    bends = np.maximum(times[:, None] - np.asarray(stan_data["t_change"], dtype=np.float64), 0.0)
    features = np.asarray(stan_data["X"], dtype=np.float64)
    columns: Numbers = np.column_stack([times, np.ones(len(times)), features, bends])
    scales = np.concatenate([[TREND_PRIOR, TREND_PRIOR], np.asarray(stan_data["sigmas"], dtype=np.float64)])
    return NormalEquations(
        columns.T @ columns, columns.T @ values, float(values @ values), len(values), scales**-2.0
    )
