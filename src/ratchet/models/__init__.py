"""The catalogue of estimators, fitting in a process that can be stopped, scoring."""
