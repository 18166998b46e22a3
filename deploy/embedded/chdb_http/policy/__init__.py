"""The policy: which queries a reader may run on the embedded store. Door: `guard`."""
