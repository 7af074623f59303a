"""Everything two functions could share; nothing here imports a function or infra."""
