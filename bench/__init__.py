"""What every published number is made by. Each file measures one thing, stores it in results/, render.py prints it."""
