"""`python -m benchmarks` runs what `make bench` runs."""

from benchmarks import (
    archive,
    checks,
    crowd,
    embedding,
    learning,
    multilabel,
    recipe,
    regression,
    review,
    scale,
    stopping,
    tokens,
)

if __name__ == "__main__":
    recipe.main()
    archive.main([])
    checks.main()
    embedding.main([])
    learning.main([])
    multilabel.main([])
    tokens.main([])
    regression.main([])
    stopping.main([])
    review.main([])
    scale.main([])
    crowd.main([])
