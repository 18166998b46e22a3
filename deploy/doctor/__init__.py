"""What `banwatch doctor` checks: all that a person would otherwise find out by failing.

Each subject has a file: its functions read one part of the world and return findings. A check that fails, or takes too
long, is itself a finding and stops no other check.
"""
