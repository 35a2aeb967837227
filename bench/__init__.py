"""What the gateway can carry, measured on real processes and beside a bare ceiling of the same run."""
