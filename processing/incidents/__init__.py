"""Incidents: the spikes of one topic that people are told about as one. Door: `group`."""
