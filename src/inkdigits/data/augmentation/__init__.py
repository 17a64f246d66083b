"""Ways to vary images of digits while training, in batches: warps, other hands, textures; a person's style."""
