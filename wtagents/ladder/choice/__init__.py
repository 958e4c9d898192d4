"""The choice among mechanical answers: features of an answer, and a forest that weighs them."""
