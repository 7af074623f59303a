"""What operators hold in their hands: schemas, configuration, the local cloud, the commands."""
