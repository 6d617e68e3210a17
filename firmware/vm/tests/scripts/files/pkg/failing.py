raise ValueError("while loading")
