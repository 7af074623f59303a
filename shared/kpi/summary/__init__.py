"""What is told whether or not anything is wrong: figures, incidents, and what was not checked."""
