"""The integer codes that specs and kernels share; imports nothing.

A spec lowers a choice (a rule, a law, an operation of a formula) to one of these numbers; a kernel branches on it.
"""

# Operations of a formula program (evo.formulas emits them, evo.kernels.program runs them).
CONSTANT, SCALAR, VECTOR, REGISTER, STORE, SPREAD = 0, 1, 2, 3, 4, 5
ADD, SUBTRACT, MULTIPLY, DIVIDE, POWER, NEGATE, RAISE = 10, 11, 12, 13, 14, 15, 16
LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, NOT_EQUAL = 20, 21, 22, 23, 24, 25
AND, OR, NOT, WHERE = 30, 31, 32, 33
MINIMUM, MAXIMUM, ABSOLUTE, EXP, LOG, SQRT, TANH, FLOOR = 40, 41, 42, 43, 44, 45, 46, 47

# Update rules and flows.
REPLICATOR, REPLICATOR_MUTATOR, PAIRWISE_COMPARISON, MORAN, WRIGHT_FISHER = 0, 1, 2, 3, 4
LOCAL_UPDATE, PROPORTIONAL_IMITATION, IMITATION, IMITATE_BEST = 5, 6, 7, 8
BEST_RESPONSE, LOGIT, ASPIRATION, INTROSPECTION = 9, 10, 11, 12
BNN, SMITH, PROJECTION, DISCRETE_REPLICATOR = 13, 14, 15, 16
LANGEVIN, AGGREGATE_SHOCKS = 17, 18
BIRTH_DEATH, DEATH_BIRTH = 19, 20

# How a step is taken: one individual, all at once, all with the probabilities of a part of a generation, the mix with noise.
SEQUENTIAL, SYNCHRONOUS, LEAP, DIFFUSION = 0, 1, 2, 3

# Fitness maps.
EXPONENTIAL, LINEAR = 0, 1

# When a mutation happens.
INSTEAD, AFTER, AT_BIRTH = 0, 1, 2

# What a largest payoff difference is multiplied by on a graph: nothing, the larger of two degrees, the largest of all.
ONE, LARGER_DEGREE, LARGEST_DEGREE = 0, 1, 2

# How ties change: not at all, turned elsewhere, formed and broken.
LASTING, REWIRING, LINKING = 0, 1, 2

# Who is alike in a group.
FOCAL, FOUNDER = 0, 1

# Groups: who is next to whom, what happens to units as wholes, how individuals of the start are dealt to groups.
ISLAND, RING, TORUS, ROWS = 0, 1, 2, 3
SETTLED, SPLITTING, CONTESTS, EXTINCTION = 0, 1, 2, 3
SCATTERED, EVEN, CLUSTERED = 0, 1, 2

# Laws of motion of an environment variable; LOCAL: the mean of what nodes of a graph have each for themselves.
FIXED, SERIES, PERIODIC, TREND, SWITCHING, SHOCKS, NOISE, FEEDBACK, LOCAL = 0, 1, 2, 3, 4, 5, 6, 7, 8

# Shapes within a law.
SINE, SQUARE = 0, 1
LINEAR_TREND, EXPONENTIAL_TREND, LOGISTIC_TREND = 0, 1, 2
INTERPOLATED, HELD = 0, 1
MULTIPLIES, ADDS = 0, 1

# Which variables `evaluate` brings up to date: all, those that move with every step, those that just had an event.
ALL, STEPWISE, EVENTFUL = 0, 1, 2

# Purposes of a random stream (the last word of its counter).
STRATEGY_STREAM, ENVIRONMENT_STREAM, START_STREAM, INTERVENTION_STREAM = 0, 1, 2, 3

# Why a run ended, or paused for an intervention.
COMPLETED, CONVERGED, ABSORBED, CYCLING, INTERRUPTED, PAUSED = 0, 1, 2, 3, 4, 5
NONFINITE_PAYOFF, NEGATIVE_FITNESS, NONFINITE_STATE, OFF_SIMPLEX, STEP_TOO_SMALL = 10, 11, 12, 13, 14
IMPROPER_CHANCE, SLIDING = 15, 16
