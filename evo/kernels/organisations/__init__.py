"""Organisations that decide, individual by individual: how long agreement takes, who learns how, who leads and who leaves."""
