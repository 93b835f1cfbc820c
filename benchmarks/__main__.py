"""`python -m benchmarks` runs what `make bench` runs."""

from benchmarks import embedding, recipe

if __name__ == "__main__":
    recipe.main()
    embedding.main([])
