"""Chapter 5: activations, preprocessing and initial weights, revisited with numbers (source 5)."""
