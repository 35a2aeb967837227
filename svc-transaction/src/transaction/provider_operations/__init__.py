"""What providers are asked to do: stored intents, their calls, their outcomes, and the janitor."""
