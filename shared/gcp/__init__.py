"""Google Cloud through its official clients; the only importers of google.*."""
