"""What a reader may ask of the embedded store. Door: `guard`."""
