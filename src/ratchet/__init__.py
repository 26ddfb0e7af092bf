"""Keep production models fresh and never let them get worse."""
