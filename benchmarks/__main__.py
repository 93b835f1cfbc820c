"""`python -m benchmarks` runs what `make bench` runs."""

from benchmarks import checks, embedding, recipe

if __name__ == "__main__":
    recipe.main()
    checks.main()
    embedding.main([])
