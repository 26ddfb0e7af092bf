"""The sample world of the demo and its three acts."""
