"""The Markov chain of a finite population over all its states, any number of strategies: stationary, absorbed."""
