"""Champion, promotion and rollback on MLflow."""
