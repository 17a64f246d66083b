// Pictures come in: dropped, pasted, chosen, photographed.
