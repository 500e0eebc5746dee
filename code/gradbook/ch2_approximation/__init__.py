"""Chapter 2: what one layer can say, what depth costs, and what ReLU and batch normalization repair (source 2)."""
