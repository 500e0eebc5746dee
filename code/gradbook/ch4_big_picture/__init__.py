"""Chapter 4: the big picture: under-fitting, slow learning, over-fitting, and which architecture for which data (source 4)."""
