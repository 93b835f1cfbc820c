"""`python -m benchmarks` runs what `make bench` runs."""

from benchmarks.recipe import main

if __name__ == "__main__":
    main()
