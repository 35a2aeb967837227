"""Where figures are stored."""
