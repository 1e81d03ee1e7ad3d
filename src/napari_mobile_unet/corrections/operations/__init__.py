"""Operations on labels: pure functions that return changes and write nothing."""
