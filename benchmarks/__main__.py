"""`python -m benchmarks` runs what `make bench` runs."""

from benchmarks import archive, checks, embedding, recipe, review, scale

if __name__ == "__main__":
    recipe.main()
    archive.main([])
    checks.main()
    embedding.main([])
    review.main([])
    scale.main([])
