"""Language detection: what a detector is, three libraries as detectors, and the model and vote that are the default."""
