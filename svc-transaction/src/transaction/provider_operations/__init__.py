"""Operations at providers: stored intents, their calls, their outcomes, and the janitor."""
