"""Chapter 3: initial weights, what a loss is for, and how the gradient is found and followed (source 3)."""
