"""The network intrusion."""
from tocsin.exercise.windows import windows_intrusion as network_intrusion  # replaced below
