"""Payoffs: in infinite populations as polynomials of the mix, in finite ones by who meets whom, and on edges."""
