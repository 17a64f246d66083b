"""What every measurement needs: where figures are kept, trained networks, scores of strings."""
