"""Finds what is being said in an incident: its posts grouped into claims, across languages."""
