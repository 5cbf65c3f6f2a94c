"""Run experiments: the plan of all points, the threads that work through it, the folder that keeps what is finished."""
