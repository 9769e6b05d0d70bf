"""Ready Mesa models built on econsim."""
