"""The dashboard in a browser: a server on this machine, an application of its own per page."""
