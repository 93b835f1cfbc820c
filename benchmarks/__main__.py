"""`python -m benchmarks` runs what `make bench` runs."""

from benchmarks import archive, checks, embedding, learning, recipe, review, scale, stopping

if __name__ == "__main__":
    recipe.main()
    archive.main([])
    checks.main()
    embedding.main([])
    learning.main([])
    stopping.main([])
    review.main([])
    scale.main([])
