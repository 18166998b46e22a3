"""What every live source promises, whatever its network: see `network.py` for what a source brings to be tested."""
