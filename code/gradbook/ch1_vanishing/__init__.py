"""Chapter 1: the sigmoid and the vanishing gradient, and what dropout is for (source 1)."""
